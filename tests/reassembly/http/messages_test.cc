// Messages of every shape, one after the other on a connection where nothing is lost.
#include <catch2/catch.hpp>

#include "conversation.h"

namespace leaktap {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("HTTP reads one exchange") {
  struct Row {
    std::string name, request, response, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"length", kGet, kOk, "GET a /x => 200 \"ok\""},
      {"length zero", kGet, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET a /x => 200"},
      {"equal lengths", kGet,
       "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\ncontent-length:2\r\n\r\nok",
       "GET a /x => 200 \"ok\""},
      {"chunked", kGet,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n",
       "GET a /x => 200 \"wikipedia\""},
      {"chunk extensions, leading zeros, capitals", kGet,
       "HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n"
       "000A ; name=\"v;w\"\r\n0123456789\r\n1\r\n!\r\n0;last\r\n\r\n",
       "GET a /x => 200 \"0123456789!\""},
      {"bare LF everywhere", "GET /x HTTP/1.1\nHost: a\n\n",
       "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n", "GET a /x => 200 \"ok\""},
      {"transfer coding wins over length", kGet,
       "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: "
       "chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
       "GET a /x => 200 \"ok\""},
      {"until close", kGet, "HTTP/1.1 200 OK\r\n\r\nuntil the end",
       "GET a /x => 200 \"until the end\""},
      {"version 1.0", "GET /x HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nold",
       "GET  /x => 200 \"old\""},
      {"request with a body", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", kOk,
       "POST a /x \"abc\" => 200 \"ok\""},
      {"chunked request",
       "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", kOk,
       "PUT a /x \"abc\" => 200 \"ok\""},
      {"HEAD", "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "HEAD a /x => 200"},
      {"204 with a length", kGet, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
       "GET a /x => 204"},
      {"304 with a length", kGet, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
       "GET a /x => 304"},
      {"no reason phrase", kGet, "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
       "GET a /x => 200 \"ok\""},
      {"empty lines before the request", "\r\n\n\r\n" + kGet, kOk, "GET a /x => 200 \"ok\""},
      {"unknown method", "FROB-2 /x HTTP/1.1\r\nHost: a\r\n\r\n", kOk, "FROB-2 a /x => 200 \"ok\""},
      {"spaces in the target", "GET /a b  c HTTP/1.1\r\nHost: a\r\n\r\n", kOk,
       "GET a /a b  c => 200 \"ok\""},
      {"absolute form", "GET http://u:p@b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", kOk,
       "GET b:81 http://u:p@b:81/x?y => 200 \"ok\""},
      {"folded field", "GET /x HTTP/1.1\r\nHost:\r\n a\r\n\r\n", kOk, "GET a /x => 200 \"ok\""},
      {"interim responses", kGet,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n" + kOk,
       "GET a /x => 200 \"ok\""},
  }));
  INFO(row.name);
  Conversation talk;
  talk.client(row.request).server(row.response).end();
  CHECK(talk.outcome() == row.expected);
  CHECK(talk.stats.malformed_messages == 0);
  CHECK(talk.stats.unpaired == 0);
  CHECK(talk.stats.truncated_bodies == 0);
}

TEST_CASE("HTTP keeps trailers apart from fields") {
  Conversation talk;
  talk.client(kGet).server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n");
  talk.server("HTTP/1.1 200 OK\r\n\r\n").end();
  const HttpMessage response = talk.exchanges().at(0).response;
  CHECK(response.fields.size() == 2);
  CHECK(response.fields.at(1).trailer);
  CHECK(response.text(response.fields.at(1).name) == "X-Sum");
  CHECK(response.text(response.fields.at(1).value) == "7");
  CHECK(response.field("x-sum") == std::nullopt);
  CHECK(talk.outcome() == "GET a /x => 200 \"ok\"\n- => 200");
}

