#include "detectors/needle_search.h"

#include <catch2/catch.hpp>
#include <random>

#include "detectors/text_codec.h"

using namespace leaktap;

namespace {

std::string hits_in(std::string_view text, const std::vector<std::string>& values) {
  std::vector<std::vector<EncodedForm>> forms;
  for (const std::string& value : values) forms.push_back(encoded_forms(value));
  NeedleSet needles;
  for (std::size_t i = 0; i < forms.size(); ++i) needles.add(i, forms[i]);
  std::vector<NeedleHit> hits;
  needles.find(text, 100, hits);
  std::string found;
  for (const NeedleHit& hit : hits) {
    found += std::to_string(hit.needle) + ":" + std::string(hit.encoding) + "@" +
             std::to_string(hit.begin) + "-" + std::to_string(hit.end) + " ";
  }
  return found;
}

constexpr auto kValue = "s3cr3t/v&lue+with=odd\"chars";

}  // namespace

TEST_CASE("A value is found in every form that it wears on the wire") {
  auto [name, text, encoding] = GENERATE(table<std::string, std::string, std::string>({
      {"as it is", kValue, "raw"},
      {"percent", percent_encode(kValue), "percent"},
      {"percent in lower case", to_lower(percent_encode(kValue)), "percent"},
      {"JSON", json_escape(kValue), "json"},
      {"HTML", html_escape(kValue), "html"},
      {"base64", base64_encode(kValue), "base64"},
      {"base64 behind one byte", base64_encode("x" + std::string(kValue) + "yz"), "base64"},
      {"base64 behind two bytes", base64_encode("xy" + std::string(kValue) + "z"), "base64"},
      {"hex", hex_encode(kValue), "hex"},
  }));
  INFO(name);
  for (std::size_t shift = 0; shift < 9; ++shift) {
    const std::string block = std::string(shift, '.') + text + "....";
    INFO(block);
    CHECK(hits_in(block, {kValue}).find(":" + encoding + "@") != std::string::npos);
  }
}

TEST_CASE("Hits tell which value, and where") {
  CHECK(hits_in("..token-one-1..token-two-2", {"token-two-2", "token-one-1"}) ==
        "1:raw@2-13 0:raw@15-26 ");
}

TEST_CASE("Case matters where it does in the value") {
  CHECK(hits_in("..TOKEN-ONE-1..", {"token-one-1"}).empty());
}

TEST_CASE("Values of fewer than eight characters are not looked for") {
  CHECK(hits_in("short12 short12", {"short12"}).empty());
  CHECK(hits_in(".short123.", {"short123"}) == "0:raw@1-9 ");
}

TEST_CASE("Every occurrence at every offset is found, and nothing else") {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string value, text;
    const std::size_t length = 8 + random() % 40;
    for (std::size_t i = 0; i < length; ++i) value += static_cast<char>('a' + random() % 3);
    for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + random() % 3);
    for (int i = 0; i < 3; ++i) text.insert(random() % text.size(), value);
    std::size_t expected = 0;
    for (std::size_t at = text.find(value); at != std::string::npos;
         at = text.find(value, at + 1)) {
      ++expected;
    }
    const std::string found = hits_in(text, {value});
    std::size_t raw = 0;
    for (std::size_t at = found.find(":raw@"); at != std::string::npos;
         at = found.find(":raw@", at + 1)) {
      ++raw;
    }
    INFO(value << " in " << text);
    CHECK(raw == expected);
  }
}
