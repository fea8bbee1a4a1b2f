// `leaktap exchanges`: what was said, one JSON object a line.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "capture/file_source.h"
#include "detectors/text_codec.h"
#include "ui-cli/capture_notes.h"
#include "ui-cli/commands.h"
#include "ui-cli/exchange_json.h"
#include "ui-cli/messages.h"
#include "ui-cli/result_writer.h"
#include "ui-cli/sensor_setup.h"
#include "ui-cli/stop_signal.h"
#include "ui-cli/terminal.h"

namespace leaktap {
namespace {

class ExchangePrinter : public InspectionListener {
 public:
  // Both must outlive the printer.
  ExchangePrinter(const PacketSource& source, ResultWriter& writer, Shown shown, bool ascii)
      : source_(source), writer_(writer), shown_(shown), ascii_(ascii) {}

  void on_inspection(const Inspection& inspection) override {
    writer_.write(to_text(exchange_json(inspection, source_.captures(), shown_), ascii_) + "\n");
    // Nobody reads any more: there is no use in going on.
    if (writer_.failed()) request_stop();
  }

 private:
  const PacketSource& source_;
  ResultWriter& writer_;
  const Shown shown_;
  const bool ascii_;
};

SensorOptions options_of(const ExchangesCommand& command) {
  SensorOptions options;
  options.threads = 1;
  options.memory = command.memory;
  options.filter = command.filter;
  options.since = command.since;
  options.until = command.until;
  if (command.host) options.host = to_lower(*command.host);
  return options;
}

}  // namespace

ExitCode run(const ExchangesCommand& command) {
  const auto failed = [](const Error& error, ExitCode code) {
    print_error(error.message);
    return code;
  };
  const Status filter = check_filter(command.filter);
  if (!filter) return failed(filter.error(), ExitCode::Usage);
  const Result<std::unique_ptr<PacketSource>> source = open_captures(command.files);
  if (!source) return failed(source.error(), ExitCode::Incomplete);
  Result<ResultWriter> writer =
      command.output ? ResultWriter::to_file(*command.output) : ResultWriter::to_standard_output();
  if (!writer) return failed(writer.error(), ExitCode::Incomplete);

  const std::atomic<bool>& stop = stop_on_signal();
  const bool to_terminal = !command.output && isatty(STDOUT_FILENO) == 1;
  const Shown shown = command.reveal        ? Shown::Revealed
                      : command.show_values ? Shown::Values
                                            : Shown::Masked;
  ExchangePrinter printer(**source, *writer, shown, to_terminal);
  const Result<RunOutcome> outcome = read_exchanges(**source, options_of(command), printer, stop);
  const bool interrupted = stop.load() && !writer->failed();
  const Status written = writer->finish();
  if (!written) return failed(written.error(), ExitCode::Incomplete);
  if (!outcome) return failed(outcome.error(), ExitCode::Incomplete);
  const ExitCode code = tell_of_captures(outcome->captures, command.quiet);
  if (!interrupted) return code;
  print_error("interrupted: these are the exchanges until then");
  return ExitCode::Incomplete;
}

}  // namespace leaktap
