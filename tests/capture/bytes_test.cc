#include "capture/bytes.h"

#include <catch2/catch.hpp>

namespace leaktap {
namespace {

TEST_CASE("ByteReader reads big-endian fields in order") {
  const std::uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  ByteReader in{bytes};
  CHECK(in.u8() == 0x01);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u32() == 0x04050607);
  CHECK(in.u64() == 0x08090a0b0c0d0e0f);
  in.skip(1);
  CHECK(in.left() == 2);
  CHECK(in.take(2)[1] == 18);
  CHECK(in.ok());
}

TEST_CASE("ByteReader that was read too far is empty and yields zeros") {
  const std::uint8_t bytes[] = {0xff, 0xff, 0xff};
  ByteReader in{bytes};
  CHECK(in.u32() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.u8() == 0);
  CHECK(in.take(1).empty());
  CHECK(in.rest().empty());
}

TEST_CASE("ByteReader refuses to take more than there is, however much that is") {
  const std::uint8_t bytes[] = {1, 2, 3};
  ByteReader in{bytes};
  CHECK(in.take(SIZE_MAX).empty());
  CHECK_FALSE(in.ok());
}

}  // namespace
}  // namespace leaktap
