#include "detectors/correlation/tenant_names.h"

#include <algorithm>
#include <array>

#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::size_t kLongestTenant = 128;

constexpr std::string_view kNoTenants[] = {
    "-",      "*",        "admin",  "all",    "any",      "anonymous", "api",     "app",
    "auth",   "callback", "config", "count",  "create",   "current",   "default", "docs",
    "export", "false",    "health", "invite", "latest",   "list",      "login",   "logout",
    "me",     "metrics",  "mine",   "new",    "none",     "null",      "oauth",   "password",
    "public", "register", "search", "self",   "settings", "signin",    "signup",  "static",
    "status", "switch",   "system", "token",  "true",     "undefined", "unknown", "user",
    "users",  "validate", "verify", "www",
};

struct NounFamily {
  std::string_view noun;
  TenantFamily family;
};
constexpr NounFamily kFamilies[] = {
    {"tenant", TenantFamily::Tenant},    {"tid", TenantFamily::Tenant},
    {"realm", TenantFamily::Tenant},     {"org", TenantFamily::Org},
    {"organization", TenantFamily::Org}, {"organisation", TenantFamily::Org},
    {"account", TenantFamily::Object},   {"workspace", TenantFamily::Object},
    {"customer", TenantFamily::Object},  {"team", TenantFamily::Object},
    {"company", TenantFamily::Object},   {"project", TenantFamily::Object},
    {"site", TenantFamily::Object},      {"shop", TenantFamily::Object},
    {"store", TenantFamily::Object},     {"owner", TenantFamily::Object},
};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The 32 digits of a lower-case UUID in its dashed or braced form; empty if it is none.
std::string uuid_digits(std::string_view text) {
  if (text.starts_with("urn:uuid:")) text.remove_prefix(9);
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, 36);
  }
  if (text.size() != 36) return {};
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return {};
    } else if (is_hex(text[i])) {
      digits.push_back(text[i]);
    } else {
      return {};
    }
  }
  return digits;
}

}  // namespace

std::string snake_case(std::string_view name) {
  std::string snake;
  snake.reserve(name.size() + 4);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-' || c == '.' || c == ' ' || c == '_') {
      if (!snake.empty() && snake.back() != '_') snake.push_back('_');
    } else if (is_upper(c)) {
      const bool word_begins =
          i > 0 && (is_lower(name[i - 1]) ||
                    (is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1])));
      if (word_begins) snake.push_back('_');
      snake.push_back(static_cast<char>(c | 0x20));
    } else {
      snake.push_back(c);
    }
  }
  while (!snake.empty() && snake.back() == '_') snake.pop_back();
  return snake;
}

std::string tenant_noun(std::string_view name) {
  if (name.starts_with("http://") || name.starts_with("https://")) {
    name.remove_prefix(name.rfind('/') + 1);
  }
  name.remove_prefix(std::min(name.size(), name.rfind(':') + 1));  // npos + 1 is 0
  std::string noun = snake_case(name);
  if (noun.starts_with("x_")) noun.erase(0, 2);
  for (const std::string_view suffix : {"_id", "_uuid", "_slug", "_code", "_guid"}) {
    if (noun.ends_with(suffix)) {
      noun.resize(noun.size() - suffix.size());
      break;
    }
  }
  // A nested claim: "app_metadata.tenant_id", "firebase.tenant".
  for (const std::string_view inner : {"tenant", "organization", "org"}) {
    if (noun.size() > inner.size() && noun.ends_with(inner) &&
        noun[noun.size() - inner.size() - 1] == '_' && name.find('.') != std::string_view::npos) {
      return std::string(inner);
    }
  }
  return noun;
}

TenantFamily family_of(std::string_view noun) {
  for (const auto& row : kFamilies) {
    if (row.noun == noun) return row.family;
  }
  return TenantFamily::None;
}

std::string normalise_tenant(std::string_view value) {
  std::string text = to_lower(trimmed(value));
  if (needs_percent_decode(text, false)) text = to_lower(trimmed(percent_decode(text, false)));
  if (std::string digits = uuid_digits(text); !digits.empty()) return digits;
  return text;
}

TenantShape shape_of(std::string_view normalised) {
  if (!normalised.empty() && std::all_of(normalised.begin(), normalised.end(), is_digit)) {
    return TenantShape::Number;
  }
  if (normalised.size() >= 16 && std::all_of(normalised.begin(), normalised.end(), is_hex)) {
    return normalised.size() == 32 ? TenantShape::Uuid : TenantShape::Hex;
  }
  const std::size_t bar = normalised.find('_');
  if (bar >= 2 && bar <= 10 && normalised.size() - bar > 8 && bar != std::string_view::npos) {
    const std::string_view tail = normalised.substr(bar + 1);
    if (tail.find('_') == std::string_view::npos &&
        std::any_of(tail.begin(), tail.end(), is_digit)) {
      return TenantShape::Prefixed;
    }
  }
  return TenantShape::Name;
}

bool is_no_tenant(std::string_view normalised) {
  return normalised.empty() || normalised.size() > kLongestTenant ||
         std::binary_search(std::begin(kNoTenants), std::end(kNoTenants), normalised);
}

}  // namespace leaktap
