// What was seen and what was not, in two to four lines.
#pragma once

#include <string>

#include "sensor/sensor.h"
#include "ui-cli/terminal.h"

namespace leaktap {

// Whether something was there that could not be looked into.
bool anything_unread(const Coverage& coverage);

std::string coverage_text(const RunOutcome& outcome, const Terminal& terminal);

}  // namespace leaktap
