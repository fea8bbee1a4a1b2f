#include "capture/capture_file.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/capture/capture_files.h"

namespace leaktap::test {
namespace {

// One line a packet: "frame time link-type data+missing", then how reading ended.
std::string parsed(const std::string& file) {
  CaptureParser parser{0};
  // Of its exact size, so that the sanitizer sees a read behind it.
  const std::vector<std::uint8_t> exact(file.begin(), file.end());
  std::string text;
  for (Bytes rest = exact; !rest.empty();) {
    PacketView packet;
    const CaptureParser::Step step = parser.step(rest, packet);
    if (step.state == ParseState::Malformed) return text + "malformed: " + parser.reason();
    if (step.state == ParseState::NeedMore) {
      REQUIRE(step.need > rest.size());
      REQUIRE(step.need <= 16 + (256U << 20));
      return text + "cut";
    }
    REQUIRE(step.used > 0);
    REQUIRE(step.used <= rest.size());
    if (step.has_packet) {
      REQUIRE(packet.bytes.size() <= step.used);
      REQUIRE(packet.length_on_wire >= packet.bytes.size());
      const auto missing = packet.length_on_wire - packet.bytes.size();
      text += std::to_string(packet.ref.frame) + " " + std::to_string(to_nanoseconds(packet.seen)) +
              " " + std::to_string(packet.link_type) + " " + std::string(as_text(packet.bytes)) +
              (missing > 0 ? "+" + std::to_string(missing) : "") + "\n";
    }
    rest = rest.subspan(step.used);
  }
  return text;
}

const Order kOrders[] = {Order::Little, Order::Big};
const std::string kNoInterface =
    "malformed: a packet of an interface that was not described before it";

TEST_CASE("pcap is read in both byte orders and precisions") {
  for (const Order order : kOrders) {
    const Pcap micro{{order}, 0xa1b2c3d4};
    CHECK(parsed(micro.header() + micro.packet(1, 2, "abc") + micro.packet(3, 4, "", 60)) ==
          "1 1000002000 1 abc\n2 3000004000 1 +60\n");
    const Pcap nano{{order}, 0xa1b23c4d};
    CHECK(parsed(nano.header(101) + nano.packet(4294967295, 999999999, "abc")) ==
          "1 4294967295999999999 101 abc\n");
  }
}

TEST_CASE("pcap: what else a header can say") {
  for (const Order order : kOrders) {
    const Pcap pcap{{order}};
    const Pcap modified{{order}, 0xa1b2cd34};
    const std::string version_3 = pcap.u32(pcap.magic) + pcap.u16(3) + std::string(18, '\0');
    const std::string shorter_on_wire =
        pcap.u32(1) + pcap.u32(0) + pcap.u32(3) + pcap.u32(1) + "abc";
    const std::string huge = pcap.u32(1) + pcap.u32(0) + pcap.u32((256U << 20) + 1) + pcap.u32(1);
    const std::string negative = pcap.u32(1) + pcap.u32(0) + pcap.u32(0xffffffff) + pcap.u32(1);

    CHECK(parsed(pcap.header(0x24000001) + pcap.packet(1, 0, "abc")) == "1 1000000000 1 abc\n");
    CHECK(parsed(pcap.header() + shorter_on_wire) == "1 1000000000 1 abc\n");
    CHECK(parsed(pcap.header() + huge) == "malformed: a packet of more than 256 MiB");
    CHECK(parsed(pcap.header() + negative) == "malformed: a packet of more than 256 MiB");
    CHECK(parsed(version_3) == "malformed: a pcap version other than 2");
    CHECK_THAT(parsed(modified.header()), Catch::Contains("Kuznetzov"));
  }
  CHECK(parsed("GET / HTTP/1.1") == "malformed: not a pcap or pcapng file");
}

TEST_CASE("pcapng is read in both byte orders, each packet by its interface") {
  for (const Order order : kOrders) {
    const Pcapng ng{{order}};
    CHECK(parsed(ng.section() + ng.interface(1) + ng.block(0x0bad, "skipped") +
                 ng.packet(0, 1'000'002, "abc") + ng.interface(101, 0, ng.resolution(9)) +
                 ng.packet(1, 7, "de", 60) + ng.obsolete(0, 8, "f")) ==
          "1 1000002000 1 abc\n2 7 101 de+60\n3 8000 1 f\n");
  }
}

TEST_CASE("pcapng sections of either byte order follow each other and count interfaces anew") {
  const Pcapng little{{Order::Little}}, big{{Order::Big}};
  CHECK(parsed(little.section() + little.interface(1) + little.packet(0, 1, "a") + big.section() +
               big.interface(101) + big.packet(0, 2, "b") + little.section() +
               little.packet(0, 3, "c")) == "1 1000 1 a\n2 2000 101 b\n" + kNoInterface);
}

TEST_CASE("pcapng simple packets have the time before and the first interface's snap length") {
  const Pcapng ng;
  CHECK(parsed(ng.section() + ng.interface(1, 4) + ng.interface(101) + ng.simple("ab", 2) +
               ng.packet(1, 5, "c") + ng.simple("abcd", 9)) ==
        "1 0 1 ab\n2 5000 101 c\n3 5000 1 abcd+5\n");
  CHECK(parsed(ng.section() + ng.interface(1, 0) + ng.simple("abcd", 9)) ==
        "malformed: a packet that is longer than its block");
}

TEST_CASE("pcapng times have any resolution and never overflow") {
  const std::uint64_t most = ~std::uint64_t{0};
  const std::string latest = "4611686018427387903";
  auto [name, resolution, ticks, nanoseconds] =
      GENERATE_COPY(table<std::string, int, std::uint64_t, std::string>({
          {"seconds", 0, 5, "5000000000"},
          {"milliseconds", 3, 5, "5000000"},
          {"nanoseconds", 9, 5, "5"},
          {"picoseconds", 12, 5'999, "5"},
          {"the finest power of ten", 19, 10'000'000'000, "1"},
          {"halves", 0x81, 5, "2500000000"},
          {"2^-32", 0xa0, std::uint64_t{3} << 31, "1500000000"},
          {"2^-63", 0xbf, std::uint64_t{3} << 62, "1500000000"},
          {"seconds beyond time", 0, most, latest},
          {"microseconds beyond time", 6, most, latest},
          {"picoseconds, all of them", 12, most, "18446744073709551"},
          {"2^-1 beyond time", 0x81, most, latest},
      }));
  INFO(name);
  const Pcapng ng;
  CHECK(parsed(ng.section() + ng.interface(1, 0, ng.resolution(resolution)) +
               ng.packet(0, ticks, "")) == "1 " + nanoseconds + " 1 \n");
}

TEST_CASE("pcapng times are shifted by if_tsoffset") {
  auto [offset, nanoseconds] = GENERATE(table<std::int64_t, std::string>({
      {100, "105000000000"},
      {-2, "3000000000"},
      {-6, "0"},  // before 1970
      {INT64_MIN, "0"},
      {INT64_MAX, "4611686018427387903"},
  }));
  for (const Order order : kOrders) {
    const Pcapng ng{{order}};
    const std::string options = ng.option(14, ng.u64(static_cast<std::uint64_t>(offset)));
    CHECK(parsed(ng.section() + ng.interface(1, 0, options) + ng.packet(0, 5'000'000, "")) ==
          "1 " + nanoseconds + " 1 \n");
  }
}

TEST_CASE("pcapng blocks that lie end the file there") {
  const Pcapng ng;
  const std::string start = ng.section() + ng.interface();
  const std::string enhanced = ng.u32(0) + ng.u64(0);
  auto [name, file, reason] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"length 8", start + ng.u32(6) + ng.u32(8), "a block of impossible length"},
      {"length 0", start + ng.u32(6) + ng.u32(0), "a block of impossible length"},
      {"length 33", start + ng.u32(6) + ng.u32(33), "a block of impossible length"},
      {"huge", start + ng.u32(6) + ng.u32(0xfffffffc), "a block of more than 256 MiB"},
      {"other length at the end", start + ng.u32(9) + ng.u32(12) + ng.u32(16),
       "a block whose two lengths differ"},
      {"captured more than the block",
       start + ng.block(6, enhanced + ng.u32(5) + ng.u32(5) + "abcd"),
       "a packet that is longer than its block"},
      {"captured nearly 2^32",
       start + ng.block(6, enhanced + ng.u32(0xffffffff) + ng.u32(5) + "abcd"),
       "a packet that is longer than its block"},
      {"packet block without its fields", start + ng.block(6, enhanced),
       "a packet block that is too short"},
      {"obsolete block without its fields", start + ng.block(2, enhanced),
       "a packet block that is too short"},
      {"simple block without its field", start + ng.block(3, ""),
       "a packet block that is too short"},
      {"interface block without its fields", ng.section() + ng.block(1, "abcd"),
       "an interface block that is too short"},
      {"option behind the block", ng.section() + ng.interface(1, 0, ng.u16(9) + ng.u16(100)),
       "an interface option that is cut"},
      {"resolution too fine", ng.section() + ng.interface(1, 0, ng.resolution(20)),
       "an interface whose time resolution makes no sense"},
      {"binary resolution too fine", ng.section() + ng.interface(1, 0, ng.resolution(0xc0)),
       "an interface whose time resolution makes no sense"},
      {"offset of two bytes", ng.section() + ng.interface(1, 0, ng.option(14, "ab")),
       "an interface whose time offset makes no sense"},
      {"section without byte order", start + ng.block(0x0a0d0d0a, std::string(16, 'x')),
       "a section header without its byte-order magic"},
      {"section of version 2",
       start + ng.block(0x0a0d0d0a, ng.u32(0x1a2b3c4d) + ng.u16(2) + std::string(10, '\0')),
       "a pcapng version other than 1"},
  }));
  INFO(name);
  CHECK(parsed(file) == "malformed: " + reason);
}

