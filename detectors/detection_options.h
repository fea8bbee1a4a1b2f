// What a person can configure of detection (design.md §5).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "detectors/catalogue.h"
#include "detectors/correlation/tenants.h"

namespace leaktap {

struct DetectionOptions {
  TenantOptions tenants;
  std::map<std::string, std::string> service_names;  // host -> configured name
  std::array<bool, static_cast<std::size_t>(DetectorId::kCount)> enabled = [] {
    std::array<bool, static_cast<std::size_t>(DetectorId::kCount)> all{};
    all.fill(true);
    return all;
  }();
  bool show_principals = false;
  std::size_t credential_table_bytes = 16 * 1024 * 1024;  // a worker
  std::size_t correlation_bytes = 32 * 1024 * 1024;
  std::chrono::nanoseconds correlation_lag = std::chrono::seconds(2);
};

}  // namespace leaktap
