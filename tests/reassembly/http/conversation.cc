#include "conversation.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

namespace leaktap {
namespace {

std::string describe(const HttpMessage& message) {
  std::string text;
  if (message.body_bytes != 0) text += " \"" + message.body + "\"";
  if (message.missing_bytes != 0) text += " missing " + std::to_string(message.missing_bytes);
  if (!message.whole) text += " cut";
  if (message.unknown_coding) text += " unknown coding";
  if (message.coding_failed) text += " coding failed";
  if (message.fields_cut) text += " fields cut";
  return text;
}

std::string describe(const HttpExchange& exchange) {
  std::string text = "-";
  if (exchange.has_request) {
    text = std::string(exchange.request.method_text()) + " " + std::string(exchange.authority()) +
           " " + std::string(exchange.request.target_text()) + describe(exchange.request);
  }
  text += " => ";
  text += exchange.has_response
              ? std::to_string(exchange.response.status) + describe(exchange.response)
              : "-";
  if (exchange.gap) text += " gap";
  if (exchange.request_direction == Direction::FromPeer) text += " swapped";
  return text;
}

}  // namespace

void TranscriptSink::on_head(HttpExchange& exchange, Part part) {
  REQUIRE(exchange.flow != nullptr);
  std::vector<Message>& messages = open_[&exchange];
  messages.resize(2);
  Message& message = messages[static_cast<std::size_t>(part)];
  REQUIRE_FALSE(message.head);
  message.head = true;
}

void TranscriptSink::on_body(HttpExchange& exchange, Part part, std::uint64_t offset, Bytes bytes) {
  REQUIRE(open_.count(&exchange) == 1);
  Message& message = open_[&exchange][static_cast<std::size_t>(part)];
  REQUIRE(message.head);
  REQUIRE_FALSE(bytes.empty());
  REQUIRE(offset >= message.next_offset);
  if (offset == message.bytes) message.start += as_text(bytes);
  message.next_offset = offset + bytes.size();
  message.bytes += bytes.size();
}

void TranscriptSink::check(const HttpExchange& exchange, Part part, const Message& seen) const {
  const HttpMessage& message = exchange.message(part);
  REQUIRE(seen.head == (part == Part::Request ? exchange.has_request : exchange.has_response));
  if (!seen.head) return;
  REQUIRE(message.body_bytes == seen.bytes);
  REQUIRE(seen.next_offset <= message.body_bytes + message.missing_bytes);
  REQUIRE(seen.start.substr(0, message.body.size()) == message.body);
  REQUIRE(message.range.begin < message.range.end);
  REQUIRE(message.first_seen <= message.last_seen);
  REQUIRE(message.last_seen <= exchange.completed);
  REQUIRE_FALSE(message.frames.empty());
  REQUIRE_FALSE(message.frames_of(message.range, 1000).empty());
}

void TranscriptSink::on_exchange(HttpExchange& exchange) {
  REQUIRE(open_.count(&exchange) == 1);
  const std::vector<Message> messages = open_[&exchange];
  open_.erase(&exchange);
  check(exchange, Part::Request, messages[0]);
  check(exchange, Part::Response, messages[1]);
  text += describe(exchange) + "\n";
  ++ended;
  exchanges.push_back(exchange);
}

Conversation& Conversation::client(std::string_view bytes) {
  steps_.push_back({Step::Kind::Data, true, std::string(bytes)});
  return *this;
}
Conversation& Conversation::server(std::string_view bytes) {
  steps_.push_back({Step::Kind::Data, false, std::string(bytes)});
  return *this;
}
Conversation& Conversation::client_gap(std::uint64_t size) {
  steps_.push_back({Step::Kind::Gap, true, "", size});
  return *this;
}
Conversation& Conversation::server_gap(std::uint64_t size) {
  steps_.push_back({Step::Kind::Gap, false, "", size});
  return *this;
}
Conversation& Conversation::client_end(bool clean) {
  steps_.push_back({Step::Kind::End, true, "", 0, clean});
  return *this;
}
Conversation& Conversation::server_end(bool clean) {
  steps_.push_back({Step::Kind::End, false, "", 0, clean});
  return *this;
}
Conversation& Conversation::end(bool clean) { return server_end(clean).client_end(clean); }

void Conversation::run(Split split, TranscriptSink& sink) const {
  stats = ReassemblyStats();
  FlowInfo flow;
  flow.opener.port = 40000;
  flow.peer.port = 80;
  flow.handshake_seen = handshake_seen;
  const auto factory = make_http_factory(limits, sink, stats);
  auto stream = factory->open(flow);
  std::array<std::uint64_t, 2> positions{};
  Origin origin{from_nanoseconds(1'000'000), {1, 0}};
  for (const Step& step : steps_) {
    const Direction direction =
        step.from_client != server_opens ? Direction::FromOpener : Direction::FromPeer;
    std::uint64_t& position = positions[index_of(direction)];
    origin.seen += Nanoseconds(1000);
    if (step.kind == Step::Kind::End) stream->on_end(direction, step.clean, origin.seen);
    if (step.kind == Step::Kind::Gap) {
      stream->on_gap(direction, {position, position + step.size}, origin.seen);
      position += step.size;
    }
    std::string_view rest = step.bytes;
    for (std::size_t size = split.first; !rest.empty(); size = split.rest) {
      // A copy of its own size, so that sanitizers see every step beyond it.
      const std::string piece(rest.substr(0, size == 0 ? rest.size() : size));
      rest.remove_prefix(piece.size());
      ++origin.frame.frame;
      origin.seen += Nanoseconds(1);
      stream->on_data(direction, {position, position + piece.size()}, as_bytes(piece), origin);
      position += piece.size();
    }
  }
  stream.reset();  // ends what the conversation did not
  CHECK(sink.open() == 0);
  CHECK(sink.ended == stats.exchanges);
}

std::string Conversation::outcome(Split split) const {
  TranscriptSink sink;
  run(split, sink);
  if (!sink.text.empty()) sink.text.pop_back();
  return sink.text;
}

std::string Conversation::outcome() const {
  std::size_t longest = 0;
  for (const Step& step : steps_) longest = std::max(longest, step.bytes.size());
  const std::string whole = outcome(Split{});
  const ReassemblyStats whole_stats = stats;
  for (const std::size_t size : {1U, 2U, 3U, 5U, 16U}) {
    INFO("pieces of " << size);
    CHECK(outcome({size, size}) == whole);
    CHECK(stats.malformed_messages == whole_stats.malformed_messages);
    CHECK(stats.non_http_flows == whole_stats.non_http_flows);
    CHECK(stats.tls_flows == whole_stats.tls_flows);
  }
  for (std::size_t at = 1; at < std::min<std::size_t>(longest, 1000); ++at) {
    INFO("cut at " << at);
    CHECK(outcome({at, 0}) == whole);
  }
  return outcome(Split{});
}

std::vector<HttpExchange> Conversation::exchanges() const {
  TranscriptSink sink;
  run(Split{}, sink);
  return sink.exchanges;
}

}  // namespace leaktap
