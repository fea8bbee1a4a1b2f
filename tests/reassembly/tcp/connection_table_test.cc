#include "reassembly/tcp/connection_table.h"

#include <catch2/catch.hpp>

#include "tests/reassembly/tcp/conversation.h"

using namespace leaktap;
using namespace leaktap::test;

TEST_CASE("Many connections are told apart, and all of them end") {
  Transcript transcript;
  ReassemblyStats stats;
  ConnectionTable table({}, transcript, stats, 7);
  std::deque<Conversation> talks;
  for (std::uint16_t port = 1; port <= 5000; ++port) {
    talks.emplace_back(1000, 5000, static_cast<std::uint16_t>(port + 2000));
    talks.back().handshake().client("a").server("b");
  }
  for (std::size_t step = 0; step < talks.front().segments.size(); ++step) {
    for (const Conversation& talk : talks) table.add(talk.segments[step]);
  }
  CHECK(table.size() == 5000);
  table.finish();
  CHECK(table.size() == 0);
  CHECK(table.held_bytes() == 0);
  CHECK(stats.flows == 5000);
  CHECK(stats.tcp_gaps == 0);
}

TEST_CASE("Past the memory limit the oldest idle connection goes, and is counted") {
  TcpLimits limits;
  limits.total_bytes = 100 * 1024;
  Transcript transcript;
  ReassemblyStats stats;
  ConnectionTable table(limits, transcript, stats, 7);
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    Conversation talk(1000, 5000, static_cast<std::uint16_t>(port + 2000));
    talk.handshake().client("a");
    for (const SegmentView& segment : talk.segments) table.add(segment);
    CHECK(table.held_bytes() <= limits.total_bytes);
  }
  CHECK(stats.evicted_flows > 700);
}

TEST_CASE("Connections are found after others were removed") {
  Transcript transcript;
  ReassemblyStats stats;
  TcpLimits limits;
  limits.closed_linger = std::chrono::seconds(0);
  ConnectionTable table(limits, transcript, stats, 7);
  for (std::uint16_t round = 0; round < 20; ++round) {
    for (std::uint16_t port = 0; port < 500; ++port) {
      Conversation talk(1000U + round * 100000U, 5000U + round * 100000U,
                        static_cast<std::uint16_t>(port + 2000));
      talk.wait(std::chrono::seconds(100 * round)).handshake().client("a").server("b");
      if ((port + round) % 3 != 0) talk.client_fin().server_fin();
      for (const SegmentView& segment : talk.segments) table.add(segment);
    }
  }
  table.finish();
  CHECK(stats.flows == 10000);
  CHECK(stats.tcp_gaps == 0);
}
