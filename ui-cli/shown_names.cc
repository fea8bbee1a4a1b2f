#include "ui-cli/shown_names.h"

#include <algorithm>

namespace leaktap {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool can_show_key(std::string_view key) {
  constexpr std::size_t kLongest = 24;
  return key.size() <= kLongest && std::all_of(key.begin(), key.end(), [](char c) {
           return is_upper(c) || is_lower(c) || c == '.' || c == '_' || c == '-';
         });
}

bool can_show_variable(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  constexpr std::size_t kShort = 12;  // keys in upper case, as those of AWS, are longer
  if (name.empty() || name.size() > kLongest) return false;
  if (name.size() > kShort && name.find('_') == std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

bool can_show_path(std::string_view path) {
  return path.starts_with('/') || path.starts_with("./") || path.starts_with("../") ||
         can_show_key(path);
}

}  // namespace leaktap
