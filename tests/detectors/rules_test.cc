#include "detectors/rules.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "detectors/rule_matcher.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";

// Fills templates in: "ghp_{b62:30}{crc62}".
class Filler {
 public:
  explicit Filler(unsigned seed) : random_(seed) {}

  std::string fill(std::string_view text, std::string_view prefix) {
    std::string out;
    while (!text.empty()) {
      if (text[0] != '{') {
        out += text[0];
        text.remove_prefix(1);
        continue;
      }
      const std::size_t close = text.find('}');
      const std::string_view word = text.substr(1, close - 1);
      const std::size_t colon = word.find(':');
      const std::string_view argument =
          colon == std::string_view::npos ? std::string_view() : word.substr(colon + 1);
      out += piece(word.substr(0, colon), argument, out, prefix);
      text.remove_prefix(close + 1);
    }
    return out;
  }

 private:
  std::string piece(std::string_view name, std::string_view argument, std::string_view before,
                    std::string_view prefix) {
    if (name == "crc62") return digits(crc32(before.substr(prefix.size())), 6, kBase62);
    if (name == "crc36") {
      // The checksum is of the two characters before it, too.
      return digits(crc32(before), 7, kBase36);
    }
    if (name == "aws") return "Q" + random_text(15, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    if (name == "jwt") return jwt(argument == "none");
    if (name == "flask")
      return url_safe(R"({"user_id":1})") + ".Z1xYzA." + random_text(27, kBase62);
    if (name == "pem") return pem(argument);
    const std::size_t size = std::stoul(std::string(argument));
    if (name == "b62") return random_text(size, kBase62);
    if (name == "b36") return random_text(size, kBase36);
    if (name == "b64") return random_text(size, std::string(kBase62) + "+/");
    if (name == "b64u") return random_text(size, std::string(kBase62) + "-_");
    if (name == "hex") return random_text(size, "0123456789abcdef");
    if (name == "digits") return random_text(size, "123456789");
    if (name == "alpha") return random_text(size, kBase62.substr(10));
    if (name == "upper32") return random_text(size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    if (name == "upper36") return random_text(size, kBase62.substr(0, 36));
    FAIL("unknown piece of a template: " << name);
    return {};
  }

  std::string random_text(std::size_t size, std::string_view alphabet) {
    std::string text;
    while (text.size() < size) text += alphabet[random_() % alphabet.size()];
    return text;
  }

  static std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : bytes) {
      crc ^= static_cast<std::uint8_t>(c);
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
  }

  static std::string digits(std::uint32_t number, std::size_t size, std::string_view alphabet) {
    std::string text(size, '0');
    for (std::size_t i = size; i-- > 0; number /= static_cast<std::uint32_t>(alphabet.size())) {
      text[i] = alphabet[number % alphabet.size()];
    }
    return text;
  }

  static std::string url_safe(std::string_view bytes) {
    std::string text = base64_encode(bytes);
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
  }

  std::string jwt(bool unsigned_token) {
    const std::string header =
        unsigned_token ? R"({"typ":"JWT","alg":"none"})"
                       : R"({"alg":"RS256","kid":")" + random_text(8, kBase62) + R"("})";
    return url_safe(header) + "." + url_safe(R"({"sub":")" + random_text(10, kBase62) + R"("})") +
           "." + (unsigned_token ? "" : random_text(86, kBase62));
  }

  std::string pem(std::string_view label) {
    std::string text = "-----BEGIN " + std::string(label) + "-----\n";
    for (int line = 0; line < 12; ++line)
      text += random_text(64, std::string(kBase62) + "+/") + "\n";
    return text + random_text(30, kBase62) + "==\n-----END " + std::string(label) + "-----";
  }

  std::mt19937 random_;
};

RuleMatcher& matcher() {
  static RuleMatcher instance = [] {
    auto database = RuleDatabase::compile();
    REQUIRE(database);
    return RuleMatcher(*database);
  }();
  return instance;
}

std::string found_in(std::string_view text) {
  std::vector<RuleMatch> matches;
  matcher().scan(text, true, matches);
  std::string out;
  for (const RuleMatch& match : matches) {
    out += std::string(match.rule->id) + "@" + std::to_string(match.begin) + "-" +
           std::to_string(match.end) + " ";
  }
  return out;
}

bool in_class(char c, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 2 < text.size() && text[i + 1] == '-') {
      if (c >= text[i] && c <= text[i + 2]) return true;
      i += 2;
    } else if (c == text[i]) {
      return true;
    }
  }
  return false;
}

