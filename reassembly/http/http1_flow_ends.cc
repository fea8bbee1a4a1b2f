// The other half of Http1Flow: what happens where messages do not simply follow each other. Gaps,
// ends, lost framing, tunnels, other protocols, and the life of transactions.
#include <algorithm>
#include <utility>

#include "reassembly/http/http1_flow.h"

namespace leaktap {

Http1Flow::~Http1Flow() {
  for (const Direction direction : {Direction::FromOpener, Direction::FromPeer}) {
    on_end(direction, false, last_);
  }
}

void Http1Flow::on_gap(Direction direction, ByteRange range, Timestamp told) {
  Side& from = side(direction);
  if (from.phase >= Phase::Opaque) return;
  if (from.phase == Phase::Body) {
    Transaction& transaction = *from.current;
    const Part part = from.part();
    const BodyTarget target{context_, transaction.exchange, part};
    transaction.exchange.gap = true;
    target.message().add_frame(range.begin, PacketRef(), context_.limits.frames);
    const BodyReader::State state = transaction.body(part).skip(target, range.size());
    if (state != BodyReader::State::Broken) target.message().range.end = range.end;
    if (state == BodyReader::State::More) return;
    end_body(from, state == BodyReader::State::Complete, told);
    if (state == BodyReader::State::Complete) return;
  } else if (from.phase == Phase::Head) {
    from.after_gap = true;
    cut_head(from, told);
  }
  lose_framing(from, true, told);
}

void Http1Flow::on_end(Direction direction, bool clean, Timestamp when) {
  Side& from = side(direction);
  if (from.phase == Phase::Ended) return;
  if (from.phase == Phase::Body) {
    const Part part = from.part();
    const BodyTarget target{context_, from.current->exchange, part};
    const BodyReader::State state = from.current->body(part).end(target, clean);
    end_body(from, state == BodyReader::State::Complete, when);
  } else if (from.phase == Phase::Head) {
    cut_head(from, when);
  }
  drop_head(from);
  from.phase = Phase::Ended;
  const bool both = other(from).phase == Phase::Ended;
  if (from.role == Role::Server || both) flush_awaited(false, when);
  if (both && payload_ && !recognised_) ++context_.stats.non_http_flows;
}

std::size_t Http1Flow::held_bytes() const {
  std::size_t held = held_;
  for (const Side& each : sides_) {
    if (each.head != nullptr) held += each.head->held_bytes();
  }
  return held;
}

// What stands where a message should start is none.
void Http1Flow::not_http(Side& from, StartLine kind, Timestamp when) {
  drop_head(from);
  from.phase = Phase::Search;
  if (from.uncertain) return;
  if (from.role == Role::Unknown && kind == StartLine::Tls) {
    if (!recognised_) ++context_.stats.tls_flows;
    recognised_ = true;
    drop_head(other(from));
    from.phase = Phase::Opaque;
    if (other(from).phase != Phase::Ended) other(from).phase = Phase::Opaque;
    return;
  }
  // A capture that starts inside a connection starts inside a message.
  const bool joined = !from.found && !flow_.handshake_seen;
  if (from.role == Role::Unknown || joined) {
    from.uncertain = true;
    if (!joined) from.phase = Phase::Opaque;
    return;
  }
  ++context_.stats.malformed_messages;
  lose_framing(from, false, when);
}

// Nothing is paired over this point. If the client does not wait for responses, nobody knows any
// more how many are due, and order says nothing for the rest of the connection.
void Http1Flow::lose_framing(Side& from, bool gap, Timestamp when) {
  drop_head(from);
  from.phase = Phase::Search;
  from.uncertain = true;
  from.searched = 0;
  if (gap) {
    from.after_gap = true;
    // The next response may answer a request in the gap.
    if (from.role == Role::Client) other(from).after_gap = true;
  }
  pairing_lost_ = pairing_lost_ || pipelines_ || overdue_ != 0;
  overdue_ = 0;
  flush_awaited(gap, when);
}

void Http1Flow::enter_tunnel(Timestamp when) {
  ++context_.stats.tunnels;
  for (Side& each : sides_) {
    if (each.phase == Phase::Body) end_body(each, false, when);
    drop_head(each);
    if (each.phase != Phase::Ended) each.phase = Phase::Opaque;
  }
  flush_awaited(false, when);
}

Transaction& Http1Flow::open_transaction(const Side& client) {
  Transaction& transaction = *context_.transactions.take().release();  // finish() takes it back
  const bool opener = direction_of(client) == Direction::FromOpener;
  HttpExchange& exchange = transaction.exchange;
  exchange.flow = &flow_;
  exchange.client = opener ? flow_.opener : flow_.peer;
  exchange.server = opener ? flow_.peer : flow_.opener;
  exchange.request_direction = direction_of(client);
  return transaction;
}

Transaction* Http1Flow::pair_response() {
  if (overdue_ != 0) {
    --overdue_;
    return nullptr;
  }
  return pairing_lost_ ? nullptr : queue_.first_awaited();
}

// Too many requests wait: the oldest goes unanswered, and the response to it, if it comes,
// unpaired.
void Http1Flow::make_room(Timestamp when) {
  Transaction* const oldest = queue_.first_awaited();
  if (oldest == nullptr || !oldest->request_over) return;
  ++overdue_;
  oldest->response = Transaction::Response::Over;
  finish(*oldest, when);
}

// No response will be attached to the requests that wait for one. One whose body is still coming
// ends when that does.
void Http1Flow::flush_awaited(bool gap, Timestamp when) {
  Transaction* next = nullptr;
  for (Transaction* each = queue_.front(); each != nullptr; each = next) {
    next = each->next;
    if (gap) each->exchange.gap = true;
    if (each->response != Transaction::Response::Awaited) continue;
    each->response = Transaction::Response::Over;
    if (each->request_over) finish(*each, when);
  }
}

void Http1Flow::finish(Transaction& transaction, Timestamp when) {
  std::unique_ptr<Transaction> owned(&transaction);
  HttpExchange& exchange = transaction.exchange;
  if (exchange.has_request) queue_.remove(transaction);
  held_ -= transaction.counted_bytes;
  exchange.completed = when;
  ++context_.stats.exchanges;
  if (!exchange.has_request || !exchange.has_response) ++context_.stats.unpaired;
  context_.sink.on_exchange(exchange);
  context_.transactions.give_back(std::move(owned));
}

void Http1Flow::drop_head(Side& from) {
  if (from.head != nullptr) context_.heads.give_back(std::move(from.head));
}

void Http1Flow::recount(Transaction& transaction) {
  const std::size_t bytes = transaction.held_bytes();
  held_ += bytes - transaction.counted_bytes;
  transaction.counted_bytes = bytes;
}

}  // namespace leaktap
