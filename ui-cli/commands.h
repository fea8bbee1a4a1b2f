// What each command does. Each says on standard error what went wrong and returns what the process
// exits with.
#pragma once

#include "ui-cli/exit_code.h"
#include "ui-cli/options.h"

namespace leaktap {

ExitCode run(const ScanCommand& command);
ExitCode run(const MonitorCommand& command);
ExitCode run(const IncidentsCommand& command);
ExitCode run(const ExchangesCommand& command);
ExitCode run(const TextCommand& command);

}  // namespace leaktap
