#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/reassembly/tcp/conversation.h"

using namespace leaktap;
using namespace leaktap::test;

namespace {

// Three exchanges, as a client and a server would have them.
Conversation three_exchanges(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000) {
  Conversation talk(client_isn, server_isn);
  talk.handshake();
  talk.client("ask1").server("ans").server("wer1");
  talk.client("ask2").server("ans").server("wer2");
  talk.client("ask3").server("ans").server("wer3");
  talk.client_fin().server_fin().client_ack();
  return talk;
}
constexpr auto kWhole = "C:ask1 S:answer1 C:ask2 S:answer2 C:ask3 S:answer3 C. S.";

std::vector<SegmentView> without(std::vector<SegmentView> segments, std::size_t index) {
  segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(index));
  return segments;
}

}  // namespace

TEST_CASE("A connection is delivered in order whatever its initial sequence numbers") {
  for (const std::uint32_t client :
       {0U, 1000U, 0x7fffffffU, 0xfffffff0U, 0xfffffffeU, 0xffffffffU}) {
    for (const std::uint32_t server : {0U, 0x80000000U, 0xfffffff5U, 0xffffffffU}) {
      INFO(client << " " << server);
      CHECK(reassemble(three_exchanges(client, server).segments).text == kWhole);
    }
  }
}

namespace {

// Without the marks of the ends, which have no order against the other side's data.
std::string data_of(std::string text) {
  for (const char* mark : {" C.", " S.", " C!", " S!"}) {
    const std::size_t at = text.find(mark);
    if (at != std::string::npos) text.erase(at, 3);
  }
  return text;
}

}  // namespace

TEST_CASE("Disorder within the patience of a connection does not show") {
  const Conversation talk = three_exchanges(0xfffffff0U, 0xfffffff5U);
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::vector<SegmentView> shuffled = talk.segments;
    std::mt19937 random(seed);
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    INFO("seed " << seed);
    CHECK(data_of(reassemble(shuffled).text) == data_of(kWhole));
  }
}

TEST_CASE("A response that was captured before its request comes after it") {
  const Conversation talk = three_exchanges();
  std::vector<SegmentView> segments = talk.segments;
  std::swap(segments[3], segments[4]);
  CHECK(reassemble(segments).text == kWhole);
}

TEST_CASE("A retransmission that brings new bytes along does not upset the order of the sides") {
  Conversation talk;
  talk.handshake().client("ask1").server("answer1").client("ask2").server("answer2");
  std::vector<SegmentView> segments = talk.segments;
  SegmentView both = segments[4];
  const std::string text = "answer1answer2";
  both.payload = as_bytes(text);
  both.acknowledgement = segments[6].acknowledgement;
  // The retransmission is captured first, and what it repeats is not captured otherwise.
  segments = {segments[0], segments[1], segments[2], segments[3], both, segments[5]};
  CHECK(reassemble(segments).text == "C:ask1 S:answer1 C:ask2 S:answer2 C! S!");
}

TEST_CASE("Duplicates count once") {
  const Conversation talk = three_exchanges();
  std::vector<SegmentView> twice;
  for (const SegmentView& segment : talk.segments) {
    twice.push_back(segment);
    twice.push_back(segment);
  }
  const Outcome outcome = reassemble(twice);
  CHECK(outcome.text == kWhole);
  CHECK(outcome.flows == 1);
}

TEST_CASE("Where segments overlap, the bytes that came first are kept") {
  Conversation talk;
  talk.handshake().client("abcdef").server("x");
  std::vector<SegmentView> segments = talk.segments;
  SegmentView late = segments[3];
  const std::string other = "cdXXef";
  late.sequence += 2;
  late.payload = as_bytes(other);  // abcd EF -> bytes 6 and 7 are new
  segments.insert(segments.begin() + 4, late);
  segments.back().acknowledgement += 2;
  CHECK(reassemble(segments).text == "C:abcdefef S:x C! S!");
}

TEST_CASE("What was never captured is told as a gap, and what follows is delivered") {
  const Conversation talk = three_exchanges();
  auto [name, index, expected] = GENERATE(table<std::string, std::size_t, std::string>({
      {"a request", 3, "C:<4> S:answer1 C:ask2 S:answer2 C:ask3 S:answer3 C. S."},
      {"the first half of a response", 4,
       "C:ask1 S:<3>wer1 C:ask2 S:answer2 C:ask3 S:answer3 C. S."},
      {"the second half of a response", 8,
       "C:ask1 S:answer1 C:ask2 S:ans<4> C:ask3 S:answer3 C. S."},
      {"the last data", 11, "C:ask1 S:answer1 C:ask2 S:answer2 C:ask3 S:ans C. S:<4> S."},
      {"the SYN", 0, kWhole},
      {"the SYN of the server", 1, kWhole},
      {"the FIN of the client", 12, "C:ask1 S:answer1 C:ask2 S:answer2 C:ask3 S:answer3 S. C!"},
  }));
  INFO(name);
  CHECK(reassemble(without(talk.segments, index)).text == expected);
}

