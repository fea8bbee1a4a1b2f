// A conversation over one connection, and what the HTTP stage makes of it, as short text.
//
//   Conversation talk;
//   talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n").server("HTTP/1.1 204 No
//   Content\r\n\r\n").end(); talk.outcome() == "GET a / => 204"
//
// One line an exchange. A body stands behind its message, in quotes; "-" stands for the half that
// is missing; notes follow: "cut" (not whole), "missing N", "gap", "unknown coding", "coding
// failed", "fields cut", "swapped" (the client is not the opener).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reassembly/http/http_flow.h"

namespace leaktap {

// How the bytes of each client() and server() are cut into segments.
struct Split {
  std::size_t first = 0;  // size of the first piece; 0: all
  std::size_t rest = 0;   // size of the others; 0: all
};

// Writes exchanges as text and checks what every ExchangeSink may rely on.
class TranscriptSink final : public ExchangeSink {
 public:
  void on_head(HttpExchange& exchange, Part part) override;
  void on_body(HttpExchange& exchange, Part part, std::uint64_t offset, Bytes bytes) override;
  void on_exchange(HttpExchange& exchange) override;

  // One exchange a line.
  std::string text;
  std::vector<HttpExchange> exchanges;
  std::uint64_t ended = 0;
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  struct Message {
    bool head = false;
    std::uint64_t next_offset = 0, bytes = 0;
    std::string start;  // the streamed bytes before the first hole
  };
  void check(const HttpExchange& exchange, Part part, const Message& seen) const;

  std::map<HttpExchange*, std::vector<Message>> open_;
};

class Conversation {
 public:
  Conversation() = default;
  explicit Conversation(HttpLimits limits_in) : limits(limits_in) {}

  Conversation& client(std::string_view bytes);
  Conversation& server(std::string_view bytes);
  Conversation& client_gap(std::uint64_t size);
  Conversation& server_gap(std::uint64_t size);
  Conversation& client_end(bool clean = true);
  Conversation& server_end(bool clean = true);
  Conversation& end(bool clean = true);

  // The outcome, checked to be the same under every split.
  [[nodiscard]] std::string outcome() const;
  // The outcome under one split.
  [[nodiscard]] std::string outcome(Split split) const;
  // The exchanges when nothing is split.
  [[nodiscard]] std::vector<HttpExchange> exchanges() const;
  // Statistics of the last outcome.
  mutable ReassemblyStats stats;

  HttpLimits limits;
  bool server_opens = false;  // the client is FlowInfo::peer
  bool handshake_seen = true;

 private:
  struct Step {
    enum class Kind { Data, Gap, End } kind;
    bool from_client;
    std::string bytes;
    std::uint64_t size = 0;
    bool clean = true;
  };
  void run(Split split, TranscriptSink& sink) const;

  std::vector<Step> steps_;
};

}  // namespace leaktap
