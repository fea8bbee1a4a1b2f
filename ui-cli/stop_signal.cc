#include "ui-cli/stop_signal.h"

#include <csignal>
#include <initializer_list>

namespace leaktap {
namespace {

// A signal handler reaches nothing but what is static.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) { stop_requested.store(true, std::memory_order_relaxed); }

}  // namespace

const std::atomic<bool>& stop_on_signal() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    // Without SA_RESTART: a read that waits for standard input comes back.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
  return stop_requested;
}

void request_stop() { stop_requested.store(true, std::memory_order_relaxed); }

}  // namespace leaktap
