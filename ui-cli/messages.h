// What is said on standard error. Results never go there.
#pragma once

#include <string_view>

namespace leaktap {

// "leaktap: cannot open a.pcap: no such file". One line; what strangers wrote in it is escaped.
void print_error(std::string_view message);
// The same for what is worth knowing but no error.
void print_note(std::string_view message);

}  // namespace leaktap
