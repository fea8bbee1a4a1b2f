#include "detectors/rule_matcher.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <vector>

namespace leaktap {
namespace {

RuleMatcher make_matcher() {
  auto database = RuleDatabase::compile();
  REQUIRE(database);
  return RuleMatcher(*database);
}

RuleMatcher& matcher() {
  static RuleMatcher instance = make_matcher();
  return instance;
}

std::string random_text(std::mt19937& random, std::size_t size, std::string_view alphabet) {
  std::string text;
  while (text.size() < size) text += alphabet[random() % alphabet.size()];
  return text;
}
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// {"alg":"none"}.{"sub":"u"}. with room for a signature.
std::string jwt(std::string_view signature) {
  return "eyJhbGciOiJub25lIn0" + std::string(".") + "eyJzdWIiOiJ1In0." + std::string(signature);
}

std::string text_of(const std::vector<RuleMatch>& matches, std::size_t base = 0) {
  std::string text;
  for (const RuleMatch& match : matches) {
    text += std::string(match.rule->id) + "@" + std::to_string(base + match.begin) + "-" +
            std::to_string(base + match.end) + " ";
  }
  return text;
}

std::string found_in(std::string_view block) {
  std::vector<RuleMatch> matches;
  matcher().scan(block, true, matches);
  return text_of(matches);
}

// As a body is scanned that comes in blocks: each begins where the one before left something open.
std::string found_in_blocks(std::string_view text, std::size_t block_size) {
  std::string found;
  std::vector<RuleMatch> matches;
  std::size_t begin = 0;
  std::size_t end = 0;
  while (true) {
    end = std::min(text.size(), end + block_size);
    const bool last = end == text.size();
    matcher().scan(text.substr(begin, end - begin), last, matches);
    found += text_of(matches, begin);
    if (last) return found;
    REQUIRE(matcher().open_from() <= end - begin);
    begin += std::max(matcher().open_from(),
                      end - begin - std::min(end - begin, RuleMatcher::kLookBack));
  }
}

// Text with values of several formats between words and near misses.
std::string mixed_text(unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < 60; ++i) {
    switch (random() % 9) {
      case 0:
        text += "\"key\":\"glpat-" + random_text(random, 20, kBase62) + "\",";
        break;
      case 1:
        text += "?k=SK" + random_text(random, 32, kHex) + "&";
        break;
      case 2:
        text += "Bearer " + jwt(random_text(random, 43, kBase62)) + "\r\n";
        break;
      case 3:
        text += "xglpat-" + random_text(random, 20, kBase62) + " ";
        break;
      case 4:
        text += " sk_live_" + random_text(random, 20 + random() % 90, kBase62) + " ";
        break;
      case 5:
        text += "%22xoxb-12345678901-123456789012-" + random_text(random, 24, kBase62) + "%22";
        break;
      case 6:
        text += " eyJhbGciOiJub25lIn0.not.one ";
        break;
      case 7:
        text += random_text(random, random() % 300, kBase62);
        break;
      default:
        text += " words and more words, " + std::to_string(random()) + "; ";
        break;
    }
  }
  return text;
}

TEST_CASE("Values are found wherever blocks are cut") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const std::string text = mixed_text(seed);
    const std::string whole = found_in(text);
    CHECK_FALSE(whole.empty());
    for (const std::size_t size : {1U, 7U, 50U, 64U, 333U, 1000U}) {
      INFO("seed " << seed << ", blocks of " << size);
      CHECK(found_in_blocks(text, size) == whole);
    }
  }
}

TEST_CASE("A value that touches the end of a block waits for the next one") {
  std::mt19937 random(1);
  const std::string text = "k=glpat-" + random_text(random, 20, kBase62);
  std::vector<RuleMatch> matches;
  matcher().scan(text, false, matches);
  CHECK(matches.empty());
  CHECK(matcher().open_from() == 2);
  matcher().scan(text + "&", false, matches);
  CHECK(text_of(matches) == "gitlab-pat@2-28 ");
  CHECK(matcher().open_from() == 28);
  matcher().scan(text, true, matches);
  CHECK(text_of(matches) == "gitlab-pat@2-28 ");
  CHECK(matcher().open_from() == text.size());
}

