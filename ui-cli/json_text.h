// JSON as leaktap writes it: keys in the order of the documentation, one object a line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace leaktap {

using Json = nlohmann::ordered_json;

// Never throws: bytes from the wire that are no UTF-8 become U+FFFD. With `ascii`, for terminals,
// every character outside ASCII is escaped, so that none can act as a control character.
inline std::string to_text(const Json& json, bool ascii) {
  return json.dump(-1, ' ', ascii, Json::error_handler_t::replace);
}

}  // namespace leaktap
