#include "reassembly/http/http1_parser.h"

#include <catch2/catch.hpp>
#include <string>

namespace leaktap {
namespace {

std::string kind_text(StartLine kind) {
  switch (kind) {
    case StartLine::NeedMore:
      return "need more";
    case StartLine::Request:
      return "request";
    case StartLine::Response:
      return "response";
    case StartLine::Tls:
      return "TLS";
    case StartLine::Other:
      return "other";
  }
  return "";
}

TEST_CASE("A start line is recognised") {
  struct Row {
    std::string text, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"GET / HTTP/1.1\r\n", "request"},
      {"get / HTTP/1.0\n", "request"},
      {"GET\t/\tHTTP/1.1 \r\n", "request"},
      {"GET / HTTP/1.1", "need more"},
      {"G", "need more"},
      {"HTT", "need more"},
      {"HTTP/1.1 200 OK\r\n", "response"},
      {"HTTP/1.1 200\n", "response"},
      {"HTTP/1.1 200", "need more"},
      {"HTTP/1.1 20 OK\r\n", "other"},
      {"HTTP/1.1 2000\r\n", "other"},
      {"HTTP/1.1  200 OK\r\n", "response"},
      {"HTTP/2 200\r\n", "other"},
      {"GET / HTTP/2.0\r\n", "other"},
      {"GET /\r\n", "other"},
      {"GET  HTTP/1.1\r\n", "other"},
      {"GET / HTTP/1.10\r\n", "other"},
      {"G@T / HTTP/1.1\r\n", "other"},
      {"GET /\x01", "other"},
      {"\x80", "other"},
      {"\x16", "need more"},
      {"\x16\x03\x01", "TLS"},
      {"\x16\x02", "other"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ", "other"},
  }));
  INFO(row.text);
  std::size_t scanned = 0;
  CHECK(kind_text(recognise(row.text, {}, 1000, scanned)) == row.expected);
}

TEST_CASE("A message start is found behind a line end only") {
  CHECK(find_message_start("GET / HTTP/1.1\r\n", {}) == 0);
  CHECK(find_message_start("xx\r\nGET / HTTP/1.1\r\n", {}) == 4);
  CHECK(find_message_start("xxGET / HTTP/1.1\r\n", {}) == std::string_view::npos);
  CHECK(find_message_start("x\nHTTP/1.1 200 OK\r\n", {}) == 2);
  CHECK(find_message_start("x\nHTTP/1.1 200 OK\r\n", {true, false}) == std::string_view::npos);
  CHECK(find_message_start("get / HTTP/1.1\r\n", {}) == std::string_view::npos);
  CHECK(find_message_start("x\nGE", {}) == 2);
}

std::string fields_text(std::string head) {
  HttpMessage message;
  message.head = std::move(head);
  HeadFacts facts;
  if (!parse_request_head(message, HttpLimits(), facts)) return "malformed";
  std::string text;
  for (const HttpMessage::Field& field : message.fields) {
    text +=
        std::string(message.text(field.name)) + "=" + std::string(message.text(field.value)) + ";";
  }
  return text;
}

TEST_CASE("Fields are split as servers do it") {
  const std::string line = "GET / HTTP/1.1\r\n";
  CHECK(fields_text(line) == "");
  CHECK(fields_text(line + "A: b\r\nC:d\r\n") == "A=b;C=d;");
  CHECK(fields_text(line + "A : \t b \t\r\n") == "A=b;");
  CHECK(fields_text(line + "A:\r\nB: :\r\n") == "A=;B=:;");
  CHECK(fields_text(line + "A: b\r\n c\r\n\td\r\nE: f\r\n") == "A=b   c  \td;E=f;");
  CHECK(fields_text(line + " folded nothing\r\nA: b\n") == "A=b;");
  CHECK(fields_text(line + "no colon\r\n: no name\r\nA: b") == "A=b;");
  CHECK(fields_text("nonsense\r\nA: b\r\n") == "malformed");
}

std::string size_text(std::string_view line) {
  const auto size = parse_chunk_size(line);
  return size ? std::to_string(*size) : "malformed";
}

TEST_CASE("A chunk size is read") {
  CHECK(size_text("0") == "0");
  CHECK(size_text("1aF") == "431");
  CHECK(size_text("10 ;x=y") == "16");
  CHECK(size_text("10;") == "16");
  CHECK(size_text("") == "malformed");
  CHECK(size_text("0x10") == "malformed");
  CHECK(size_text("-1") == "malformed");
  CHECK(size_text("10 20") == "malformed");
  CHECK(size_text("ffffffffffffffff") == "malformed");
  CHECK(size_text("10000000000000000") == "malformed");
}

std::string framing_text(Framing framing) {
  switch (framing) {
    case Framing::None:
      return "none";
    case Framing::Length:
      return "length";
    case Framing::Chunked:
      return "chunked";
    case Framing::UntilClose:
      return "until close";
    case Framing::Tunnel:
      return "tunnel";
  }
  return "";
}

TEST_CASE("The framing follows RFC 9112 section 6.3") {
  struct Row {
    std::string fields, request, response;
  };
  const auto row = GENERATE(values<Row>({
      {"", "none", "until close"},
      {"Content-Length: 5\r\n", "length", "length"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "length", "length"},
      {"Content-Length: 5,5\r\n", "length", "length"},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", "until close", "until close"},
      {"Content-Length: +5\r\n", "until close", "until close"},
      {"Content-Length: -5\r\n", "until close", "until close"},
      {"Content-Length: 99999999999999999999\r\n", "until close", "until close"},
      {"Content-Length:\r\n", "none", "until close"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "chunked", "chunked"},
      {"Transfer-Encoding: gzip, chunked\r\n", "chunked", "chunked"},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "chunked", "chunked"},
      {"Transfer-Encoding: chunked, gzip\r\n", "until close", "until close"},
      {"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "length", "length"},
  }));
  INFO(row.fields);
  HttpMessage message;
  HeadFacts facts;
  message.head = "POST / HTTP/1.1\r\n" + row.fields;
  REQUIRE(parse_request_head(message, HttpLimits(), facts));
  CHECK(framing_text(request_framing(facts)) == row.request);
  CHECK(framing_text(response_framing(facts, 200, "GET")) == row.response);
  CHECK(framing_text(response_framing(facts, 200, "HEAD")) == "none");
  CHECK(framing_text(response_framing(facts, 204, "GET")) == "none");
  CHECK(framing_text(response_framing(facts, 304, "GET")) == "none");
  CHECK(framing_text(response_framing(facts, 101, "GET")) == "tunnel");
  CHECK(framing_text(response_framing(facts, 200, "CONNECT")) == "tunnel");
  CHECK(framing_text(response_framing(facts, 407, "CONNECT")) == row.response);
}

}  // namespace
}  // namespace leaktap
