// Which of a user's own words a message may repeat.
//
// A credential is easily pasted into the place of the name of a file, a variable or a key. An error
// that quotes it would put it into a terminal's history or a log of CI. So a message names only
// what does not look like one, and otherwise says which option or key is meant.
#pragma once

#include <string_view>

namespace leaktap {

// A key of a configuration: letters, '.', '_' and '-', and short.
bool can_show_key(std::string_view key);
// "ACME_KEY", "KEY1": upper case, and with a '_' where it is long.
bool can_show_variable(std::string_view name);
// A path from the root or from here ("./key"), or a name as short and plain as a key's.
bool can_show_path(std::string_view path);

}  // namespace leaktap
