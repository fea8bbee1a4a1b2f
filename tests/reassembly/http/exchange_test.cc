#include "reassembly/http/exchange.h"

#include <catch2/catch.hpp>

#include "conversation.h"

namespace leaktap {
namespace {

std::string frames_text(const HttpMessage& message, ByteRange part) {
  std::string text;
  for (const PacketRef& frame : message.frames_of(part, 5)) {
    text += (text.empty() ? "" : " ") + std::to_string(frame.frame);
  }
  return text;
}

TEST_CASE("HttpMessage knows the frames of its first and its latest bytes") {
  constexpr std::size_t kLimit = 16;
  HttpMessage message;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    message.add_frame(100 + 10 * i, {0, i + 1}, kLimit);
    message.add_frame(105 + 10 * i, {0, i + 1}, kLimit);  // the same frame once more
    REQUIRE(message.frames.size() <= kLimit);
    REQUIRE(frames_text(message, {100 + 10 * i, 110 + 10 * i}) == std::to_string(i + 1));
  }
  CHECK(frames_text(message, {100, 101}) == "1");
  CHECK(frames_text(message, {109, 121}) == "1 2 3");
  CHECK(frames_text(message, {170, 180}) == "8");
  CHECK(frames_text(message, {5000, 5010}).empty());  // dropped, and not given to another frame
  CHECK(frames_text(message, {10075, 10100}) == "998 999 1000");
  CHECK(frames_text(message, {100, 20000}) == "1 2 3 4 5");
}

TEST_CASE("A gap belongs to no frame") {
  HttpMessage message;
  message.add_frame(0, {0, 1}, 16);
  message.add_frame(10, {}, 16);
  message.add_frame(20, {0, 2}, 16);
  CHECK(frames_text(message, {12, 18}).empty());
  CHECK(frames_text(message, {5, 25}) == "1 2");
}

TEST_CASE("HttpExchange knows the authority") {
  struct Row {
    std::string line, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"GET /x HTTP/1.1", "host.example:8080"},
      {"GET http://other.example/x HTTP/1.1", "other.example"},
      {"GET https://user:pw@other.example:1?x HTTP/1.1", "other.example:1"},
      {"GET http://[::1]:80/ HTTP/1.1", "[::1]:80"},
      {"GET /go?to=http://evil.example/ HTTP/1.1", "host.example:8080"},
      {"CONNECT target.example:443 HTTP/1.1", "target.example:443"},
      {"OPTIONS * HTTP/1.1", "host.example:8080"},
  }));
  Conversation talk;
  talk.client(row.line + "\r\nHOST: host.example:8080 \r\n\r\n").end();
  CHECK(talk.exchanges().at(0).authority() == row.expected);
}

TEST_CASE("An exchange says where and when it was seen") {
  Conversation talk;
  talk.client("GET /x HTTP/1.1\r\n\r\n")
      .server("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n")
      .server("ok")
      .end();
  const HttpExchange exchange = talk.exchanges().at(0);
  CHECK(exchange.http_version == "1.1");
  CHECK(exchange.client.port == 40000);
  CHECK(exchange.server.port == 80);
  CHECK(exchange.request.range == ByteRange{0, 19});
  CHECK(exchange.response.range == ByteRange{0, 40});
  CHECK(frames_text(exchange.response, {38, 40}) == "3");
  CHECK(exchange.completed == exchange.response.last_seen);
}

}  // namespace
}  // namespace leaktap
