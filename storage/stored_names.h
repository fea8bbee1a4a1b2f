// How enumerators are spelled in the database. Those that have a name elsewhere keep it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "detectors/credential.h"
#include "detectors/finding.h"

namespace leaktap {

std::string_view stored_name(Sensitivity sensitivity);
std::string_view stored_name(Outcome outcome);
// Nothing for a name that only a newer leaktap knows.
std::optional<Sensitivity> sensitivity_named(std::string_view name);
std::optional<Outcome> outcome_named(std::string_view name);
std::optional<CredentialKind> kind_named(std::string_view name);

// The same text, valid for as long as the process lives, as CredentialSummary::provider must be.
// Providers are few: each is kept once.
std::string_view lasting(std::string_view text);

}  // namespace leaktap