TEST_CASE("pcapng packets need an interface") {
  const Pcapng ng;
  CHECK(parsed(ng.section() + ng.packet(0, 1, "")) == kNoInterface);
  CHECK(parsed(ng.section() + ng.simple("", 0)) == kNoInterface);
  CHECK(parsed(ng.section() + ng.interface() + ng.packet(1, 1, "")) == kNoInterface);
  CHECK(parsed(ng.section() + ng.interface() + ng.obsolete(1, 1, "")) == kNoInterface);
}

TEST_CASE("pcapng sections have at most 65536 interfaces") {
  const Pcapng ng;
  std::string file = ng.section();
  for (int i = 0; i < 65536; ++i) file += ng.interface();
  CHECK(parsed(file + ng.packet(65535, 1, "a")) == "1 1000 1 a\n");
  CHECK(parsed(file + ng.interface()) == "malformed: more than 65536 interfaces");
}

std::vector<std::string> samples() {
  std::vector<std::string> files;
  for (const Order order : kOrders) {
    const Pcap pcap{{order}};
    const Pcapng ng{{order}};
    files.push_back(pcap.header() + pcap.packet(1, 2, "abc") + pcap.packet(3, 4, "defgh"));
    files.push_back(ng.section() + ng.interface(1, 9, ng.resolution(9)) + ng.packet(0, 7, "abc") +
                    ng.block(5, "statistics") + ng.simple("de", 2) + ng.obsolete(0, 9, "f"));
  }
  return files;
}

TEST_CASE("a file cut anywhere gives the packets before the cut") {
  for (const std::string& file : samples()) {
    const std::string whole = parsed(file);
    for (std::size_t length = 0; length < file.size(); ++length) {
      std::string text = parsed(file.substr(0, length));
      INFO(length << " of " << file.size());
      if (text.ends_with("cut")) text.resize(text.size() - 3);
      CHECK(whole.starts_with(text));
    }
  }
}

TEST_CASE("CaptureParser survives random changes") {
  std::mt19937 random{1};
  const std::vector<std::string> files = samples();
  for (int round = 0; round < 40000; ++round) {
    std::string file = files[random() % files.size()];
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      constexpr char kTelling[] = {0, 1, 4, 12, 0x7f, '\x80', '\xff'};
      const char value =
          random() % 2 == 0 ? kTelling[random() % sizeof kTelling] : static_cast<char>(random());
      file[random() % file.size()] = value;
    }
    (void)parsed(file);  // requires that what it sees is within bounds
  }
}

}  // namespace
}  // namespace leaktap::test
