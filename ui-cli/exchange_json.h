// One HTTP exchange as a line of `leaktap exchanges` (README.md, "Exchanges").
#pragma once

#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "detectors/inspection.h"
#include "ui-cli/json_text.h"

namespace leaktap {

enum class Shown : std::uint8_t {
  Masked,   // no credentials, no query values, no sensitive headers
  Values,   // everything but credentials and sensitive headers
  Revealed  // as sent
};

Json exchange_json(const Inspection& inspection, const std::vector<CaptureInfo>& captures,
                   Shown shown);

}  // namespace leaktap
