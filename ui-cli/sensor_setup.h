// From a command line and the files that it names to the options of the sensor.
#pragma once

#include <string>
#include <vector>

#include "capture/result.h"
#include "sensor/sensor.h"
#include "ui-cli/options.h"

namespace leaktap {

struct SensorSetup {
  SensorOptions options;
  std::string config_sha256;       // empty: there is no configuration
  std::vector<std::string> notes;  // what is worth saying before the start
};

// Reads the fingerprint key and the configuration and tries the filter. Every Error is wrong usage.
Result<SensorSetup> set_up_sensor(const SensorArguments& arguments);
// Tries a filter, so that a wrong one is told apart from a capture that cannot be read.
Status check_filter(const std::optional<std::string>& filter);

}  // namespace leaktap
