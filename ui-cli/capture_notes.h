// What is to be said of captures that could not be read to their end.
#pragma once

#include <vector>

#include "capture/packet_source.h"
#include "ui-cli/exit_code.h"

namespace leaktap {

// A capture that ends inside a packet is a note (that is how captures end that were stopped by
// force); one that turned bad, or could not be opened beside others, is an error.
ExitCode tell_of_captures(const std::vector<CaptureInfo>& captures, bool quiet);

}  // namespace leaktap
