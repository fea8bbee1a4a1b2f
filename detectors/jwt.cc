#include "detectors/jwt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "detectors/json_walker.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::size_t kMaxLength = 64 * 1024;
constexpr std::size_t kMaxClaims = 100;
constexpr std::size_t kMaxRoles = 200;
constexpr JsonLimits kLimits = {.depth = 16, .leaves = 2000};

// RFC 7515 §2: base64url without padding, and nothing else.
bool is_base64url(std::string_view text) {
  return text.size() % 4 != 1 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

struct Parts {
  std::array<std::string_view, 5> part;
  std::size_t count = 0;
};

// The parts between the dots; count 0 for anything that is not base64url in three or five of them.
Parts split(std::string_view value) {
  Parts parts;
  while (parts.count < parts.part.size()) {
    const std::size_t dot = value.find('.');
    const std::string_view part = value.substr(0, dot);
    if (!is_base64url(part)) return {};
    parts.part[parts.count++] = part;
    if (dot == std::string_view::npos)
      return parts.count == 3 || parts.count == 5 ? parts : Parts{};
    value.remove_prefix(dot + 1);
  }
  return {};
}

// The decoded part if it begins like a JSON object.
std::optional<std::string> decoded_object(std::string_view part) {
  auto text = base64_decode(part);
  if (!text) return std::nullopt;
  const std::size_t first = text->find_first_not_of(" \t\r\n");
  if (first == std::string::npos || (*text)[first] != '{') return std::nullopt;
  return text;
}

class HeaderVisitor : public JsonVisitor {
 public:
  explicit HeaderVisitor(JwtClaims& claims) : claims_(claims) {}
  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type != JsonType::String) return true;
    if (leaf.path == "alg") {
      claims_.algorithm = leaf.value;
      has_algorithm_ = true;
    }
    if (leaf.path == "typ") claims_.type = leaf.value;
    if (leaf.path == "enc") has_encryption_ = true;
    return true;
  }
  [[nodiscard]] bool has_algorithm() const { return has_algorithm_; }
  [[nodiscard]] bool has_encryption() const { return has_encryption_; }

 private:
  JwtClaims& claims_;
  bool has_algorithm_ = false;
  bool has_encryption_ = false;
};

// RFC 7519 §2: seconds, perhaps with a fraction; some issuers send them as strings.
std::optional<std::int64_t> numeric_date(std::string_view text) {
  constexpr double kFarthest = 1e15;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(seconds > -kFarthest && seconds < kFarthest)) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

// "groups.[].name" is "groups.name" to those who ask for claims.
std::string without_arrays(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view member = path.substr(0, dot);
    if (member != "[]") {
      if (!out.empty()) out += '.';
      out += member;
    }
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return out;
}

enum class RoleForm { None, Single, SpaceSeparated };

RoleForm role_form(std::string_view name) {
  for (const std::string_view spaced : {"scope", "scp", "scopes"}) {
    if (name == spaced) return RoleForm::SpaceSeparated;
  }
  for (const std::string_view single : {"role", "permissions", "authorities", "cognito:groups"}) {
    if (name == single) return RoleForm::Single;
  }
  // roles, realm_access.roles, resource_access.app.roles, https://example.com/roles
  if (!name.ends_with("roles")) return RoleForm::None;
  name.remove_suffix(5);
  return name.empty() || name.back() == '.' || name.back() == '/' ? RoleForm::Single
                                                                  : RoleForm::None;
}

class PayloadVisitor : public JsonVisitor {
 public:
  explicit PayloadVisitor(JwtClaims& claims) : claims_(claims) {}

  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type != JsonType::String && leaf.type != JsonType::Number) return true;
    std::string name = leaf.in_array ? without_arrays(leaf.path) : std::string(leaf.path);
    take_known(name, leaf);
    take_roles(name, leaf.value);
    if (claims_.claims.size() < kMaxClaims) {
      claims_.claims.emplace_back(std::move(name), leaf.value);
    }
    return true;
  }

  // RFC 9068 §2.2 says client_id; OpenID Connect's azp and Entra's appid mean the same.
  void finish() { claims_.client_id = client_id_.empty() ? authorized_party_ : client_id_; }

 private:
  void take_known(std::string_view name, const JsonLeaf& leaf) {
    if (name == "exp") claims_.expires = numeric_date(leaf.value);
    if (name == "nbf") claims_.not_before = numeric_date(leaf.value);
    if (name == "iat") claims_.issued = numeric_date(leaf.value);
    if (name == "iss") claims_.issuer = leaf.value;
    if (name == "sub") claims_.subject = leaf.value;
    if (name == "client_id") client_id_ = leaf.value;
    if (name == "azp" || (name == "appid" && authorized_party_.empty())) {
      authorized_party_ = leaf.value;
    }
  }

  void take_roles(std::string_view name, std::string_view value) {
    switch (role_form(name)) {
      case RoleForm::None:
        return;
      case RoleForm::Single:
        add_role(value);
        return;
      case RoleForm::SpaceSeparated:
        break;
    }
    while (!value.empty()) {
      const std::size_t space = value.find(' ');
      add_role(value.substr(0, space));
      value.remove_prefix(space == std::string_view::npos ? value.size() : space + 1);
    }
  }

  void add_role(std::string_view role) {
    if (!role.empty() && claims_.roles.size() < kMaxRoles) claims_.roles.emplace_back(role);
  }

  JwtClaims& claims_;
  std::string client_id_, authorized_party_;
};

}  // namespace

std::optional<JwtClaims> parse_jwt(std::string_view value) {
  // The shortest header, {"alg":""}, has 14 digits; most of what is no JWT ends here.
  if (value.size() < 18 || value.size() > kMaxLength || value[0] != 'e') return std::nullopt;
  const Parts parts = split(value);
  if (parts.count == 0) return std::nullopt;
  const auto header = decoded_object(parts.part[0]);
  if (!header) return std::nullopt;
  JwtClaims claims;
  HeaderVisitor header_visitor(claims);
  if (!walk_json(*header, kLimits, header_visitor) || !header_visitor.has_algorithm()) {
    return std::nullopt;
  }
  if (parts.count == 5) {
    if (!header_visitor.has_encryption()) return std::nullopt;
    return claims;
  }
  const auto payload = decoded_object(parts.part[1]);
  if (!payload) return std::nullopt;
  PayloadVisitor payload_visitor(claims);
  if (!walk_json(*payload, kLimits, payload_visitor)) return std::nullopt;
  payload_visitor.finish();
  return claims;
}

}  // namespace leaktap
