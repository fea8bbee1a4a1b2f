#include "sensor/sensor.h"

#include <catch2/catch.hpp>
#include <string>

#include "sensor/correlation.h"

using namespace leaktap;

namespace {

// Batches made in memory.
class MemorySource : public PacketSource {
 public:
  explicit MemorySource(std::size_t batches) : left_(batches), captures_(1) {
    captures_.front().path = "-";
  }
  Result<bool> next(PacketBatch& batch) override {
    batch.packets.clear();
    if (left_ == 0) return false;
    --left_;
    batch.storage.assign(64, 0);
    for (int i = 0; i < 10; ++i) {
      PacketView packet;
      packet.seen = from_nanoseconds(++ordinal_ * 1'000'000);
      packet.bytes = batch.storage;
      packet.length_on_wire = 64;
      packet.link_type = 1;
      packet.ref = {0, static_cast<std::uint64_t>(ordinal_)};
      batch.packets.push_back(packet);
    }
    captures_.front().packets += 10;
    return true;
  }
  const std::vector<CaptureInfo>& captures() const override { return captures_; }

 private:
  std::size_t left_;
  std::int64_t ordinal_ = 0;
  std::vector<CaptureInfo> captures_;
};

}  // namespace

TEST_CASE("Every packet has a fate, with any number of workers") {
  for (const unsigned threads : {1U, 2U, 4U}) {
    MemorySource source(7);
    SensorOptions options;
    options.threads = threads;
    const std::atomic<bool> stop = false;
    const auto outcome = run_sensor(source, options, {}, stop);
    REQUIRE(outcome);
    CHECK(outcome->coverage.packets.packets == 70);
    CHECK(outcome->coverage.packets.of(PacketFate::NotIp) == 70);
    CHECK(outcome->incidents.empty());
    CHECK(outcome->captures.front().content_id.substr(0, 4) == "run-");
  }
}

TEST_CASE("A wrong filter is an error before any packet is read") {
  MemorySource source(1);
  SensorOptions options;
  options.filter = "tcp port";
  const std::atomic<bool> stop = false;
  CHECK_FALSE(run_sensor(source, options, {}, stop));
  CHECK(source.captures().front().packets == 0);
}

TEST_CASE("A run that is stopped judges what was read") {
  MemorySource source(1000000);
  SensorOptions options;
  options.threads = 2;
  std::atomic<bool> stop = false;
  SensorHooks hooks;
  hooks.progress = [&](const Progress&) { stop = true; };
  const auto outcome = run_sensor(source, options, hooks, stop);
  REQUIRE(outcome);
  CHECK(outcome->coverage.packets.packets < 10000000);
}
