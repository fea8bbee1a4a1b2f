// The outcome of a scan, in each format.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sensor/sensor.h"
#include "ui-cli/options.h"
#include "ui-cli/result_writer.h"
#include "ui-cli/revealed_values.h"
#include "ui-cli/terminal.h"

namespace leaktap {

// What is known of a run beside its outcome.
struct RunFacts {
  std::vector<std::string> options;  // the command line
  std::string config_sha256;         // empty: no configuration
  Timestamp started;                 // wall clock
  std::string database;              // empty: nothing was saved
  std::map<std::string, std::string> service_names;
};

// `revealed` is null unless values are to be shown.
void write_run(const RunOutcome& outcome, const RunFacts& facts, ResultFormat format,
               const Terminal& terminal, const RevealedValues* revealed, ResultWriter& writer);

// Whether any incident is at or above the threshold.
bool reaches(const std::vector<Incident>& incidents, const FailOn& fail_on);

// "3 incidents: 1 high, 2 medium"
std::string tally_of(const std::vector<Incident>& incidents);

}  // namespace leaktap
