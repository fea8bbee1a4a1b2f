#include "storage/stored_names.h"

#include <array>
#include <mutex>
#include <set>

namespace leaktap {
namespace {

constexpr std::array<std::string_view, 3> kSensitivities{"secret", "publishable", "identifier"};
constexpr std::array<std::string_view, 3> kOutcomes{"unknown", "accepted", "refused"};

template <typename Enum, typename Names>
std::optional<Enum> find_name(const Names& names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view stored_name(Sensitivity sensitivity) {
  return kSensitivities.at(static_cast<std::size_t>(sensitivity));
}

std::string_view stored_name(Outcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

std::optional<Sensitivity> sensitivity_named(std::string_view name) {
  return find_name<Sensitivity>(kSensitivities, name);
}

std::optional<Outcome> outcome_named(std::string_view name) {
  return find_name<Outcome>(kOutcomes, name);
}

std::optional<CredentialKind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(CredentialKind::kCount); ++i) {
    const auto kind = static_cast<CredentialKind>(i);
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string_view lasting(std::string_view text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> texts;
  const std::lock_guard lock(mutex);
  const auto known = texts.find(text);
  return known != texts.end() ? *known : *texts.emplace(text).first;
}

}  // namespace leaktap
