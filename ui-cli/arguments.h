// Values of options, from text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "capture/result.h"
#include "capture/timestamp.h"
#include "detectors/catalogue.h"

namespace leaktap {

// From which incidents on a run has failed.
struct FailOn {
  Severity severity = Severity::High;
  Confidence confidence = Confidence::Strong;
};

// "1GiB", "512M", "65536": K, M, G and KiB, MiB, GiB are powers of 1024, KB, MB, GB powers of 1000.
Result<std::size_t> parse_size(std::string_view text);
// RFC 3339: "2026-01-01", "2026-01-01T10:00", "2026-01-01T10:00:00.5Z",
// "2026-01-01T10:00:00+02:00". Without an offset it is UTC.
Result<Timestamp> parse_time(std::string_view text);
// "high", "high:proof". Without a confidence it is strong, so that suspicions and attempts do not
// count.
Result<FailOn> parse_fail_on(std::string_view text);
Result<Severity> parse_severity(std::string_view text);
Result<DetectorId> parse_detector(std::string_view text);

}  // namespace leaktap
