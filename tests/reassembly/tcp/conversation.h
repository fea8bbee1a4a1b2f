// Builds the segments of a connection from what its two sides say, and writes down what comes out.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "reassembly/tcp/connection_table.h"

namespace leaktap::test {

inline Endpoint endpoint(std::uint8_t last, std::uint16_t port) {
  const std::uint8_t address[4] = {192, 0, 2, last};
  return {IpAddress::v4(address), port};
}

// Segments in the order in which they were sent; tests reorder, drop and copy them.
class Conversation {
 public:
  explicit Conversation(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000,
                        std::uint16_t client_port = 40000)
      : client_(endpoint(1, client_port)),
        server_(endpoint(2, 80)),
        client_next_(client_isn),
        server_next_(server_isn) {}

  Conversation(Conversation&&) = default;  // segments borrow from the conversation
  Conversation(const Conversation&) = delete;

  Conversation& handshake() {
    push(true, kSyn, "");
    push(false, kSyn | kAck, "");
    push(true, kAck, "");
    return *this;
  }
  Conversation& client(std::string text) { return push(true, kAck | kPsh, std::move(text)); }
  Conversation& server(std::string text) { return push(false, kAck | kPsh, std::move(text)); }
  Conversation& client_fin() { return push(true, kAck | kFin, ""); }
  Conversation& server_fin() { return push(false, kAck | kFin, ""); }
  Conversation& client_ack() { return push(true, kAck, ""); }
  Conversation& server_rst() { return push(false, kRst | kAck, ""); }
  Conversation& wait(Nanoseconds time) {
    now_ += time;
    return *this;
  }

  // Index of the next segment.
  [[nodiscard]] std::size_t size() const { return segments.size(); }
  std::vector<SegmentView> segments;

 private:
  Conversation& push(bool from_client, int flags, std::string text) {
    texts_.push_back(std::move(text));
    SegmentView segment;
    const bool client_is_low = client_ < server_;
    segment.key = client_is_low ? FlowKey{client_, server_} : FlowKey{server_, client_};
    segment.from_low = from_client == client_is_low;
    segment.flags = static_cast<std::uint8_t>(flags);
    std::uint32_t& own = from_client ? client_next_ : server_next_;
    segment.sequence = own;
    if (flags & kAck) segment.acknowledgement = from_client ? server_next_ : client_next_;
    segment.payload = as_bytes(texts_.back());
    own += static_cast<std::uint32_t>(texts_.back().size()) + ((flags & (kSyn | kFin)) ? 1 : 0);
    now_ += std::chrono::milliseconds(1);
    segment.seen = now_;
    segment.ref = {0, segments.size() + 1};
    segments.push_back(segment);
    return *this;
  }

  Endpoint client_, server_;
  std::uint32_t client_next_, server_next_;
  Timestamp now_{std::chrono::seconds(1'700'000'000)};
  std::deque<std::string> texts_;  // stable addresses
};

// "C:abc" what the opener said, "S:<3>" a gap of three bytes of its peer, "C." a clean end, "C!"
// one that is not.
class Transcript : public StreamSinkFactory {
 public:
  std::string text;
  std::vector<FlowInfo> flows;
  bool positions_right = true;  // ranges adjacent and starting at 0

  std::unique_ptr<StreamSink> open(const FlowInfo& flow) override {
    flows.push_back(flow);
    return std::make_unique<Sink>(*this);
  }

 private:
  class Sink : public StreamSink {
   public:
    explicit Sink(Transcript& to) : to_(to) {}
    void on_data(Direction direction, ByteRange range, Bytes bytes, const Origin&) override {
      check(direction, range);
      if (range.size() != bytes.size()) to_.positions_right = false;
      say(direction, std::string(as_text(bytes)));
    }
    void on_gap(Direction direction, ByteRange range, Timestamp) override {
      check(direction, range);
      say(direction, "<" + std::to_string(range.size()) + ">");
    }
    void on_end(Direction direction, bool clean, Timestamp) override {
      to_.text += direction == Direction::FromOpener ? " C" : " S";
      to_.text += clean ? "." : "!";
      last_ = 2;
    }
    [[nodiscard]] std::size_t held_bytes() const override { return 0; }

   private:
    void check(Direction direction, ByteRange range) {
      if (range.begin != next_[index_of(direction)] || range.end <= range.begin)
        to_.positions_right = false;
      next_[index_of(direction)] = range.end;
    }
    void say(Direction direction, const std::string& what) {
      if (last_ != index_of(direction)) {
        if (!to_.text.empty()) to_.text += ' ';
        to_.text += direction == Direction::FromOpener ? "C:" : "S:";
        last_ = index_of(direction);
      }
      to_.text += what;
    }
    Transcript& to_;
    std::uint64_t next_[2] = {0, 0};
    std::size_t last_ = 2;
  };
};

struct Outcome {
  std::string text;
  ReassemblyStats stats;
  std::size_t flows = 0;
};

inline Outcome reassemble(const std::vector<SegmentView>& segments, const TcpLimits& limits = {}) {
  Transcript transcript;
  ReassemblyStats stats;
  ConnectionTable table(limits, transcript, stats, 7);
  for (const SegmentView& segment : segments) table.add(segment);
  table.finish();
  if (!transcript.positions_right) transcript.text += " POSITIONS WRONG";
  if (table.held_bytes() != 0) transcript.text += " BYTES LEFT";
  return {transcript.text, stats, transcript.flows.size()};
}

}  // namespace leaktap::test
