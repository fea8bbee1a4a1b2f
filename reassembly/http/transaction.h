// An exchange while it is in flight, the queue of those of one connection, and the pool they come
// from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "reassembly/http/body_reader.h"
#include "reassembly/http/exchange.h"
#include "reassembly/http/head_reader.h"

namespace leaktap {

struct Transaction {
  enum class Response : std::uint8_t {
    Awaited,   // the next response is this one's
    InFlight,  // its head was read
    Over       // complete, or none will be attached
  };

  HttpExchange exchange;
  BodyReader request_body, response_body;
  bool request_over = false;
  Response response = Response::Awaited;
  std::size_t counted_bytes = 0;  // what the flow counts for it
  Transaction* next = nullptr;    // in the queue

  [[nodiscard]] BodyReader& body(Part part) {
    return part == Part::Request ? request_body : response_body;
  }
  [[nodiscard]] std::size_t held_bytes() const;
  void clear();  // keeps the messages' capacity
};

// Requests in the order in which they were sent, linked through Transaction::next. Owns nothing.
class TransactionQueue {
 public:
  [[nodiscard]] Transaction* front() const { return front_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void push(Transaction& transaction);
  // Does nothing if it is not in the queue. Fast near the front, where transactions end.
  void remove(Transaction& transaction);
  // The first whose response is awaited, or null.
  [[nodiscard]] Transaction* first_awaited() const;

 private:
  Transaction* front_ = nullptr;
  Transaction* back_ = nullptr;
  std::uint32_t size_ = 0;
};

// Keeps what was used for the next use, so that an exchange costs no allocation; but only so much.
template <typename T>
class Pool {
 public:
  explicit Pool(std::size_t spare_bytes) : most_(spare_bytes) {}

  std::unique_ptr<T> take() {
    if (spare_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> taken = std::move(spare_.back());
    spare_.pop_back();
    spare_bytes_ -= taken->held_bytes();
    return taken;
  }
  void give_back(std::unique_ptr<T> used) {
    used->clear();
    const std::size_t bytes = used->held_bytes();
    if (spare_bytes_ + bytes > most_) return;
    spare_bytes_ += bytes;
    spare_.push_back(std::move(used));
  }

 private:
  std::vector<std::unique_ptr<T>> spare_;
  std::size_t spare_bytes_ = 0;
  std::size_t most_;
};

}  // namespace leaktap
