#include "ui-cli/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ui-cli/coverage_json.h"
#include "ui-cli/coverage_text.h"
#include "ui-cli/incident_json.h"
#include "ui-cli/incident_table.h"
#include "ui-cli/wording.h"

namespace leaktap {
namespace {

// Incidents are many and their evidence is long: they are turned into text one by one, never all at
// once.
class Splitter {
 public:
  Splitter(const RunOutcome& outcome, bool live) {
    for (IncidentView& view : views_of(outcome.incidents, outcome.captures, live)) {
      (view.incident->is_control() ? controls_ : incidents_).push_back(std::move(view));
    }
    sort_for_reading(incidents_);
    sort_for_reading(controls_);
  }
  [[nodiscard]] const std::vector<IncidentView>& incidents() const { return incidents_; }
  [[nodiscard]] const std::vector<IncidentView>& controls() const { return controls_; }

 private:
  std::vector<IncidentView> incidents_, controls_;
};

Json run_json(const RunFacts& facts) {
  return {
      {"options", facts.options},
      {"config_sha256", facts.config_sha256.empty() ? Json() : Json(facts.config_sha256)},
      {"rules_sha256", nullptr},
      {"keylogs", Json::array()},
      {"started", to_rfc3339(facts.started)},
  };
}

Json captures_json(const RunOutcome& outcome) {
  Json list = Json::array();
  for (const CaptureInfo& capture : outcome.captures) list.push_back(capture_json(capture));
  return list;
}

void write_list(const std::vector<IncidentView>& views, bool ascii, const RevealedValues* revealed,
                ResultWriter& writer) {
  for (std::size_t i = 0; i < views.size() && !writer.failed(); ++i) {
    writer.write(i == 0 ? "\n" : ",\n");
    writer.write(to_text(incident_json(views[i], revealed), ascii));
  }
}

void write_json(const RunOutcome& outcome, const Splitter& split, const RunFacts& facts, bool ascii,
                const RevealedValues* revealed, ResultWriter& writer) {
  const auto member = [&](std::string_view name, const Json& value) {
    writer.write(fmt::format("\"{}\":{},\n", name, to_text(value, ascii)));
  };
  writer.write("{");
  member("leaktap", kVersion);
  member("run", run_json(facts));
  member("captures", captures_json(outcome));
  member("coverage", coverage_json(outcome.coverage, facts.service_names));
  writer.write("\"incidents\":[");
  write_list(split.incidents(), ascii, revealed, writer);
  writer.write("],\n\"controls\":[");
  write_list(split.controls(), ascii, revealed, writer);
  writer.write("]}\n");
}

void write_lines(const RunOutcome& outcome, const Splitter& split, const RunFacts& facts,
                 bool ascii, const RevealedValues* revealed, ResultWriter& writer) {
  const auto lines = [&](std::string_view type, const std::vector<IncidentView>& views) {
    for (const IncidentView& view : views) {
      if (writer.failed()) return;
      Json json = {{"type", type}};
      json.update(incident_json(view, revealed));
      writer.write(to_text(json, ascii) + "\n");
    }
  };
  lines("incident", split.incidents());
  lines("control", split.controls());
  const Json last = {{"type", "run"},
                     {"leaktap", kVersion},
                     {"run", run_json(facts)},
                     {"captures", captures_json(outcome)},
                     {"coverage", coverage_json(outcome.coverage, facts.service_names)}};
  writer.write(to_text(last, ascii) + "\n");
}

// A clean result says of what it is one.
std::string verdict(const Coverage& coverage, std::string_view exposure) {
  const std::uint64_t exchanges = coverage.reassembly.exchanges;
  if (exchanges == 0 || anything_unread(coverage)) {
    return fmt::format("No {} found in what could be read: {} in {}.\n", exposure,
                       counted(exchanges, "HTTP exchange"),
                       counted(coverage.packets.packets, "packet"));
  }
  return fmt::format("No {} found in {}.\n", exposure, counted(exchanges, "HTTP exchange"));
}

std::string left_out(std::size_t infos, std::size_t controls, const std::string& database,
                     const Terminal& terminal) {
  if (infos + controls == 0) return {};
  std::string what;
  if (infos != 0) what = counted(infos, "info incident");
  if (controls != 0) {
    if (!what.empty()) what += " and ";
    what += counted(controls, "working control (tries that were refused)",
                    "working controls (tries that were refused)");
  }
  std::string text = fmt::format("Left out: {}.", what);
  if (!database.empty()) {
    const std::string db = database == kDefaultDatabase ? "" : fmt::format(" --db {}", database);
    text += fmt::format(" `leaktap incidents --all{}` shows them.", db);
  }
  return printable(text, terminal.charset) + "\n";
}

void write_table(const RunOutcome& outcome, const Splitter& split, const RunFacts& facts,
                 const Terminal& terminal, const RevealedValues* revealed, ResultWriter& writer) {
  std::vector<IncidentView> shown = split.incidents();
  std::erase_if(shown, [](const IncidentView& view) { return is_minor(*view.incident); });
  const std::size_t infos = split.incidents().size() - shown.size();
  if (shown.empty()) {
    writer.write(verdict(outcome.coverage, infos == 0 ? "exposure" : "exposure above info"));
  } else {
    writer.write(incident_table(shown, terminal, revealed));
  }
  writer.write("\n");
  writer.write(coverage_text(outcome, terminal));
  writer.write("\n");
  writer.write(left_out(infos, split.controls().size(), facts.database, terminal));
  if (!facts.database.empty()) {
    writer.write(printable(fmt::format("Saved in {}.", facts.database), terminal.charset) + "\n");
  }
}

}  // namespace

void write_run(const RunOutcome& outcome, const RunFacts& facts, ResultFormat format,
               const Terminal& terminal, const RevealedValues* revealed, ResultWriter& writer) {
  const Splitter split(outcome, false);
  switch (format) {
    case ResultFormat::Table:
      return write_table(outcome, split, facts, terminal, revealed, writer);
    case ResultFormat::JsonDocument:
      return write_json(outcome, split, facts, terminal.is_terminal, revealed, writer);
    case ResultFormat::JsonLines:
      return write_lines(outcome, split, facts, terminal.is_terminal, revealed, writer);
  }
}

bool reaches(const std::vector<Incident>& incidents, const FailOn& fail_on) {
  return std::any_of(incidents.begin(), incidents.end(), [&](const Incident& incident) {
    return incident.severity >= fail_on.severity && incident.confidence >= fail_on.confidence;
  });
}

std::string tally_of(const std::vector<Incident>& incidents) {
  std::array<std::uint64_t, 5> by_severity{};
  std::uint64_t total = 0;
  for (const Incident& incident : incidents) {
    if (incident.is_control()) continue;
    ++total;
    ++by_severity[static_cast<std::size_t>(incident.severity)];
  }
  std::string text = counted(total, "incident");
  std::string_view separator = ": ";
  for (std::size_t i = by_severity.size(); i-- > 0;) {
    if (by_severity[i] == 0) continue;
    text += fmt::format("{}{} {}", separator, grouped(by_severity[i]),
                        name_of(static_cast<Severity>(i)));
    separator = ", ";
  }
  return text;
}

}  // namespace leaktap
