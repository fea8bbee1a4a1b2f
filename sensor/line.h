// Hands batches to workers and waits for their answers, keeping the reader one batch ahead.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/packet_source.h"
#include "sensor/worker.h"

namespace leaktap {

// Batches on their way: the packets' bytes, and each worker's segments in them.
struct Work {
  std::vector<PacketBatch> batches;
  std::vector<Share> shares;
};

// With one worker, work() is called on the caller's thread; with more, each has a thread of its
// own, which works on the batch given before the one that the caller is filling.
class Line {
 public:
  Line(std::vector<std::unique_ptr<Worker>>& workers);
  ~Line();

  // Waits until the batch before is done, then starts this one. `work` must stay until the next
  // call of start or wait has returned.
  void start(const Work& work);
  void wait();

 private:
  void run(std::size_t index);

  std::vector<std::unique_ptr<Worker>>& workers_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable started_, done_;
  const Work* work_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t busy_ = 0;
  bool stop_ = false;
};

}  // namespace leaktap
