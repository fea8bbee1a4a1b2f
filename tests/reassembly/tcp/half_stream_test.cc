#include "reassembly/tcp/half_stream.h"

#include <catch2/catch.hpp>
#include <string>

using namespace leaktap;

namespace {

std::string held_text(HalfStream& half) {
  std::string text;
  while (half.holds()) {
    const auto node = half.take_front();
    text += std::to_string(node.key()) + "=" + std::string(as_text(node.mapped().bytes)) + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("HalfStream keeps of each byte the version that came first") {
  HalfStream half;
  half.start_at(100, true);
  half.hold(5, as_bytes("FGH"), {});
  half.hold(3, as_bytes("defghijk"), {});
  CHECK(half.held_bytes() == 8 + 3 * 128);
  CHECK(held_text(half) == "3=de 5=FGH 8=ijk ");
  CHECK(half.held_bytes() == 0);
}

TEST_CASE("HalfStream holds nothing twice") {
  HalfStream half;
  half.start_at(100, true);
  CHECK(half.hold(5, as_bytes("abc"), {}) > 0);
  CHECK(half.hold(5, as_bytes("abc"), {}) == 0);
  CHECK(half.hold(6, as_bytes("b"), {}) == 0);
}

TEST_CASE("A SYN that comes late places what was held before it") {
  HalfStream half;
  half.start_at(0xfffffffeU, false);  // the second segment came first
  half.hold(half.next(), as_bytes("def"), {});
  half.start_at(0xfffffffbU, true);
  CHECK(half.base_known());
  CHECK(half.next() == 0);
  CHECK(half.base_sequence() == 0xfffffffbU);
  CHECK(held_text(half) == "3=def ");
}

TEST_CASE("Without a SYN the lowest byte held is the beginning") {
  HalfStream half;
  half.start_at(1000, false);
  half.hold(half.next(), as_bytes("def"), {});
  half.hold(static_cast<std::uint64_t>(half.position_of(997)), as_bytes("abc"), {});
  half.settle();
  CHECK(half.base_sequence() == 997);
  CHECK(held_text(half) == "0=abc 3=def ");
}
