#include "ui-cli/capture_notes.h"

#include <fmt/format.h>

#include "ui-cli/messages.h"

namespace leaktap {

ExitCode tell_of_captures(const std::vector<CaptureInfo>& captures, bool quiet) {
  ExitCode code = ExitCode::Ok;
  for (const CaptureInfo& capture : captures) {
    if (capture.error) {
      print_error(*capture.error);
      code = ExitCode::Incomplete;
    } else if (capture.truncated && !quiet) {
      print_note(fmt::format("{} ends inside a packet; it was read as far as it goes",
                             capture.path == "-" ? "standard input" : capture.path));
    }
  }
  return code;
}

}  // namespace leaktap
