#include "reassembly/http/transaction.h"

namespace leaktap {

std::size_t Transaction::held_bytes() const {
  return sizeof(*this) + exchange.request.held_bytes() + exchange.response.held_bytes() +
         request_body.held_bytes() + response_body.held_bytes();
}

void Transaction::clear() {
  exchange.request.clear();
  exchange.response.clear();
  exchange.flow = nullptr;
  exchange.request_direction.reset();
  exchange.tls = exchange.has_request = exchange.has_response = exchange.gap = false;
  exchange.http_version.clear();
  exchange.completed = Timestamp();
  exchange.attachment = nullptr;
  request_body.clear();
  response_body.clear();
  request_over = false;
  response = Response::Awaited;
  counted_bytes = 0;
  next = nullptr;
}

void TransactionQueue::push(Transaction& transaction) {
  (back_ == nullptr ? front_ : back_->next) = &transaction;
  back_ = &transaction;
  ++size_;
}

void TransactionQueue::remove(Transaction& transaction) {
  Transaction* before = nullptr;
  Transaction* at = front_;
  while (at != nullptr && at != &transaction) {
    before = at;
    at = at->next;
  }
  if (at == nullptr) return;
  (before == nullptr ? front_ : before->next) = at->next;
  if (back_ == at) back_ = before;
  at->next = nullptr;
  --size_;
}

Transaction* TransactionQueue::first_awaited() const {
  Transaction* at = front_;
  while (at != nullptr && at->response != Transaction::Response::Awaited) at = at->next;
  return at;
}

}  // namespace leaktap
