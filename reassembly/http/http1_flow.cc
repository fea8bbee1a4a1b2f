#include "reassembly/http/http1_flow.h"

#include <algorithm>
#include <utility>

namespace leaktap {
namespace {

// Without framing this many bytes are searched line by line; from then on only the beginning of
// each segment is looked at, where messages mostly start, so that a stream of something else costs
// nothing.
constexpr std::uint32_t kLineSearch = 1024 * 1024;

}  // namespace

ExpectedStart Http1Flow::expected(const Side& from) {
  return {from.role != Role::Server, from.role != Role::Client, from.uncertain};
}

void Http1Flow::on_data(Direction direction, ByteRange range, Bytes bytes, const Origin& origin) {
  Side& from = side(direction);
  if (from.phase >= Phase::Opaque) return;
  payload_ = true;
  last_ = origin.seen;
  Input in{range.begin, bytes, origin};
  if (from.uncertain && from.phase == Phase::Head) prefer_fresh_start(from, in);
  while (!in.bytes.empty() && from.phase < Phase::Opaque) {
    switch (from.phase) {
      case Phase::Start:
        start(from, in);
        break;
      case Phase::Head:
        read_head(from, in);
        break;
      case Phase::Body:
        read_body(from, in);
        break;
      default:
        search(from, in);
        break;
    }
  }
  if (from.current != nullptr) recount(*from.current);
}

// Empty lines before a message are tolerated (RFC 9112 §2.2), and belong to nothing.
void Http1Flow::start(Side& from, Input& in) {
  while (!in.bytes.empty() && (in.bytes.front() == '\r' || in.bytes.front() == '\n')) in.drop(1);
  if (!in.bytes.empty()) open_head(from, in);
}

void Http1Flow::open_head(Side& from, const Input& in) {
  from.head = context_.heads.take();
  from.head->message.range.begin = in.position;
  from.head->message.first_seen = in.origin.seen;
  from.phase = Phase::Head;
}

void Http1Flow::read_head(Side& from, Input& in) {
  HttpMessage& message = from.head->message;
  message.add_frame(in.position, in.origin.frame, context_.limits.frames);
  const HeadReader::Step step = from.head->read(in.bytes, expected(from), context_.limits);
  in.drop(step.used);
  message.range.end = in.position;
  message.last_seen = in.origin.seen;
  switch (step.state) {
    case StartLine::NeedMore:
      return;
    case StartLine::Request:
    case StartLine::Response:
      head_complete(from, step.state, true, in.origin.seen);
      return;
    case StartLine::Tls:
    case StartLine::Other:
      from.searched += static_cast<std::uint32_t>(step.used);
      not_http(from, step.state, in.origin.seen);
  }
}

void Http1Flow::read_body(Side& from, Input& in) {
  Transaction& transaction = *from.current;
  const BodyTarget target{context_, transaction.exchange, from.part()};
  HttpMessage& message = target.message();
  message.add_frame(in.position, in.origin.frame, context_.limits.frames);
  Bytes rest = in.bytes;
  const BodyReader::State state = transaction.body(target.part).read(target, rest);
  in.drop(in.bytes.size() - rest.size());
  message.range.end = in.position;
  message.last_seen = in.origin.seen;
  if (state == BodyReader::State::More) return;
  end_body(from, state == BodyReader::State::Complete, in.origin.seen);
  if (state == BodyReader::State::Broken) {
    ++context_.stats.malformed_messages;
    lose_framing(from, false, in.origin.seen);
  }
}

void Http1Flow::search(Side& from, Input& in) {
  const std::string_view text = as_text(in.bytes);
  const std::size_t lines = from.searched < kLineSearch ? text.size() : text.find('\n');
  const std::size_t at = find_message_start(text.substr(0, lines), expected(from));
  const std::size_t passed = std::min(at, text.size());
  from.searched = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(from.searched + std::uint64_t{passed}, kLineSearch));
  in.drop(passed);
  if (!in.bytes.empty()) open_head(from, in);
}

// While the beginning of a line that may be a start line waits for its end, a segment that
// certainly starts a message is the better candidate. Only a common method is certain: "ONNECT" is
// not.
void Http1Flow::prefer_fresh_start(Side& from, const Input& in) {
  if (in.bytes.empty() || !from.head->in_start_line()) return;
  const std::string_view text = as_text(in.bytes);
  std::size_t scanned = 0;
  const StartLine kind = recognise(text, expected(from), context_.limits.head_bytes, scanned);
  const bool request = kind == StartLine::Request && starts_with_common_method(text);
  if (!request && kind != StartLine::Response) return;
  drop_head(from);
  from.phase = Phase::Search;
}

void Http1Flow::head_complete(Side& from, StartLine kind, bool whole, Timestamp when) {
  const Role role = kind == StartLine::Request ? Role::Client : Role::Server;
  take_role(from, role);
  if (from.role != role) {  // both sides started alike before either line was complete
    not_http(from, StartLine::Other, when);
  } else if (role == Role::Client) {
    request_complete(from, whole, when);
  } else {
    response_complete(from, whole, when);
  }
}

