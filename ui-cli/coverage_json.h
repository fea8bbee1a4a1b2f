// What was seen and what was not, as JSON (README.md, "JSON").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sensor/sensor.h"
#include "ui-cli/json_text.h"

namespace leaktap {

// `service_names` are the configured ones, by host.
Json coverage_json(const Coverage& coverage,
                   const std::map<std::string, std::string>& service_names);
Json capture_json(const CaptureInfo& capture);

}  // namespace leaktap
