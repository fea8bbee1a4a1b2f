#include "ui-cli/monitor_output.h"

#include <fmt/format.h>

#include "ui-cli/incident_json.h"
#include "ui-cli/incident_table.h"
#include "ui-cli/wording.h"

namespace leaktap {

void MonitorOutput::show(const std::vector<Incident>& incidents,
                         const std::vector<CaptureInfo>& captures) {
  for (const IncidentView& view : views_of(incidents, captures, true)) show(view);
  writer_.flush();
}

void MonitorOutput::show(const IncidentView& view) {
  const Incident& incident = *view.incident;
  const bool known = known_.contains(incident.id);
  const bool first = seen_.insert(incident.id).second;
  if (format_ != ResultFormat::Table) {
    Json json = {{"event", known || !first ? "updated" : "new"}};
    json.update(incident_json(view, nullptr));
    writer_.write(to_text(json, terminal_.is_terminal) + "\n");
    if (first) ++shown_;
    return;
  }
  if (!first) return;
  if (is_minor(incident)) {
    ++left_out_;
    return;
  }
  ++shown_;
  writer_.write(line_of(incident, known));
}

std::string MonitorOutput::line_of(const Incident& incident, bool known) const {
  const auto safe = [&](std::string_view text) { return printable(text, terminal_.charset); };
  const std::string severity = fmt::format("{:<8}", name_of(incident.severity));
  return fmt::format(
      "{}  {}  {:<9}  {:<23}  {}  {}  {}  {}{}\n", second_of(incident.first_seen),
      inked(severity, ink_of(incident.severity), terminal_), name_of(incident.confidence),
      info_of(incident.key.detector).name, safe(where_of(incident)), safe(incident.key.location),
      safe(credential_cell(incident, nullptr)), incident.id, known ? "  (seen before)" : "");
}

}  // namespace leaktap
