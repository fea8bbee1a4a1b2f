// `leaktap scan`: captures in, incidents out.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "capture/file_source.h"
#include "storage/incident_store.h"
#include "ui-cli/capture_notes.h"
#include "ui-cli/commands.h"
#include "ui-cli/coverage_json.h"
#include "ui-cli/messages.h"
#include "ui-cli/progress.h"
#include "ui-cli/run_report.h"
#include "ui-cli/sensor_setup.h"
#include "ui-cli/stop_signal.h"
#include "ui-cli/wall_clock.h"

namespace leaktap {
namespace {

// Everything that can be found unusable before the first packet is read.
struct Prepared {
  SensorSetup setup;
  IncidentStore store;
  ResultWriter writer;
  std::unique_ptr<PacketSource> source;
};

Result<Prepared> open_all(const ScanCommand& command, SensorSetup setup) {
  // The database comes last: a mistyped name should not leave an empty one behind.
  Result<std::unique_ptr<PacketSource>> source = open_captures(command.files);
  if (!source) return tl::unexpected(source.error());
  Result<ResultWriter> writer =
      command.output ? ResultWriter::to_file(*command.output) : ResultWriter::to_standard_output();
  if (!writer) return tl::unexpected(writer.error());
  Result<IncidentStore> store =
      IncidentStore::open(command.sensor.database, IncidentStore::Mode::ReadWrite);
  if (!store) return tl::unexpected(store.error());
  return Prepared{std::move(setup), std::move(*store), std::move(*writer), std::move(*source)};
}

ExitCode save(IncidentStore& store, const RunFacts& facts, const RunOutcome& outcome) {
  const RunRecord record{
      .version = std::string(kVersion),
      .options_json = to_text(Json(facts.options), false),
      .coverage_json = to_text(coverage_json(outcome.coverage, facts.service_names), false),
      .started = facts.started};
  const Status saved = store.save_run(record, outcome.captures, outcome.incidents);
  if (saved) return ExitCode::Ok;
  print_error(fmt::format("the incidents were not saved: {}", saved.error().message));
  return ExitCode::Incomplete;
}

Result<RunOutcome> watch(const ScanCommand& command, Prepared& prepared, RevealedValues& revealed,
                         const std::atomic<bool>& stop) {
  ProgressDisplay display(!command.display.quiet && !command.no_progress);
  SensorHooks hooks;
  hooks.progress = [&display](const Progress& progress) { display.show(progress); };
  if (command.reveal) hooks.reveal = &revealed;
  return run_sensor(*prepared.source, prepared.setup.options, hooks, stop);
}

ExitCode report(const ScanCommand& command, const RunOutcome& outcome, const RunFacts& facts,
                const RevealedValues& revealed, ResultWriter& writer) {
  const Terminal terminal = command.output ? Terminal{.charset = Charset::Utf8}
                                           : terminal_of(STDOUT_FILENO, command.display.color);
  write_run(outcome, facts, command.display.format, terminal, command.reveal ? &revealed : nullptr,
            writer);
  const Status written = writer.finish();
  if (!written) {
    print_error(written.error().message);
    return ExitCode::Incomplete;
  }
  if (command.output && !command.display.quiet) {
    print_note(fmt::format("{}; written to {}", tally_of(outcome.incidents), *command.output));
  }
  return ExitCode::Ok;
}

}  // namespace

ExitCode run(const ScanCommand& command) {
  const auto failed = [](const Error& error, ExitCode code) {
    print_error(error.message);
    return code;
  };
  Result<SensorSetup> setup = set_up_sensor(command.sensor);
  if (!setup) return failed(setup.error(), ExitCode::Usage);
  setup->options.since = command.since;
  setup->options.until = command.until;
  if (!command.display.quiet) {
    for (const std::string& note : setup->notes) print_note(note);
  }
  RunFacts facts{.options = command.sensor.as_given,
                 .config_sha256 = setup->config_sha256,
                 .started = wall_clock(),
                 .database = command.sensor.database,
                 .service_names = setup->options.detection.service_names};
  Result<Prepared> prepared = open_all(command, std::move(*setup));
  if (!prepared) return failed(prepared.error(), ExitCode::Incomplete);

  const std::atomic<bool>& stop = stop_on_signal();
  RevealedValues revealed;
  const Result<RunOutcome> outcome = watch(command, *prepared, revealed, stop);
  if (!outcome) return failed(outcome.error(), ExitCode::Incomplete);
  const bool interrupted = stop.load();
  ExitCode code = tell_of_captures(outcome->captures, command.display.quiet);
  if (interrupted) {
    // What was read so far would take the place of what an earlier, whole scan of these captures
    // found.
    print_error("interrupted: this is what was found until then; nothing was saved");
    facts.database.clear();
  } else {
    const ExitCode saved = save(prepared->store, facts, *outcome);
    if (saved != ExitCode::Ok) facts.database.clear();
    code = stronger(code, saved);
  }
  code = stronger(code, report(command, *outcome, facts, revealed, prepared->writer));
  if (interrupted) return ExitCode::Incomplete;
  const bool found = reaches(outcome->incidents, command.fail_on);
  return stronger(code, found ? ExitCode::Incidents : ExitCode::Ok);
}

}  // namespace leaktap