TEST_CASE("Longer formats win over what they contain") {
  std::mt19937 random(2);
  const std::string team = "T" + random_text(random, 9, "0123456789ABCDEF");
  const std::string path =
      "/services/" + team + "/B" + team.substr(1) + "/" + random_text(random, 24, kBase62);
  CHECK(found_in("\"https://hooks.slack.com" + path + "\"").starts_with("slack-webhook@1-"));
  CHECK(found_in("POST " + path + " HTTP/1.1").starts_with("slack-webhook-path@5-"));
}

TEST_CASE("A token at the end of a sentence ends before the full stop") {
  const std::string token = jwt("c2ln");
  CHECK(found_in(token + ". Next.") == "jwt@0-" + std::to_string(token.size()) + " ");
  CHECK(found_in("a." + token).starts_with("jwt@2-"));
  CHECK(found_in(token + ".txt") == "jwt@0-" + std::to_string(token.size()) + " ");
}

TEST_CASE("A private key may have escaped line ends") {
  std::mt19937 random(3);
  std::string key = "-----BEGIN EC PRIVATE KEY-----";
  for (int line = 0; line < 4; ++line) key += "\\n" + random_text(random, 64, kBase62);
  key += "\\n-----END EC PRIVATE KEY-----";
  CHECK(found_in("\"" + key + "\\n\"") == "pem-private@1-" + std::to_string(key.size() + 1) + " ");
  CHECK(found_in(key.substr(0, key.size() - 3)).empty());
  CHECK(found_in_blocks(" " + key + " x", 100) ==
        "pem-private@1-" + std::to_string(key.size() + 1) + " ");
}

TEST_CASE("judge takes whole values only") {
  std::mt19937 random(4);
  const std::string value = "glpat-" + random_text(random, 20, kBase62);
  REQUIRE(matcher().judge(value) != nullptr);
  CHECK(matcher().judge(value)->id == "gitlab-pat");
  CHECK(matcher().judge(value + "&") == nullptr);
  CHECK(matcher().judge(" " + value) == nullptr);
  CHECK(matcher().judge("") == nullptr);
  CHECK(matcher().judge("g") == nullptr);
  CHECK(matcher().judge(jwt("c2ln"))->id == "jwt");
}

TEST_CASE("Work grows with the block and not faster") {
  const auto* const unit = GENERATE(
      "eyJ", "eyJhbGciOiJub25lIn0.", "%20eyJAAAAAAAAAAA", "-glpat-AAAAAAAAAAAA",
      "-----BEGIN PRIVATE KEY-----", "-----BEGIN A", " SK0123456789", "12345678:AA12",
      "1//0AAAAAAAAAA/", " sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "A", "ya29.AAAAAAAAAAAAAAAA");
  const auto seconds = [&](std::size_t size) {
    std::string text = "eyJ";
    while (text.size() < size) text += unit;
    std::vector<RuleMatch> matches;
    const std::clock_t start = std::clock();
    matcher().scan(text, true, matches);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  INFO(unit);
  // Quadratic work would take minutes here; the margin is for sanitizers and busy machines.
  CHECK(seconds(1U << 20U) < 3.0);
}

TEST_CASE("Mutated values and noise harm nothing") {
  std::mt19937 random(6);
  std::vector<RuleMatch> matches;
  for (int round = 0; round < 3000; ++round) {
    std::string text = mixed_text(static_cast<unsigned>(random() % 50));
    text = text.substr(random() % (text.size() / 2), random() % 600);
    for (unsigned i = 0; i < random() % 8 && !text.empty(); ++i) {
      text[random() % text.size()] = static_cast<char>(random() & 0xffU);
    }
    matcher().scan(text, random() % 2 == 0, matches);
    std::size_t covered = 0;
    for (const RuleMatch& match : matches) {
      CHECK(match.begin >= covered);
      CHECK(match.end > match.begin);
      CHECK(match.end <= text.size());
      CHECK(matcher().judge(std::string_view(text).substr(match.begin, match.end - match.begin)) ==
            match.rule);
      covered = match.end;
    }
    CHECK(matcher().open_from() <= text.size());
  }
}

TEST_CASE("The database compiles before anybody notices", "[.bench]") {
  const std::clock_t start = std::clock();
  REQUIRE(RuleDatabase::compile());
  WARN(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC * 1e3 << " ms");
}

}  // namespace
}  // namespace leaktap
