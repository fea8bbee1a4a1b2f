// `leaktap incidents`: what a database holds.
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "ui-cli/commands.h"
#include "ui-cli/incident_json.h"
#include "ui-cli/incident_table.h"
#include "ui-cli/incident_text.h"
#include "ui-cli/messages.h"
#include "ui-cli/result_writer.h"
#include "ui-cli/wording.h"

namespace leaktap {
namespace {

std::string table_of(const std::vector<IncidentView>& views, bool all, const Terminal& terminal) {
  std::vector<IncidentView> shown = views;
  if (!all) std::erase_if(shown, [](const IncidentView& view) { return is_minor(*view.incident); });
  const std::size_t left_out = views.size() - shown.size();
  std::string text = incident_table(shown, terminal, nullptr);
  if (shown.empty()) text = "No incidents.\n";
  if (left_out != 0) {
    text += fmt::format("\nLeft out: {} of severity info or refused; --all shows {}.\n",
                        counted(left_out, "incident"), left_out == 1 ? "it" : "them");
  }
  return text;
}

std::string lines_of(const std::vector<IncidentView>& views, bool ascii) {
  std::string text;
  for (const IncidentView& view : views) {
    Json json = {{"type", view.incident->is_control() ? "control" : "incident"}};
    json.update(incident_json(view, nullptr));
    text += to_text(json, ascii) + "\n";
  }
  return text;
}

std::string json_of(const std::vector<IncidentView>& views, bool ascii) {
  std::string lists[2];
  for (const IncidentView& view : views) {
    std::string& list = lists[view.incident->is_control() ? 1 : 0];
    list += list.empty() ? "\n" : ",\n";
    list += to_text(incident_json(view, nullptr), ascii);
  }
  return fmt::format("{{\"leaktap\":\"{}\",\n\"incidents\":[{}],\n\"controls\":[{}]}}\n", kVersion,
                     lists[0], lists[1]);
}

Result<std::string> list_incidents(const IncidentsCommand& command, IncidentStore& store,
                                   const Terminal& terminal) {
  IncidentFilter filter;
  filter.min_severity = command.min_severity;
  filter.detector = command.detector;
  filter.service = command.service;
  filter.status = command.status;
  const Result<std::vector<StoredIncident>> stored = store.list(filter);
  if (!stored) return tl::unexpected(stored.error());
  const std::vector<IncidentView> views = views_of(*stored);
  switch (command.display.format) {
    case ResultFormat::JsonDocument:
      return json_of(views, terminal.is_terminal);
    case ResultFormat::JsonLines:
      return lines_of(views, terminal.is_terminal);
    case ResultFormat::Table:
      break;
  }
  return table_of(views, command.all, terminal);
}

Result<std::string> show_incident(const IncidentsCommand& command, IncidentStore& store,
                                  const Terminal& terminal) {
  Result<StoredIncident> stored = store.find(*command.id);
  if (!stored) return tl::unexpected(stored.error());
  const std::vector<StoredIncident> one{std::move(*stored)};
  const std::vector<IncidentView> views = views_of(one);
  if (command.display.format == ResultFormat::Table) return incident_text(views.front(), terminal);
  return to_text(incident_json(views.front(), nullptr), terminal.is_terminal) + "\n";
}

}  // namespace

ExitCode run(const IncidentsCommand& command) {
  const auto failed = [](const Error& error) {
    print_error(error.message);
    return ExitCode::Incomplete;
  };
  Result<IncidentStore> store =
      IncidentStore::open(command.database, IncidentStore::Mode::ReadOnly);
  if (!store) return failed(store.error());
  const Terminal terminal = terminal_of(STDOUT_FILENO, command.display.color);
  const Result<std::string> text = command.id ? show_incident(command, *store, terminal)
                                              : list_incidents(command, *store, terminal);
  if (!text) return failed(text.error());
  ResultWriter writer = ResultWriter::to_standard_output();
  writer.write(*text);
  const Status written = writer.finish();
  return written ? ExitCode::Ok : failed(written.error());
}

ExitCode run(const TextCommand& command) {
  ResultWriter writer = ResultWriter::to_standard_output();
  writer.write(command.text);
  const Status written = writer.finish();
  if (written) return ExitCode::Ok;
  print_error(written.error().message);
  return ExitCode::Incomplete;
}

}  // namespace leaktap
