// Gaps, captures that start in the middle, and messages that make no sense.
#include <catch2/catch.hpp>

#include "conversation.h"

namespace leaktap {
namespace {

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_CASE("A gap inside a body costs that body only") {
  SECTION("of known length") {
    Conversation talk;
    talk.client(get("/1"))
        .server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        .server_gap(4)
        .server("hij" + ok("more"))
        .client(get("/2"))
        .end();
    CHECK(talk.outcome() ==
          "GET a /1 => 200 \"abc\" missing 4 cut gap\n- => 200 \"more\"\nGET a /2 => -");
    CHECK(talk.exchanges().at(0).response.body_bytes == 6);
    CHECK(talk.stats.truncated_bodies == 1);
  }
  SECTION("up to its last byte") {
    Conversation talk;
    talk.client(get("/1"))
        .server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")
        .server_gap(2)
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"abc\" missing 2 cut gap\nGET a /2 => 200 \"two\"");
  }
  SECTION("inside a chunk") {
    Conversation talk;
    talk.client(get("/1"))
        .server(kChunked + "a\r\nabc")
        .server_gap(4)
        .server("hij\r\n1\r\n!\r\n0\r\n\r\n")
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"abc\" missing 4 cut gap\nGET a /2 => 200 \"two\"");
  }
  SECTION("of a request") {
    Conversation talk;
    talk.client("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na")
        .client_gap(3)
        .client("e")
        .server(ok("one"))
        .end();
    CHECK(talk.outcome() == "POST a /1 \"a\" missing 3 cut => 200 \"one\" gap");
  }
  SECTION("that ends with the connection") {
    Conversation talk;
    talk.client(get("/1")).server("HTTP/1.1 200 OK\r\n\r\nabc").server_gap(4).server("x").end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"abc\" missing 4 cut gap");
  }
}

TEST_CASE("Nothing is paired over a gap that hides framing") {
  SECTION("beyond the end of a body") {
    Conversation talk;
    talk.client(get("/1") + get("/2"))
        .server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        .server_gap(50)
        .server(ok("late"))
        .client(get("/3"))
        .server(ok("three"))
        .end();
    // The client does not wait for responses, so nobody knows which one "three" answers.
    CHECK(talk.outcome() ==
          "GET a /1 => 200 \"abc\" missing 7 cut gap\nGET a /2 => - gap\n- => 200 \"late\" gap\n"
          "GET a /3 => -\n- => 200 \"three\"");
  }
  SECTION("a lost response") {
    Conversation talk;
    talk.client(get("/1")).server_gap(60).client(get("/2")).server(ok("two")).end();
    CHECK(talk.outcome() == "GET a /1 => - gap\nGET a /2 => 200 \"two\" gap");
  }
  SECTION("a lost head, with its body behind it") {
    Conversation talk;
    talk.client(get("/1"))
        .server_gap(60)
        .server("rest of a body\r\nwith lines\r\n\r\n" + ok("x"))
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => - gap\n- => 200 \"x\" gap\nGET a /2 => 200 \"two\"");
  }
  SECTION("a lost request") {
    Conversation talk;
    talk.client(get("/1"))
        .server(ok("one"))
        .client_gap(60)
        .server(ok("lost"))
        .client(get("/3"))
        .server(ok("three"))
        .end();
    CHECK(talk.outcome() ==
          "GET a /1 => 200 \"one\"\n- => 200 \"lost\" gap\nGET a /3 => 200 \"three\" gap");
  }
  SECTION("inside a head, of which the beginning is shown") {
    Conversation talk;
    talk.client("GET /1 HTTP/1.1\r\nHost: a\r\nCookie: x")
        .client_gap(20)
        .client("yz\r\nAccept: b\r\n\r\n")
        .server(ok("one"))
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() ==
          "GET a /1 cut fields cut => - gap\n- => 200 \"one\" gap\nGET a /2 => 200 \"two\" gap");
  }
  SECTION("inside a chunk size") {
    Conversation talk;
    talk.client(get("/1"))
        .server(kChunked + "3\r\nabc\r\n1")
        .server_gap(3)
        .server("efg\r\n0\r\n\r\n")
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"abc\" cut gap\nGET a /2 => 200 \"two\" gap");
  }
}

TEST_CASE("A capture may start in the middle") {
  Conversation talk;
  talk.handshake_seen = false;
  SECTION("of a response") {
    talk.server("the end of a body, ABC def\r\n").client(get("/1")).server(ok("one")).end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\"");
  }
  SECTION("of a request") {
    talk.client("ie: a=b\r\nX: y\r\n\r\n")
        .server(ok("none"))
        .client(get("/1"))
        .server(ok("one"))
        .end();
    CHECK(talk.outcome() == "- => 200 \"none\"\nGET a /1 => 200 \"one\"");
  }
  SECTION("behind a gap") {
    talk.handshake_seen = true;
    talk.client_gap(1000).client("x\r\n\r\n" + get("/1")).server(ok("one")).end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\" gap");
  }
  SECTION("with the next message in the segment that ends the last") {
    talk.server("rest\r\n0\r\n\r\n" + ok("one")).end();
    CHECK(talk.outcome() == "- => 200 \"one\"");
  }
  CHECK(talk.stats.malformed_messages == 0);
  CHECK(talk.stats.non_http_flows == 0);
}

TEST_CASE("A message that makes no sense costs itself") {
  SECTION("in place of a request") {
    Conversation talk;
    talk.client(get("/1"))
        .server(ok("one"))
        .client("what is this\r\n")
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\"\nGET a /2 => 200 \"two\"");
    CHECK(talk.stats.malformed_messages == 1);
  }
  SECTION("a bad chunk size") {
    Conversation talk;
    talk.client(get("/1"))
        .server(kChunked + "2\r\nok\r\nzz\r\nmore\r\n")
        .client(get("/2"))
        .server(ok("two"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"ok\" cut\nGET a /2 => 200 \"two\"");
    CHECK(talk.stats.malformed_messages == 1);
  }
  SECTION("data longer than its chunk") {
    Conversation talk;
    talk.client(get("/1")).server(kChunked + "2\r\nokay\r\n0\r\n\r\n").end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"ok\" cut");
  }
  SECTION("lengths that contradict each other: nobody reads on") {
    Conversation talk;
    talk.client("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")
        .end();
    CHECK(talk.outcome() == "POST a /1 \"abc\" => -");
    CHECK(talk.stats.malformed_messages == 1);
  }
  SECTION("two clients") {
    Conversation talk;
    talk.client(get("/1")).server(get("/2")).end();
    CHECK(talk.outcome() == "GET a /1 => -");
    CHECK(talk.stats.malformed_messages == 1);
  }
}

TEST_CASE("A tunnel ignores gaps") {
  Conversation talk;
  talk.client("CONNECT b:1 HTTP/1.1\r\n\r\n")
      .server("HTTP/1.1 200 OK\r\n\r\n")
      .client_gap(5)
      .server_gap(7)
      .end();
  CHECK(talk.outcome() == "CONNECT b:1 b:1 => 200");
}

}  // namespace
}  // namespace leaktap
