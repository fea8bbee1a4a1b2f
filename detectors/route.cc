// A route must be the same for every request to the same handler and must not depend on what else
// was seen, so each segment is judged by its shape alone. Where a shape leaves doubt the segment
// stays as it is: a literal too many makes two incidents of one, a variable too many hides which
// route leaks.

#include "detectors/route.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "detectors/classifier.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::size_t kMaxSegments = 64;
constexpr std::size_t kMaxLiteral = 64;
constexpr std::size_t kMaxHost = 255;  // RFC 1035 §2.3.4
constexpr std::string_view kVariable = "{id}";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}
template <typename Predicate>
bool any(std::string_view text, Predicate predicate) {
  return std::any_of(text.begin(), text.end(), predicate);
}

// Sorted.
constexpr std::string_view kTenantNouns[] = {
    "account", "accounts",     "companies",     "company",      "customer",      "customers",
    "org",     "organisation", "organisations", "organization", "organizations", "orgs",
    "project", "projects",     "realm",         "realms",       "shop",          "shops",
    "site",    "sites",        "store",         "stores",       "team",          "teams",
    "tenant",  "tenants",      "workspace",     "workspaces"};
static_assert(std::is_sorted(std::begin(kTenantNouns), std::end(kTenantNouns)));

// What stands behind a tenant noun without being a tenant. Sorted.
constexpr std::string_view kActionWords[] = {
    "_bulk",   "_search",  "activate", "all",      "auth",        "batch",   "billing",
    "bulk",    "callback", "count",    "create",   "current",     "default", "delete",
    "edit",    "export",   "filter",   "health",   "import",      "invite",  "invitations",
    "invites", "latest",   "list",     "login",    "logout",      "me",      "members",
    "mine",    "my",       "new",      "password", "preferences", "profile", "query",
    "recent",  "refresh",  "register", "reset",    "roles",       "search",  "security",
    "select",  "self",     "session",  "sessions", "settings",    "signin",  "signup",
    "stats",   "status",   "summary",  "switch",   "sync",        "token",   "tokens",
    "update",  "usage",    "user",     "users",    "validate",    "verify"};

bool is_action_word(std::string_view lowered) {
  return std::find(std::begin(kActionWords), std::end(kActionWords), lowered) !=
         std::end(kActionWords);
}

// v1, v2.1, 1.0: versions, not ids.
bool is_version(std::string_view text) {
  const bool v = !text.empty() && (text[0] == 'v' || text[0] == 'V');
  const std::string_view number = v ? text.substr(1) : text;
  if (number.empty() || number.size() > 6 || !is_digit(number[0])) return false;
  const bool dotted = number.find('.') != std::string_view::npos;
  if (!v && !dotted) return false;
  return all(number, [](char c) { return is_digit(c) || c == '.'; }) && number.back() != '.';
}

bool is_date(std::string_view text) {
  if (text.size() < 7 || text[4] != '-' || !all(text.substr(0, 4), is_digit)) return false;
  return is_digit(text[5]) && is_digit(text[6]) && all(text, [](char c) {
           return is_digit(c) || c == '-' || c == ':' || c == '.' || c == 'T' || c == 'Z' ||
                  c == '+';
         });
}

std::size_t letter_digit_changes(std::string_view text) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_alnum(text[i]) && is_alnum(text[i - 1]) && is_digit(text[i]) != is_digit(text[i - 1])) {
      ++changes;
    }
  }
  return changes;
}

// A piece between separators that no handler is named after: 8842, 3f2a9c, T02AB7X9Q, dQw4w9WgXcQ.
bool is_id_piece(std::string_view piece) {
  const bool digit = any(piece, is_digit);
  if (!digit) return false;
  if (all(piece, is_digit)) return piece.size() >= 3;
  if (piece.size() >= 6 && all(piece, is_hex)) return true;
  if (piece.size() >= 8 && !any(piece, is_lower)) return true;
  if (piece.size() >= 8 && letter_digit_changes(piece) >= 3) return true;
  // item123, INV00042
  std::size_t letters = 0;
  while (letters < piece.size() && is_letter(piece[letters])) ++letters;
  const std::string_view rest = piece.substr(letters);
  return letters > 0 && rest.size() >= 3 && all(rest, is_digit) && piece != "sha256" &&
         piece != "sha512";
}

bool has_id_piece(std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_alnum(text[i])) continue;
    if (is_id_piece(text.substr(begin, i - begin))) return true;
    begin = i + 1;
  }
  return false;
}

// user-7, order_12, page:3
bool is_numbered(std::string_view text) {
  const std::size_t mark = text.find_last_of("-_:");
  if (mark == std::string_view::npos || mark == 0 || mark + 1 == text.size()) return false;
  return all(text.substr(0, mark), is_letter) && all(text.substr(mark + 1), is_digit);
}

