#include "detectors/outcome.h"

#include <array>

#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

bool leads_to_login(std::string_view location) {
  constexpr std::array<std::string_view, 8> kWords{"login",  "signin", "sign-in", "sign_in",
                                                   "/auth/", "sso",    "error",   "denied"};
  const std::string path = to_lower(path_of(location));
  for (const std::string_view word : kWords) {
    if (path.find(word) != std::string::npos) return true;
  }
  return false;
}

bool from_cache(const HttpMessage& response) {
  const auto age = response.field("age");
  if (age && !age->empty() && *age != "0") return true;
  const auto cache = response.field("x-cache");
  return cache && to_lower(*cache).find("hit") != std::string::npos;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Accepted:
      return "accepted";
    case Outcome::Refused:
      return "refused";
    case Outcome::Unknown:
      break;
  }
  return "unknown";
}

Outcome outcome_of(const HttpExchange& exchange) {
  if (!exchange.has_response) return Outcome::Unknown;
  const HttpMessage& response = exchange.response;
  const int status = response.status;
  if (status == 401 || status == 403 || status == 404) return Outcome::Refused;
  if (status >= 200 && status < 300)
    return from_cache(response) ? Outcome::Unknown : Outcome::Accepted;
  if (status >= 300 && status < 400 && status != 304) {
    const auto location = response.field("location");
    return location && leads_to_login(*location) ? Outcome::Refused : Outcome::Accepted;
  }
  return Outcome::Unknown;
}

}  // namespace leaktap
