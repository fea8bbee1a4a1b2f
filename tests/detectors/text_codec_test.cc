#include "detectors/text_codec.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace leaktap {
namespace {

std::string noise(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xffU);
  return text;
}

TEST_CASE("percent_decode takes good escapes and leaves bad ones") {
  auto [encoded, decoded] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"plain", "plain"},
      {"a%20b", "a b"},
      {"%41%42%43", "ABC"},
      {"%4a%4A", "JJ"},
      {"100%", "100%"},
      {"%4", "%4"},
      {"%zz%41", "%zzA"},
      {"%%41", "%A"},
      {"%2541", "%41"},
      {"a+b", "a+b"},
  }));
  CHECK(percent_decode(encoded, false) == decoded);
  CHECK(needs_percent_decode(encoded, false) == (encoded != decoded));
}

TEST_CASE("A plus is a space in forms only") {
  CHECK(percent_decode("a+b%2B", true) == "a b+");
  CHECK(needs_percent_decode("a+b", true));
  CHECK_FALSE(needs_percent_decode("a+b", false));
}

TEST_CASE("percent_encode keeps the unreserved characters") {
  CHECK(percent_encode("aZ9-._~") == "aZ9-._~");
  CHECK(percent_encode("a b/c+%") == "a%20b%2Fc%2B%25");
}

TEST_CASE("base64_decode reads both alphabets, with and without padding") {
  auto [encoded, decoded] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"Zg==", "f"},
      {"Zg", "f"},
      {"Zm8=", "fo"},
      {"Zm9v", "foo"},
      {"Zm9vYg", "foob"},
      {"+/+/", "\xfb\xff\xbf"},
      {"-_-_", "\xfb\xff\xbf"},
  }));
  CHECK(base64_decode(encoded) == decoded);
}

TEST_CASE("base64_decode refuses what is neither") {
  const auto* const text = GENERATE("Z", "Zg=", "Zg===", "Zm9v=", "=", "====", "Zm 9", "Zm9v\n",
                                    "+_+_", "Zg==Zg==", "Zm9\xc3");
  CHECK_FALSE(base64_decode(text).has_value());
}

TEST_CASE("The escapes of JSON and HTML") {
  CHECK(json_escape("a\"b\\c\n\t\x01\x1f") == R"(a\"b\\c\n\t\u0001\u001f)");
  CHECK(json_escape("ü/'") == "ü/'");
  CHECK(html_escape("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST_CASE("Lower case is a matter of ASCII") {
  CHECK(to_lower("X-API-Key Ü") == "x-api-key Ü");
  CHECK(equals_ignoring_case("Bearer", "bEARER"));
  CHECK_FALSE(equals_ignoring_case("Bearer", "Bearer "));
  CHECK_FALSE(equals_ignoring_case("[", "{"));
}

TEST_CASE("hex_encode writes two lower-case digits a byte") {
  CHECK(hex_encode(std::string_view("\x00\xab\x7f", 3)) == "00ab7f");
}

TEST_CASE("What was encoded decodes to itself, and noise harms nothing") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::string bytes = noise(random, random() % 80);
    CHECK(percent_decode(percent_encode(bytes), true) == bytes);
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
    CHECK(percent_decode(bytes, true).size() <= bytes.size());
    if (const auto decoded = base64_decode(bytes)) CHECK(decoded->size() <= bytes.size());
    CHECK(json_escape(bytes).size() >= bytes.size());
    CHECK(html_escape(bytes).size() >= bytes.size());
  }
}

}  // namespace
}  // namespace leaktap