struct Context {
  const char *before, *after;
};
constexpr Context kContexts[] = {
    {"", ""},
    {"?api_key=", "&page=2"},
    {"GET /v1/x?page=2&k=", " HTTP/1.1\r\n"},
    {"{\"k\":\"", "\",\"x\":1}"},
    {"{\"k\":\"{\\\"a\\\":\\\"", "\\\"}\"}"},
    {"Authorization: Bearer ", "\r\nHost: x\r\n"},
    {"X-Key: ", "\r\n"},
    {"Cookie: a=b; k=", "; c=d"},
    {"<k>", "</k>"},
    {"<a href='", "'>"},
    {"%22", "%22"},
    {"%253D", "%26"},
    {"a\\n", "\\n"},
    {"\\u0022", "\\u0022"},
    {"(", ")"},
    {"[", ","},
    {"a|", "|b"},
    {"`", "`"},
    {"/", "/x"},
    {"k:", "\n"},
    {"user:", "@host"},
    {"\xff", "\xff"},
    {"\t", ". And so on"},
};

TEST_CASE("Every rule finds its hits wherever they stand, exactly") {
  for (const Rule& rule : rules()) {
    for (unsigned seed = 0; seed < 5; ++seed) {
      for (const std::string_view hit : rule.hits) {
        if (hit.empty()) continue;
        std::string value = Filler(seed).fill(hit, rule.prefix);
        INFO(rule.id << " " << value.size() << " seed " << seed);
        REQUIRE(matcher().judge(value) == &rule);
        CHECK(value.size() >= rule.min_length);
        CHECK(value.size() <= rule.max_length);
        CHECK(value.starts_with(rule.prefix));
        for (const Context& context : kContexts) {
          const std::string before = context.before;
          const std::string after = context.after;
          // A border that belongs to the value's own alphabet is none.
          if (before.size() == 1 && in_class(before[0], rule.alphabet)) continue;
          if (!after.empty() && in_class(after[0], rule.alphabet)) continue;
          INFO("between " << before << " and " << after);
          CHECK(found_in(before + value + after) ==
                std::string(rule.id) + "@" + std::to_string(before.size()) + "-" +
                    std::to_string(before.size() + value.size()) + " ");
        }
      }
    }
  }
}

TEST_CASE("No rule finds its misses") {
  for (const Rule& rule : rules()) {
    for (unsigned seed = 0; seed < 5; ++seed) {
      for (const std::string_view miss : rule.misses) {
        if (miss.empty()) continue;
        const std::string value = Filler(seed).fill(miss, rule.prefix);
        INFO(rule.id << ": " << miss);
        CHECK(matcher().judge(value) != &rule);
        CHECK(found_in("{\"k\":\"" + value + "\"}").find(std::string(rule.id) + "@") ==
              std::string::npos);
      }
    }
  }
}

TEST_CASE("A value inside a longer word is none") {
  for (const Rule& rule : rules()) {
    if (rule.prefix.empty() || rule.check == Check::PemPrivateKey) continue;
    const std::string value = Filler(9).fill(rule.hits[0], rule.prefix);
    INFO(rule.id);
    CHECK(found_in("x" + value).empty());
    CHECK(found_in("_" + value).empty());
    if (rule.min_length == rule.max_length) CHECK(found_in(value + value).empty());
  }
}

TEST_CASE("Every row is complete") {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) {
    INFO(rule.id);
    CHECK(ids.insert(rule.id).second);
    CHECK_FALSE(rule.hits[0].empty());
    CHECK_FALSE(rule.misses[0].empty());
    CHECK_FALSE(rule.alphabet.empty());
    CHECK(rule.min_length <= rule.max_length);
    CHECK(rule.max_length + 256 < RuleMatcher::kLookBack);
  }
  CHECK(ids.size() >= 35);
}

}  // namespace
}  // namespace leaktap
