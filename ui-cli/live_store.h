// Writes what a monitor finds into the database, beside the capture.
//
// On a thread of its own: a database that another process has locked lets a write wait for seconds,
// and the capture must not wait with it. What could not be written is kept, within bounds, and
// tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "storage/incident_store.h"

namespace leaktap {

class LiveStore {
 public:
  // At most `max_waiting` incidents wait to be written; beyond, the oldest are given up.
  LiveStore(IncidentStore store, RunRecord run, std::size_t max_waiting = 100'000);
  ~LiveStore();
  LiveStore(const LiveStore&) = delete;
  LiveStore& operator=(const LiveStore&) = delete;

  // Returns at once. `incidents` hold what was found since the last call.
  void add(const CaptureInfo& capture, std::vector<Incident> incidents);

  struct Ending {
    std::uint64_t unsaved = 0;  // incidents
    bool abandoned = false;     // a write is still waiting: the process must not tidy up under it
  };
  // Writes what is waiting, with the capture's last counts, for as long as `patience` lasts.
  Ending finish(const std::string& coverage_json, std::chrono::milliseconds patience);

 private:
  struct Queue;
  static void write_all(Queue& queue);

  std::shared_ptr<Queue> queue_;  // shared with the thread, which may outlive this in a hurried end
};

}  // namespace leaktap
