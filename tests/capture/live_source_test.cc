#include "capture/live_source.h"

#include <unistd.h>

#include <catch2/catch.hpp>

namespace leaktap {
namespace {

TEST_CASE("open_interface says what is wrong and what there is instead") {
  const auto source = open_interface({.interface = "no-such-if0", .filter = ""});
  REQUIRE_FALSE(source);
  CHECK_THAT(source.error().message, Catch::StartsWith("cannot open no-such-if0: "));
  // Without the right to look, some systems say only that.
  if (geteuid() == 0) {
    CHECK_THAT(source.error().message, Catch::Contains("no such interface"));
  }
}

// Hidden, as it needs rights and a network: run it as root with capture_test "[.live]".
TEST_CASE("an idle interface yields empty batches, a bad filter an error", "[.live]") {
  for (const std::string interface : {"lo", "any"}) {
    // Nothing has this port, so nothing comes.
    auto source = open_interface({.interface = interface, .filter = "udp port 9 and udp port 7"});
    REQUIRE(source);
    PacketBatch batch;
    const auto more = (*source)->next(batch);
    REQUIRE(more);
    CHECK(*more);
    CHECK(batch.packets.empty());
    CHECK((*source)->captures().front().path == interface);
  }
  const auto source = open_interface({.interface = "lo", .filter = "tcp prot 80"});
  REQUIRE_FALSE(source);
  CHECK_THAT(source.error().message, Catch::StartsWith("cannot use filter \"tcp prot 80\": "));
}

}  // namespace
}  // namespace leaktap