void Http1Flow::take_role(Side& from, Role role) {
  recognised_ = true;
  if (from.role != Role::Unknown) return;
  from.role = role;
  Side& peer = other(from);
  peer.role = role == Role::Client ? Role::Server : Role::Client;
  if (peer.phase == Phase::Opaque) {  // it may yet come to speak HTTP, as its peer does
    peer.phase = Phase::Search;
    peer.uncertain = true;
  }
}

void Http1Flow::request_complete(Side& from, bool whole, Timestamp when) {
  if (queue_.size() >= context_.limits.pipelined) make_room(when);
  Transaction& transaction = open_transaction(from);
  HttpMessage& request = transaction.exchange.request;
  std::swap(request, from.head->message);
  const HeadFacts facts = from.head->facts;
  request.framing = whole ? request_framing(facts) : Framing::None;
  transaction.exchange.has_request = true;
  transaction.exchange.http_version = request.text(request.version).substr(5);
  pipelines_ = pipelines_ || queue_.first_awaited() != nullptr;
  if (pairing_lost_ || other(from).phase == Phase::Ended) {
    transaction.response = Transaction::Response::Over;
  }
  const bool connect = request.method_text() == "CONNECT";
  queue_.push(transaction);
  begin_message(from, transaction, Part::Request, facts, whole, when);
  // What follows is the tunnel's, or, if it is refused, another request. Only the response tells.
  if (connect && from.phase == Phase::Start) {
    from.phase = Phase::Search;
    from.uncertain = true;
  }
}

void Http1Flow::response_complete(Side& from, bool whole, Timestamp when) {
  const std::uint16_t status = from.head->message.status;
  if (status < 200 && status != 101) {  // interim: the response is yet to come
    drop_head(from);
    from.phase = Phase::Start;
    from.uncertain = false;
    return;
  }
  Transaction* const paired = pair_response();
  Transaction& transaction = paired != nullptr ? *paired : open_transaction(other(from));
  HttpExchange& exchange = transaction.exchange;
  std::swap(exchange.response, from.head->message);
  const HeadFacts facts = from.head->facts;
  exchange.response.framing =
      whole ? response_framing(facts, status, exchange.request.method_text()) : Framing::None;
  exchange.has_response = true;
  transaction.response = Transaction::Response::InFlight;
  if (paired == nullptr) {
    transaction.request_over = true;
    exchange.http_version = exchange.response.text(exchange.response.version).substr(5);
  }
  const bool tunnel = exchange.response.framing == Framing::Tunnel;
  begin_message(from, transaction, Part::Response, facts, whole, when);
  if (tunnel) enter_tunnel(when);
}

void Http1Flow::begin_message(Side& from, Transaction& transaction, Part part,
                              const HeadFacts& facts, bool whole, Timestamp when) {
  const BodyTarget target{context_, transaction.exchange, part};
  if (from.after_gap) transaction.exchange.gap = true;
  if (facts.length == HeadFacts::Length::Conflicting) ++context_.stats.malformed_messages;
  drop_head(from);
  from.phase = Phase::Start;
  from.uncertain = from.after_gap = false;
  from.found = true;
  from.searched = 0;
  const BodyReader::State state = transaction.body(part).begin(target, facts);
  context_.sink.on_head(transaction.exchange, part);
  if (state == BodyReader::State::Complete) {
    end_message(transaction, part, whole, when);
  } else {
    from.phase = Phase::Body;
    from.current = &transaction;
  }
}

void Http1Flow::end_body(Side& from, bool whole, Timestamp when) {
  Transaction& transaction = *from.current;
  const Part part = from.part();
  from.current = nullptr;
  from.phase = Phase::Start;
  if (!whole || transaction.exchange.message(part).missing_bytes != 0) {
    ++context_.stats.truncated_bodies;
    whole = false;
  }
  end_message(transaction, part, whole, when);
}

// A response may be over before its request is.
void Http1Flow::end_message(Transaction& transaction, Part part, bool whole, Timestamp when) {
  transaction.body(part).clear();
  if (part == Part::Request) {
    transaction.exchange.request.whole = whole;
    transaction.request_over = true;
  } else {
    transaction.exchange.response.whole = whole;
    transaction.response = Transaction::Response::Over;
  }
  if (transaction.request_over && transaction.response == Transaction::Response::Over) {
    finish(transaction, when);
  } else {
    recount(transaction);
  }
}

// Shows what was captured of a head whose rest will not come.
void Http1Flow::cut_head(Side& from, Timestamp when) {
  const StartLine kind = from.head->cut_short(context_.limits);
  if (kind == StartLine::Request || kind == StartLine::Response) {
    head_complete(from, kind, false, when);
  } else {
    drop_head(from);
  }
}

}  // namespace leaktap
