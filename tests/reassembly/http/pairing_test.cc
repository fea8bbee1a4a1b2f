// Which response belongs to which request, as long as nothing is lost.
#include <catch2/catch.hpp>

#include "conversation.h"

namespace leaktap {
namespace {

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_CASE("HTTP pairs the nth response with the nth request") {
  SECTION("on a connection that is kept alive") {
    Conversation talk;
    talk.client(get("/1")).server(ok("one")).client(get("/2")).server(ok("two")).end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\"\nGET a /2 => 200 \"two\"");
  }
  SECTION("when the client does not wait") {
    Conversation talk;
    talk.client(get("/1") + "HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/3"))
        .server(ok("one") + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + ok("three"))
        .end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\"\nHEAD a /2 => 200\nGET a /3 => 200 \"three\"");
  }
}

TEST_CASE("HTTP completes an early response when its request is over") {
  const std::string early = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno";
  Conversation talk;
  talk.client("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").server(early);
  SECTION("which may go on") {
    talk.client("def").client(get("/2")).server(ok("two")).end();
    CHECK(talk.outcome() == "POST a /x \"abcdef\" => 413 \"no\"\nGET a /2 => 200 \"two\"");
  }
  SECTION("or be given up") {
    talk.end();
    CHECK(talk.outcome() == "POST a /x \"abc\" missing 3 cut => 413 \"no\"");
    CHECK(talk.stats.truncated_bodies == 1);
    CHECK(talk.stats.unpaired == 0);
  }
}

TEST_CASE("HTTP emits what remains unanswered") {
  SECTION("in order at the end") {
    Conversation talk;
    talk.client(get("/1") + get("/2") + get("/3")).server(ok("one")).end();
    CHECK(talk.outcome() == "GET a /1 => 200 \"one\"\nGET a /2 => -\nGET a /3 => -");
    CHECK(talk.stats.unpaired == 2);
  }
  SECTION("when only the client was captured") {
    Conversation talk;
    talk.client(get("/1")).client(get("/2")).client_end().server_end();
    CHECK(talk.outcome() == "GET a /1 => -\nGET a /2 => -");
  }
  SECTION("when only the server was captured") {
    Conversation talk;
    talk.server(ok("one") + ok("two")).end();
    CHECK(talk.outcome() == "- => 200 \"one\"\n- => 200 \"two\"");
    CHECK(talk.stats.unpaired == 2);
  }
  SECTION("when too many wait, without mixing up the rest") {
    HttpLimits limits;
    limits.pipelined = 2;
    Conversation talk(limits);
    talk.client(get("/1") + get("/2") + get("/3"))
        .server(ok("one") + ok("two") + ok("three"))
        .end();
    CHECK(talk.outcome() ==
          "GET a /1 => -\n- => 200 \"one\"\nGET a /2 => 200 \"two\"\nGET a /3 => 200 \"three\"");
  }
  SECTION("also when the server closed before the request was over") {
    Conversation talk;
    talk.client("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        .server_end()
        .client("def")
        .client_end();
    CHECK(talk.outcome() == "POST a /x \"abcdef\" => -");
  }
}

TEST_CASE("HTTP shows the head that was cut by the end") {
  Conversation talk;
  talk.client(get("/1")).server("HTTP/1.1 200 OK\r\nServer: s\r\nSet-Coo").end();
  CHECK(talk.outcome() == "GET a /1 => 200 cut fields cut");
}

TEST_CASE("A body that ends with the connection is whole only if that ended cleanly") {
  Conversation talk;
  talk.client(get("/1")).server("HTTP/1.1 200 OK\r\n\r\nbody");
  SECTION("clean") {
    talk.end(true);
    CHECK(talk.outcome() == "GET a /1 => 200 \"body\"");
  }
  SECTION("not clean") {
    talk.end(false);
    CHECK(talk.outcome() == "GET a /1 => 200 \"body\" cut");
    CHECK(talk.stats.truncated_bodies == 1);
  }
}

TEST_CASE("A body shorter than its length is cut") {
  Conversation talk;
  talk.client(get("/1")).server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody").end();
  CHECK(talk.outcome() == "GET a /1 => 200 \"body\" missing 6 cut");
  CHECK(talk.stats.truncated_bodies == 1);
}

TEST_CASE("A chunked body without its last chunk is cut") {
  Conversation talk;
  talk.client(get("/1"))
      .server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n")
      .end();
  CHECK(talk.outcome() == "GET a /1 => 200 \"body\" cut");
}

}  // namespace
}  // namespace leaktap
