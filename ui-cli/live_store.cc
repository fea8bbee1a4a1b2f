#include "ui-cli/live_store.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "ui-cli/messages.h"

namespace leaktap {
namespace {

constexpr auto kBetweenTries = std::chrono::seconds(1);

struct Batch {
  CaptureInfo capture;
  std::vector<Incident> incidents;
};

}  // namespace

struct LiveStore::Queue {
  Queue(IncidentStore database, RunRecord record, std::size_t most)
      : store(std::move(database)), run(std::move(record)), max_waiting(most) {}

  std::mutex mutex;
  std::condition_variable changed;
  IncidentStore store;  // the thread's own
  RunRecord run;
  const std::size_t max_waiting;
  std::deque<Batch> batches;
  std::size_t waiting = 0;  // incidents, those that are being written included
  std::uint64_t given_up = 0;
  std::optional<CaptureInfo> latest;
  bool closing = false;
  bool done = false;
};

LiveStore::LiveStore(IncidentStore store, RunRecord run, std::size_t max_waiting)
    : queue_(std::make_shared<Queue>(std::move(store), std::move(run), max_waiting)) {
  std::thread([queue = queue_] { write_all(*queue); }).detach();
}

LiveStore::~LiveStore() {
  const std::lock_guard lock(queue_->mutex);
  queue_->closing = true;
  queue_->changed.notify_all();
}

void LiveStore::add(const CaptureInfo& capture, std::vector<Incident> incidents) {
  const std::lock_guard lock(queue_->mutex);
  queue_->latest = capture;
  if (incidents.empty()) return;  // a transaction a second would say nothing but packet counts
  queue_->waiting += incidents.size();
  queue_->batches.push_back({capture, std::move(incidents)});
  while (queue_->waiting > queue_->max_waiting && queue_->batches.size() > 1) {
    queue_->waiting -= queue_->batches.front().incidents.size();
    queue_->given_up += queue_->batches.front().incidents.size();
    queue_->batches.pop_front();
  }
  queue_->changed.notify_all();
}

void LiveStore::write_all(Queue& queue) {
  bool failing = false;
  std::unique_lock lock(queue.mutex);
  while (true) {
    queue.changed.wait(lock, [&] { return !queue.batches.empty() || queue.closing; });
    if (queue.batches.empty()) break;
    Batch batch = std::move(queue.batches.front());
    queue.batches.pop_front();
    const RunRecord run = queue.run;
    lock.unlock();
    const Status written = queue.store.add_live(run, batch.capture, batch.incidents);
    lock.lock();
    if (written) {
      queue.waiting -= batch.incidents.size();
      if (failing) print_note("the database can be written again; nothing is missing");
      failing = false;
      continue;
    }
    if (!failing) {
      print_error(
          fmt::format("{}; capturing goes on, and what is found is kept until it can be saved",
                      written.error().message));
    }
    failing = true;
    queue.batches.push_front(std::move(batch));
    if (queue.closing) break;
    queue.changed.wait_for(lock, kBetweenTries, [&] { return queue.closing; });
  }
  queue.done = true;
  queue.changed.notify_all();
}

LiveStore::Ending LiveStore::finish(const std::string& coverage_json,
                                    std::chrono::milliseconds patience) {
  std::unique_lock lock(queue_->mutex);
  queue_->run.coverage_json = coverage_json;
  if (queue_->latest) queue_->batches.push_back({*queue_->latest, {}});
  queue_->closing = true;
  queue_->changed.notify_all();
  const bool ended = queue_->changed.wait_for(lock, patience, [&] { return queue_->done; });
  return {queue_->waiting + queue_->given_up, !ended};
}

}  // namespace leaktap
