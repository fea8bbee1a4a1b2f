#include "ui-cli/exit_code.h"

#include <catch2/catch.hpp>
#include <vector>

namespace leaktap {

TEST_CASE("Of two reasons to exit, wrong usage wins over incidents, they over what was not read") {
  // From the strongest to the weakest.
  const std::vector<ExitCode> order = {ExitCode::Usage, ExitCode::Incidents, ExitCode::Incomplete,
                                       ExitCode::Ok};
  for (std::size_t strong = 0; strong < order.size(); ++strong) {
    for (std::size_t weak = strong; weak < order.size(); ++weak) {
      CHECK(stronger(order[strong], order[weak]) == order[strong]);
      CHECK(stronger(order[weak], order[strong]) == order[strong]);
    }
  }
}

TEST_CASE("Exit codes are those of the documentation") {
  CHECK(static_cast<int>(ExitCode::Ok) == 0);
  CHECK(static_cast<int>(ExitCode::Incidents) == 1);
  CHECK(static_cast<int>(ExitCode::Usage) == 2);
  CHECK(static_cast<int>(ExitCode::Incomplete) == 3);
}

}  // namespace leaktap
