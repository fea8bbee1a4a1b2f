#include "detectors/body_scanner.h"

#include <catch2/catch.hpp>
#include <random>

using namespace leaktap;

namespace {

// Blocks as "begin-end" with "!" for the last, for a body that arrives in pieces of `piece` bytes.
std::string blocks_of(std::size_t size, std::size_t piece, std::size_t again, std::size_t kept) {
  const std::string body(size, 'x');
  BodyScanner scanner;
  std::string blocks;
  const BodyScanner::Scan scan = [&](std::string_view block, std::uint64_t begin, bool last) {
    blocks +=
        std::to_string(begin) + "-" + std::to_string(begin + block.size()) + (last ? "! " : " ");
    return again;
  };
  for (std::size_t at = 0; at < size; at += piece) {
    const std::size_t end = std::min(size, at + piece);
    scanner.add(at, as_bytes(std::string_view(body).substr(at, end - at)),
                std::string_view(body).substr(0, std::min(end, kept)), scan);
  }
  scanner.finish(std::string_view(body).substr(0, kept), scan);
  return blocks;
}

}  // namespace

TEST_CASE("A small body is one block, whatever its pieces") {
  for (const std::size_t piece : {1U, 7U, 1000U, 65536U}) {
    CHECK(blocks_of(1000, piece, 10, 1 << 20) == "0-1000! ");
    CHECK(blocks_of(65536, piece, 10, 1 << 20) == "0-65536! ");
  }
}

TEST_CASE("Blocks end at the same places whatever the pieces were") {
  for (const std::size_t piece : {1U, 7U, 1460U, 65536U, 200000U}) {
    INFO(piece);
    CHECK(blocks_of(150000, piece, 100, 1 << 20) == "0-65536 65436-131072 130972-150000! ");
    CHECK(blocks_of(150000, piece, 100, 1000) == "0-65536 65436-131072 130972-150000! ");
  }
}

TEST_CASE("Nothing goes over a hole") {
  BodyScanner scanner;
  std::string blocks;
  const BodyScanner::Scan scan = [&](std::string_view block, std::uint64_t begin, bool) {
    blocks += std::to_string(begin) + ":" + std::string(block) + " ";
    return std::size_t{2};
  };
  scanner.add(0, as_bytes("abc"), "abc", scan);
  scanner.add(10, as_bytes("def"), "abcdef", scan);
  scanner.add(13, as_bytes("g"), "abcdefg", scan);
  scanner.finish("abcdefg", scan);
  CHECK(blocks == "0:abc 10:defg ");
}
