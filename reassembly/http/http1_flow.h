// HTTP/1.x over one connection: which side is the client, where messages begin and end, which
// response belongs to which request.
//
// Each direction is recognised by its first line, whatever the port and whoever opened the
// connection; a direction that is not HTTP is dropped in one branch from then on. Where framing is
// lost (a gap, a message that makes no sense, a capture that starts in the middle), the direction
// searches for the next plausible start of a message, and no response is paired with a request over
// that point.
//
// Between messages a flow is this object only. Heads and exchanges in flight come from the
// factory's pools and go back there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "reassembly/http/transaction.h"
#include "reassembly/tcp/stream.h"

namespace leaktap {

// What the flows of one worker share.
struct Http1Context : HttpContext {
  using HttpContext::HttpContext;

  Pool<Transaction> transactions{8 * 1024 * 1024};
  Pool<HeadReader> heads{1024 * 1024};
};

class Http1Flow final : public StreamSink {
 public:
  // Both must outlive the flow.
  Http1Flow(Http1Context& context, const FlowInfo& flow) : context_(context), flow_(flow) {}
  // Ends what was not ended.
  ~Http1Flow() override;
  Http1Flow(const Http1Flow&) = delete;
  Http1Flow& operator=(const Http1Flow&) = delete;

  void on_data(Direction direction, ByteRange range, Bytes bytes, const Origin& origin) override;
  void on_gap(Direction direction, ByteRange range, Timestamp told) override;
  void on_end(Direction direction, bool clean, Timestamp when) override;
  [[nodiscard]] std::size_t held_bytes() const override;

 private:
  enum class Phase : std::uint8_t {  // from Opaque on, bytes are dropped
    Start,                           // before a message, or before the first bytes at all
    Head,                            // some of a head has come
    Body,
    Search,  // framing is lost
    Opaque,  // not HTTP/1, or tunnelled
    Ended
  };
  enum class Role : std::uint8_t { Unknown, Client, Server };
  struct Side {
    std::unique_ptr<HeadReader> head;  // Phase::Head
    Transaction* current = nullptr;    // Phase::Body; owned by the flow
    std::uint32_t searched = 0;        // bytes since framing was lost, up to a limit
    Phase phase = Phase::Start;
    Role role = Role::Unknown;
    bool uncertain : 1 = false;  // since framing was lost no message was found
    bool after_gap : 1 = false;  // the next message stands next to a gap
    bool found : 1 = false;      // some message was found

    [[nodiscard]] Part part() const {
      return role == Role::Client ? Part::Request : Part::Response;
    }
  };
  // The rest of the bytes of one call of on_data.
  struct Input {
    std::uint64_t position;
    Bytes bytes;
    const Origin& origin;

    void drop(std::size_t count) {
      position += count;
      bytes = bytes.subspan(count);
    }
  };

  Side& side(Direction direction) { return sides_[index_of(direction)]; }
  [[nodiscard]] static ExpectedStart expected(const Side& from);
  Side& other(const Side& one) { return sides_[&one == sides_.data() ? 1 : 0]; }
  [[nodiscard]] Direction direction_of(const Side& one) const {
    return &one == sides_.data() ? Direction::FromOpener : Direction::FromPeer;
  }

  // Steps of on_data; each takes bytes off `in` or changes the phase.
  void start(Side& from, Input& in);
  void open_head(Side& from, const Input& in);
  void read_head(Side& from, Input& in);
  void read_body(Side& from, Input& in);
  void search(Side& from, Input& in);
  void prefer_fresh_start(Side& from, const Input& in);

  void head_complete(Side& from, StartLine kind, bool whole, Timestamp when);
  void request_complete(Side& from, bool whole, Timestamp when);
  void response_complete(Side& from, bool whole, Timestamp when);
  void begin_message(Side& from, Transaction& transaction, Part part, const HeadFacts& facts,
                     bool whole, Timestamp when);
  void end_body(Side& from, bool whole, Timestamp when);
  void cut_head(Side& from, Timestamp when);
  void end_message(Transaction& transaction, Part part, bool whole, Timestamp when);

  void take_role(Side& from, Role role);
  void not_http(Side& from, StartLine kind, Timestamp when);
  void lose_framing(Side& from, bool gap, Timestamp when);
  void enter_tunnel(Timestamp when);

  Transaction& open_transaction(const Side& client);
  Transaction* pair_response();
  void make_room(Timestamp when);
  void flush_awaited(bool gap, Timestamp when);
  void finish(Transaction& transaction, Timestamp when);
  void drop_head(Side& from);
  void recount(Transaction& transaction);

  Http1Context& context_;
  const FlowInfo& flow_;
  TransactionQueue queue_;
  std::size_t held_ = 0;
  Timestamp last_;  // of the last bytes
  std::array<Side, 2> sides_;
  std::uint32_t overdue_ = 0;  // responses to requests that were given up for want of room
  bool payload_ = false;       // some bytes came
  bool recognised_ = false;    // as HTTP/1 or TLS
  bool pipelines_ = false;     // the client does not wait for responses
  bool pairing_lost_ = false;  // order says nothing any more
};

static_assert(sizeof(Http1Flow) <= 128, "a million idle connections hold one each");

}  // namespace leaktap