TEST_CASE("HTTP leaves a tunnel alone") {
  const std::string tls("\x16\x03\x01\x00\x05hello", 10);
  SECTION("after CONNECT") {
    Conversation talk;
    talk.client("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n")
        .server("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n" + kOk)
        .client(tls)
        .client(kGet)
        .server(tls)
        .end();
    CHECK(talk.outcome() == "CONNECT b:443 b:443 => 200");
    CHECK(talk.stats.tunnels == 1);
    CHECK(talk.stats.tls_flows == 0);
  }
  SECTION("not after a refused CONNECT") {
    Conversation talk;
    talk.client("CONNECT b:443 HTTP/1.1\r\n\r\n")
        .server("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno")
        .client("CONNECT b:443 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n")
        .server("HTTP/1.1 200 OK\r\n\r\n")
        .client(tls)
        .end();
    CHECK(talk.outcome() == "CONNECT b:443 b:443 => 407 \"no\"\nCONNECT b:443 b:443 => 200");
    CHECK(talk.stats.tunnels == 1);
    CHECK(talk.stats.malformed_messages == 0);
  }
  SECTION("after an upgrade") {
    Conversation talk;
    talk.client("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
        .server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi")
        .client("\x81\x02ho")
        .client(kGet)
        .end();
    CHECK(talk.outcome() == "GET a /ws => 101");
    CHECK(talk.stats.tunnels == 1);
  }
}

TEST_CASE("HTTP is recognised by content") {
  SECTION("when the side that opened the connection answers") {
    Conversation talk;
    talk.server_opens = true;
    talk.client(kGet).server(kOk).end();
    CHECK(talk.outcome() == "GET a /x => 200 \"ok\" swapped");
    CHECK(talk.exchanges().at(0).client.port == 80);
  }
  SECTION("TLS is counted as such, other protocols as such") {
    struct Row {
      std::string name, client, server;
      std::uint64_t tls, other;
    };
    const auto row = GENERATE(values<Row>({
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01", 6), std::string("\x16\x03\x03\x00\x02", 5),
         1, 0},
        {"TLS alert", std::string("\x15\x03\x01\x00\x02\x01\x00", 7), "", 1, 0},
        {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", std::string("\0\0\x06\x04", 4), 0, 1},
        {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2\r\n", 0, 1},
        {"SMTP", "EHLO a\r\nMAIL FROM:<x@y>\r\n", "220 mail ESMTP\r\n250 ok\r\n", 0, 1},
        {"HTTP/0.9", "GET /\r\n", "<html>", 0, 1},
        {"binary", std::string("\0\1\2\3", 4), std::string("\xff\xfe", 2), 0, 1},
        {"nothing", "", "", 0, 0},
    }));
    INFO(row.name);
    Conversation talk;
    talk.handshake_seen = GENERATE(true, false);
    talk.client(row.client).server(row.server).end();
    CHECK(talk.outcome().empty());
    CHECK(talk.stats.tls_flows == row.tls);
    CHECK(talk.stats.non_http_flows == row.other);
    CHECK(talk.stats.malformed_messages == 0);
  }
  SECTION("on a connection whose server greets first") {
    Conversation talk;
    talk.server("220 hello\r\n").client(kGet).server(kOk).end();
    CHECK(talk.outcome() == "GET a /x => 200 \"ok\"");
    CHECK(talk.stats.non_http_flows == 0);
  }
}

TEST_CASE("HTTP keeps within its limits") {
  const std::string long_value(300, 'v');
  SECTION("fields") {
    HttpLimits limits;
    limits.fields = 3;
    Conversation talk(limits);
    talk.client(
            "POST /x HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nHost: a\r\nContent-Length: "
            "2\r\n\r\nhi")
        .server(kOk)
        .end();
    CHECK(talk.outcome() == "POST a /x \"hi\" fields cut => 200 \"ok\"");
    CHECK(talk.exchanges().at(0).request.fields.size() == 5);
  }
  SECTION("bytes of a head") {
    HttpLimits limits;
    limits.head_bytes = 64;
    Conversation talk(limits);
    talk.client("POST /x HTTP/1.1\r\nA: 1\r\nX: " + long_value + "\r\nY: " + long_value +
                "\r\nHost: a\r\nZ: z\r\nContent-Length: 2\r\n\r\nhi")
        .server(kOk)
        .end();
    CHECK(talk.outcome() == "POST a /x \"hi\" fields cut => 200 \"ok\"");
    CHECK(talk.exchanges().at(0).request.head.size() < 128);
  }
  SECTION("a head that just fits") {
    HttpLimits limits;
    limits.head_bytes = kGet.size() - 2;
    Conversation talk(limits);
    talk.client(kGet).server("HTTP/1.1 204 \r\n\r\n").end();
    CHECK(talk.outcome() == "GET a /x => 204");
  }
  SECTION("a start line that never ends") {
    HttpLimits limits;
    limits.head_bytes = 64;
    Conversation talk(limits);
    talk.client("GET /" + long_value + " HTTP/1.1\r\nHost: a\r\n\r\n").end();
    CHECK(talk.outcome().empty());
    CHECK(talk.stats.non_http_flows == 1);
  }
  SECTION("kept body") {
    HttpLimits limits;
    limits.kept_body = 4;
    Conversation talk(limits);
    talk.client(kGet).server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789").end();
    CHECK(talk.outcome() == "GET a /x => 200 \"1234\"");
    CHECK(talk.exchanges().at(0).response.body_bytes == 9);
  }
  SECTION("a chunk-size line") {
    HttpLimits limits;
    limits.line_bytes = 32;
    Conversation talk(limits);
    talk.client(kGet)
        .server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" + long_value +
                "\r\nok\r\n0\r\n\r\n")
        .end();
    CHECK(talk.outcome() == "GET a /x => 200 cut");
    CHECK(talk.stats.malformed_messages == 1);
  }
}

TEST_CASE("An idle connection holds nothing") {
  HttpLimits limits;
  TranscriptSink sink;
  ReassemblyStats stats;
  FlowInfo flow;
  flow.handshake_seen = true;
  const auto factory = make_http_factory(limits, sink, stats);
  const auto stream = factory->open(flow);
  const Origin origin{from_nanoseconds(5), {0, 1}};
  CHECK(stream->held_bytes() == 0);
  stream->on_data(Direction::FromOpener, {0, kGet.size()}, as_bytes(kGet), origin);
  CHECK(stream->held_bytes() > 0);
  stream->on_data(Direction::FromPeer, {0, kOk.size()}, as_bytes(kOk), origin);
  CHECK(stream->held_bytes() == 0);
  const std::string part = kGet.substr(0, 10);
  stream->on_data(Direction::FromOpener, {kGet.size(), kGet.size() + 10}, as_bytes(part), origin);
  CHECK(stream->held_bytes() > 0);
}

}  // namespace
}  // namespace leaktap
