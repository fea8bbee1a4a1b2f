// What the name of a JSON member says of its value, looked up once for each name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leaktap {

struct MemberTraits {
  std::string snake;         // the name in snake case
  bool is_volatile = false;  // changes with every answer, or stands in every answer
  bool is_content = true;    // says something: an answer that has it is not empty
  bool is_personal = false;  // e-mail, phone, last_name …
  bool is_owner = false;     // tenant_id, org …
  bool is_error = false;     // stands beside an error and says nothing else
};

MemberTraits traits_of(std::string_view name, const std::vector<std::string>& owner_fields);

// Answers repeat few names many times. Bounded: starts anew when it has seen too many.
class MemberNames {
 public:
  // `owner_fields` must outlive it.
  explicit MemberNames(const std::vector<std::string>& owner_fields)
      : owner_fields_(owner_fields) {}
  // Valid until the next call.
  const MemberTraits& of(std::string_view name);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  static constexpr std::size_t kMost = 4096;

  const std::vector<std::string>& owner_fields_;
  std::unordered_map<std::string, MemberTraits, Hash, std::equal_to<>> known_;
};

}  // namespace leaktap