TEST_CASE("A one-sided capture gives that side") {
  const Conversation talk = three_exchanges();
  std::vector<SegmentView> client, server;
  for (const SegmentView& segment : talk.segments) {
    (segment.source().port == 80 ? server : client).push_back(segment);
  }
  CHECK(reassemble(client).text == "C:ask1ask2ask3 C. S!");
  CHECK(reassemble(server).text == "S:answer1answer2answer3 C! S.");
  CHECK(reassemble(client).stats.one_sided_flows == 1);
}

TEST_CASE("A connection joined in the middle begins where the capture does") {
  const Conversation talk = three_exchanges();
  const std::vector<SegmentView> rest(talk.segments.begin() + 7, talk.segments.end());
  CHECK(reassemble(rest).text == "S:answer2 C:ask3 S:answer3 C. S.");
}

TEST_CASE("Holes do not wait for longer than the patience") {
  TcpLimits limits;
  Conversation talk;
  talk.handshake().client("lost").client("next");
  SECTION("counted in bytes that came since") {
    limits.patience_bytes = 5;
    for (int i = 0; i < 10; ++i) talk.client("x");
  }
  SECTION("counted in time") { talk.wait(std::chrono::seconds(6)).client("xxxxxxxxxx"); }
  SECTION("counted in bytes held") {
    limits.held_per_direction = 300;
    for (int i = 0; i < 10; ++i) talk.client("x");
  }
  Transcript transcript;
  ReassemblyStats stats;
  ConnectionTable table(limits, transcript, stats, 7);
  for (const SegmentView& segment : without(talk.segments, 3)) table.add(segment);
  CHECK(transcript.text.substr(0, 9) == "C:<4>next");
}

TEST_CASE("A connection that is silent ends at its deadline") {
  TcpLimits limits;
  limits.idle = std::chrono::seconds(60);
  Conversation talk;
  talk.handshake().client("ask");
  Transcript transcript;
  ReassemblyStats stats;
  ConnectionTable table(limits, transcript, stats, 7);
  for (const SegmentView& segment : talk.segments) table.add(segment);
  table.advance(talk.segments.back().seen + std::chrono::seconds(59));
  CHECK(transcript.text == "C:ask");
  table.advance(talk.segments.back().seen + std::chrono::seconds(60));
  CHECK(transcript.text == "C:ask C! S!");
  CHECK(table.size() == 0);
}

TEST_CASE("A port that is used again is a new connection") {
  Conversation first(1000, 5000);
  first.handshake().client("one").server("1");
  SECTION("after FIN") { first.client_fin().server_fin(); }
  SECTION("after RST") { first.server_rst(); }
  SECTION("without any end") {}
  Conversation second(900000, 77);
  second.handshake().client("two").server("2");
  std::vector<SegmentView> both = first.segments;
  for (SegmentView segment : second.segments) {
    segment.seen += std::chrono::seconds(3);
    both.push_back(segment);
  }
  const Outcome outcome = reassemble(both);
  CHECK(outcome.flows == 2);
  CHECK(outcome.text.find("C:one S:1") == 0);
  CHECK(outcome.text.find("C:two S:2") != std::string::npos);
}

TEST_CASE("Keep-alive probes and zero windows say nothing") {
  Conversation talk;
  talk.handshake().client("ask").server("answer");
  SegmentView probe = talk.segments[3];
  const std::string garbage = "?";
  probe.sequence += 2;  // one before the next byte
  probe.payload = as_bytes(garbage);
  talk.segments.push_back(probe);
  talk.client("more");
  CHECK(reassemble(talk.segments).text == "C:ask S:answer C:more C! S!");
}

TEST_CASE("A SYN may carry data") {
  Conversation talk;
  talk.handshake().client("rest");
  const std::string early = "early";
  talk.segments[0].payload = as_bytes(early);
  for (std::size_t i = 2; i < talk.segments.size(); ++i) talk.segments[i].sequence += 5;
  CHECK(reassemble(talk.segments).text == "C:earlyrest C! S!");
}

TEST_CASE("What a snap length cut off is a gap at once") {
  Conversation talk;
  talk.handshake().client("abcdefgh").server("x").client("ijk");
  talk.segments[3].payload = talk.segments[3].payload.first(3);
  talk.segments[3].payload_missing = 5;
  CHECK(reassemble(talk.segments).text == "C:abc<5> S:x C:ijk C! S!");
}

TEST_CASE("Hostile sequence numbers cost a bounded amount and break nothing") {
  std::mt19937 engine(1);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  for (int round = 0; round < 200; ++round) {
    Conversation talk = three_exchanges(random(), random());
    for (int i = 0; i < 20; ++i) {
      SegmentView& victim = talk.segments[random() % talk.segments.size()];
      switch (random() % 5) {
        case 0:
          victim.sequence = random();
          break;
        case 1:
          victim.acknowledgement = random();
          break;
        case 2:
          victim.flags = static_cast<std::uint8_t>(random());
          break;
        case 3:
          victim.sequence += random() % 20;
          break;
        default:
          std::swap(victim, talk.segments[random() % talk.segments.size()]);
      }
    }
    INFO("round " << round);
    const std::string text = reassemble(talk.segments).text;
    CHECK(text.find("WRONG") == std::string::npos);
    CHECK(text.find("LEFT") == std::string::npos);
  }
}