// cus_NffrFeUfNV2Hib: a short word, and behind it something with digits.
bool is_prefixed(std::string_view text) {
  const std::size_t mark = text.rfind('_');
  if (mark == std::string_view::npos || mark < 2 || mark > 16) return false;
  const std::string_view rest = text.substr(mark + 1);
  return rest.size() >= 8 && all(rest, is_alnum) && any(rest, is_digit) &&
         all(text.substr(0, mark), [](char c) { return is_lower(c) || c == '_'; });
}

bool is_variable(std::string_view text) {
  if (text.empty() || text == "*" || is_version(text)) return false;
  if (all(text, is_digit)) return true;
  if (text.size() > 1 && (text[0] == '-' || text[0] == '+') && all(text.substr(1), is_digit)) {
    return true;
  }
  if (is_date(text) || text.find('@') != std::string_view::npos) return true;
  if (is_numbered(text) || is_prefixed(text) || has_id_piece(text)) return true;
  if (text.size() > kMaxLiteral) return true;
  if (text.size() >= 20) return !looks_like_words(text);
  return text.size() >= 16 && any(text, is_digit) && !looks_like_words(text);
}

// Characters that may stand in a path as they are (RFC 3986 §3.3), without those that we write
// ourselves.
bool is_plain(char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,=:@";
  return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
}

void append_literal(std::string_view decoded, std::string& out) {
  if (all(decoded, is_plain)) {
    out += decoded;
    return;
  }
  for (const char& c : decoded) {
    if (is_plain(c)) {
      out += c;
    } else {
      out += percent_encode({&c, 1});
    }
  }
}

// OData: Orders(42), Orders('ALFKI').
bool append_keyed(std::string_view text, std::string& out) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0 || !text.ends_with(')')) return false;
  const std::string_view name = text.substr(0, open);
  if (text.size() - open <= 2 || is_variable(name)) return false;
  append_literal(name, out);
  out += '(';
  out += kVariable;
  out += ')';
  return true;
}

// Appends the route form of one segment; true if it is a tenant noun, so that the next one is a
// tenant.
bool append_segment(std::string_view segment, bool behind_noun, std::string& out) {
  segment = segment.substr(0, segment.find(';'));  // matrix parameters (RFC 3986 §3.3)
  if (segment.empty()) return false;
  // Most segments are written plainly, and then nothing is copied.
  std::string buffer;
  std::string_view decoded = segment;
  if (segment.find('%') != std::string_view::npos) {
    buffer = percent_decode(segment, false);
    decoded = buffer;
  }
  const bool noun = is_tenant_noun(decoded);
  if (behind_noun && !noun && !is_action_word(to_lower(decoded)) && !is_version(decoded)) {
    out += kVariable;
    return false;
  }
  if (append_keyed(decoded, out)) return false;
  if (is_variable(decoded)) {
    out += kVariable;
  } else {
    append_literal(decoded, out);
  }
  return noun;
}

}  // namespace

std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (target.empty()) return "/";
  if (target[0] == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme > 16) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string_view query_of(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::string route_of(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  bool behind_noun = false;
  std::size_t segments = 0;
  std::size_t begin = 0;
  while (true) {
    const std::size_t slash = path.find('/', begin);
    const std::size_t end = slash == std::string_view::npos ? path.size() : slash;
    if (segments++ > kMaxSegments) return out + "{*}";
    if (end > begin)
      behind_noun = append_segment(path.substr(begin, end - begin), behind_noun, out);
    if (slash == std::string_view::npos) return out;
    out += '/';
    begin = slash + 1;
  }
}

bool is_tenant_noun(std::string_view segment) {
  constexpr std::size_t kLongest = 13;  // organisations
  if (segment.size() < 3 || segment.size() > kLongest) return false;
  std::array<char, kLongest> lowered{};
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char c = segment[i];
    lowered[i] = is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  const std::string_view wanted(lowered.data(), segment.size());
  return std::binary_search(std::begin(kTenantNouns), std::end(kTenantNouns), wanted);
}

std::string host_of(std::string_view authority, const Endpoint& server) {
  const std::size_t at = authority.rfind('@');
  std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (!host.empty() && host[0] == '[') {
    host = host.substr(1, host.find(']') - 1);
  } else if (std::count(host.begin(), host.end(), ':') <= 1) {
    // More colons than one: an IPv6 address that somebody sent without brackets.
    host = host.substr(0, host.find(':'));
  }
  while (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return to_string(server.ip);
  return to_lower(host.substr(0, kMaxHost));
}

}  // namespace leaktap
