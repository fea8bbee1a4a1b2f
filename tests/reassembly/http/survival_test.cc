// Random damage to real conversations. What must hold for any input is checked by TranscriptSink:
// each exchange ends once, offsets ascend, lengths add up. Random numbers are seeded: each run is
// the same.
#include <catch2/catch.hpp>
#include <random>

#include "conversation.h"

namespace leaktap {
namespace {

using Random = std::mt19937;

std::size_t pick(Random& random, std::size_t below) {
  return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
}

std::string mutate(std::string text, Random& random) {
  static const std::string kPieces[] = {"\r\n",
                                        "\n",
                                        "\r\n\r\n",
                                        "GET / HTTP/1.1\r\n",
                                        "HTTP/1.1 200 OK\r\n",
                                        "0\r\n",
                                        "ffffffffff\r\n",
                                        "Content-Length: 3\r\n",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Content-Encoding: gzip\r\n",
                                        "HTTP/1.1 101 x\r\n\r\n",
                                        "CONNECT a:1 HTTP/1.1\r\n\r\n",
                                        std::string(1, '\0'),
                                        "\x1f\x8b\x08"};
  for (std::size_t rounds = pick(random, 4); rounds > 0 && !text.empty(); --rounds) {
    const std::size_t at = pick(random, text.size());
    switch (pick(random, 4)) {
      case 0:
        text[at] = static_cast<char>(pick(random, 256));
        break;
      case 1:
        text.erase(at, pick(random, 20));
        break;
      case 2:
        text.insert(at, kPieces[pick(random, std::size(kPieces))]);
        break;
      default:
        text.insert(at, text.substr(pick(random, text.size()), pick(random, 40)));
    }
  }
  return text;
}

Conversation random_talk(Random& random) {
  static const std::string kRequests[] = {
      "GET /x HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
      "PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: u\r\n\r\n",
      "HEAD /x HTTP/1.0\r\n\r\n", "CONNECT b:443 HTTP/1.1\r\n\r\n"};
  static const std::string kResponses[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: "
      "deflate\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
      "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n"};
  HttpLimits limits;
  if (pick(random, 2) == 0) {
    limits.head_bytes = 40;
    limits.fields = 1;
    limits.kept_body = 6;
    limits.frames = 8;
    limits.line_bytes = 12;
    limits.pipelined = 2;
  }
  Conversation talk(limits);
  talk.server_opens = pick(random, 2) == 0;
  talk.handshake_seen = pick(random, 2) == 0;
  for (std::size_t i = 0; i < 6; ++i) {
    talk.client(mutate(kRequests[pick(random, std::size(kRequests))], random));
    if (pick(random, 8) == 0) talk.client_gap(1 + pick(random, 30));
    talk.server(mutate(kResponses[pick(random, std::size(kResponses))], random));
    if (pick(random, 8) == 0) talk.server_gap(1 + pick(random, 30));
  }
  if (pick(random, 3) != 0) talk.end(pick(random, 2) == 0);
  return talk;
}

TEST_CASE("HTTP survives random damage") {
  Random random(20260101);
  for (int i = 0; i < 1500; ++i) {
    INFO("round " << i);
    const Conversation talk = random_talk(random);
    for (const Split split : {Split{}, Split{1, 1}, Split{7, 3}, Split{1 + pick(random, 60), 0}}) {
      (void)talk.outcome(split);
    }
  }
}

TEST_CASE("HTTP reads undamaged conversations alike under random splits") {
  Random random(7);
  Conversation talk;
  for (int i = 0; i < 40; ++i) {
    talk.client("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world")
        .server(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: u\r\n\r\n");
  }
  talk.end();
  const std::string whole = talk.outcome(Split{});
  for (int i = 0; i < 200; ++i) {
    CHECK(talk.outcome({1 + pick(random, 80), 1 + pick(random, 80)}) == whole);
  }
  CHECK(talk.stats.exchanges == 40);
}

}  // namespace
}  // namespace leaktap
