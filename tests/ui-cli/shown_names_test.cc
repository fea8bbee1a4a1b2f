#include "ui-cli/shown_names.h"

#include <catch2/catch.hpp>
#include <string>

namespace leaktap {

TEST_CASE("What could be a credential is not repeated") {
  const std::string aws = "AKIA" + std::string(15, 'Q') + "7";
  const std::string opaque = "sk" + std::string(10, 'x') + std::string(10, '7');
  for (const std::string& secret : {aws, opaque, std::string(64, '7')}) {
    INFO(secret);
    CHECK_FALSE(can_show_key(secret));
    CHECK_FALSE(can_show_variable(secret));
    CHECK_FALSE(can_show_path(secret));
  }
}

TEST_CASE("Ordinary names are repeated") {
  CHECK(can_show_key("subdomain_of"));
  CHECK(can_show_variable("ACME_KEY_2"));
  CHECK(can_show_variable("KEY1"));
  CHECK(can_show_path("/etc/leaktap/key1"));
  CHECK(can_show_path("./key1"));
  CHECK(can_show_path("fingerprint.key"));
}

}  // namespace leaktap
