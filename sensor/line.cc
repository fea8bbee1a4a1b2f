#include "sensor/line.h"

namespace leaktap {

Line::Line(std::vector<std::unique_ptr<Worker>>& workers) : workers_(workers) {
  if (workers_.size() == 1) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    threads_.emplace_back([this, i] { run(i); });
  }
}

Line::~Line() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Line::start(const Work& work) {
  if (threads_.empty()) {
    workers_.front()->work(work.shares.front());
    return;
  }
  wait();
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    busy_ = threads_.size();
    ++round_;
  }
  started_.notify_all();
}

void Line::wait() {
  if (threads_.empty()) return;
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void Line::run(std::size_t index) {
  std::uint64_t seen = 0;
  while (true) {
    const Work* work = nullptr;
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
      work = work_;
    }
    workers_[index]->work(work->shares[index]);
    {
      const std::lock_guard lock(mutex_);
      --busy_;
    }
    done_.notify_one();
  }
}

}  // namespace leaktap
