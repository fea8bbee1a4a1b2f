// What the process says to its caller.
#pragma once

#include <initializer_list>

namespace leaktap {

enum class ExitCode : int {
  Ok = 0,          // nothing at or above --fail-on
  Incidents = 1,   // incidents at or above --fail-on
  Usage = 2,       // wrong command line, configuration or filter
  Incomplete = 3,  // an input, output or database could not be used
};

// The one of two that a caller must hear of: 2 wins over 1, 1 over 3, 3 over 0.
constexpr ExitCode stronger(ExitCode a, ExitCode b) {
  for (const ExitCode code : {ExitCode::Usage, ExitCode::Incidents, ExitCode::Incomplete}) {
    if (a == code || b == code) return code;
  }
  return ExitCode::Ok;
}

}  // namespace leaktap
