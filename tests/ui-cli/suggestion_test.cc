#include "ui-cli/suggestion.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

namespace leaktap {

TEST_CASE("The nearest word is the one with the fewest slips, if it is near at all") {
  constexpr std::array<std::string_view, 5> kWords = {"scan", "monitor", "incidents",
                                                      "fingerprint-key", "db"};
  auto [word, expected] = GENERATE(table<std::string, std::string>({
      {"scna", "scan"},
      {"Scan", "scan"},
      {"moniter", "monitor"},
      {"incident", "incidents"},
      {"fingerprint_key", "fingerprint-key"},
      {"bd", "db"},
      {"serve", ""},
      {"", ""},
      {"x", ""},
  }));
  INFO(word);
  CHECK(nearest(word, kWords).value_or("") == expected);
  CHECK_FALSE(nearest(std::string(10'000, 'a'), kWords));
}

}  // namespace leaktap
