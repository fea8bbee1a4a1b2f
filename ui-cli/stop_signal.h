// SIGINT, SIGTERM and SIGHUP as a flag that the pipeline looks at.
#pragma once

#include <atomic>

namespace leaktap {

// From the first call on, the first of these signals sets the flag and a second one ends the
// process at once. A signal that the caller had ignored (nohup) stays ignored.
const std::atomic<bool>& stop_on_signal();
// For what can end a run from within: nobody reads the results any more.
void request_stop();

}  // namespace leaktap
