// Content codings, through whole conversations.
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "conversation.h"

namespace leaktap {
namespace {

enum class Format { Gzip, Zlib, Raw };

std::string deflate_as(Format format, std::string_view plain) {
  const int bits = format == Format::Gzip ? 31 : format == Format::Zlib ? 15 : -15;
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string coded(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(coded.data());
  stream.avail_out = static_cast<uInt>(coded.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  coded.resize(stream.total_out);
  deflateEnd(&stream);
  return coded;
}

std::string response(const std::string& coding, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The response as the sink saw it, without "GET a / => ".
std::string judge(const Conversation& talk) {
  const std::string prefix = "GET a / => ";
  const std::string text = talk.outcome();
  REQUIRE(text.substr(0, prefix.size()) == prefix);
  return text.substr(prefix.size());
}

Conversation answer(const std::string& bytes, HttpLimits limits = {}) {
  Conversation talk(limits);
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n").server(bytes).end();
  return talk;
}

const std::string kPlain = "token=abcdefabcdefabcdef, token=abcdefabcdefabcdef";
const std::string kWhole = "200 \"" + kPlain + "\"";

TEST_CASE("HTTP decodes the codings it knows") {
  const std::string gzip = deflate_as(Format::Gzip, kPlain);
  const std::string zlib = deflate_as(Format::Zlib, kPlain);
  const std::string raw = deflate_as(Format::Raw, kPlain);
  struct Row {
    std::string name, coding, body;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"gzip", "gzip", gzip},
      {"another name, other case", "X-GZip", gzip},
      {"deflate with zlib header", "deflate", zlib},
      {"deflate without", "deflate", raw},
      {"identity", "identity", kPlain},
      {"members", "gzip",
       deflate_as(Format::Gzip, kPlain.substr(0, 7)) + deflate_as(Format::Gzip, "") +
           deflate_as(Format::Gzip, kPlain.substr(7))},
      {"padding behind the last member", "gzip", gzip + std::string(20, '\0')},
      {"rubbish behind the last member", "gzip", gzip + "\x1frubbish"},
      {"two on top of each other", "gzip, deflate", deflate_as(Format::Zlib, gzip)},
      {"two fields", "gzip\r\nContent-Encoding: deflate", deflate_as(Format::Raw, gzip)},
      {"four", "deflate,gzip,identity,gzip,deflate",
       deflate_as(Format::Raw, deflate_as(Format::Gzip, deflate_as(Format::Gzip, zlib)))},
  }));
  INFO(row.name);
  const Conversation talk = answer(response(row.coding, row.body));
  CHECK(judge(talk) == kWhole);
  CHECK(talk.stats.failed_codings == 0);
  CHECK(talk.exchanges().at(0).response.wire_bytes == row.body.size());
}

TEST_CASE("HTTP decodes a coded body in chunks of one byte") {
  std::string chunks;
  for (const char c : deflate_as(Format::Gzip, kPlain)) chunks += std::string("1\r\n") + c + "\r\n";
  chunks += "0\r\n\r\n";
  const std::string framing = "\r\nTransfer-Encoding: ";
  CHECK(judge(answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip" + framing + "chunked\r\n\r\n" +
                     chunks)) == kWhole);
  CHECK(judge(answer("HTTP/1.1 200 OK" + framing + "gzip, chunked\r\n\r\n" + chunks)) == kWhole);
}

TEST_CASE("HTTP keeps what came before a coding failed") {
  SECTION("damaged") {
    std::string coded = deflate_as(Format::Gzip, kPlain);
    coded[coded.size() - 6] = static_cast<char>(coded[coded.size() - 6] ^ 1);  // the checksum
    const Conversation talk = answer(response("gzip", coded));
    CHECK(judge(talk) == kWhole + " coding failed");
    CHECK(talk.stats.failed_codings == 1);
  }
  SECTION("not coded at all") {
    CHECK(judge(answer(response("gzip", kPlain))) == "200 coding failed");
  }
  SECTION("cut") {
    std::string coded = deflate_as(Format::Gzip, kPlain);
    coded.resize(coded.size() - 9);
    CHECK(judge(answer(response("gzip", coded))).substr(0, 12) == kWhole.substr(0, 12));
  }
}

TEST_CASE("HTTP passes on what it cannot decode") {
  const auto coding = GENERATE(as<std::string>(), "frob", "gzip, frob", "gzip,gzip,gzip,gzip,gzip");
  const Conversation talk = answer(response(coding, "opaque"));
  CHECK(judge(talk) == "200 \"opaque\" unknown coding");
  CHECK(talk.stats.unknown_codings == 1);
}

TEST_CASE("A bomb ends at the limits") {
  SECTION("of size") {
    HttpLimits limits;
    limits.decoded_body = 1000;
    const Conversation talk =
        answer(response("gzip", deflate_as(Format::Gzip, std::string(100'000, 'x'))), limits);
    CHECK(judge(talk) == "200 \"" + std::string(1000, 'x') + "\" coding failed");
  }
  SECTION("of ratio, when layers multiply") {
    const std::string once = deflate_as(Format::Gzip, std::string(8 << 20, '\0'));
    const std::string bomb = deflate_as(Format::Gzip, once);
    Conversation talk;
    talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n").server(response("gzip, gzip", bomb)).end();
    const HttpExchange exchange = talk.exchanges().at(0);
    CHECK(exchange.response.coding_failed);
    CHECK(exchange.response.body_bytes <=
          std::max<std::uint64_t>(1 << 20, bomb.size() * talk.limits.decoded_ratio));
    CHECK(exchange.response.body.size() == talk.limits.kept_body);
  }
}

TEST_CASE("Behind a gap nothing of a coded body is decoded") {
  const std::string coded = deflate_as(Format::Gzip, kPlain + std::string(200, 'y') + "end");
  Conversation talk;
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      .server(response("gzip", coded).substr(0, response("gzip", coded).size() - 12))
      .server_gap(4)
      .server(coded.substr(coded.size() - 8))
      .end();
  const HttpMessage message = talk.exchanges().at(0).response;
  CHECK(message.missing_bytes == 4);
  CHECK_FALSE(message.whole);
  CHECK_FALSE(message.coding_failed);
  CHECK(message.body.substr(0, 6) == "token=");
  CHECK(talk.exchanges().at(0).has_request);
}

}  // namespace
}  // namespace leaktap
