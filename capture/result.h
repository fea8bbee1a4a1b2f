// How our own code reports what it cannot do: a value or an Error, never an exception.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace leaktap {

// One sentence for a person: it names the thing and the reason, and where there is one the cure
// ("cannot open eth0: permission denied; run as root or give CAP_NET_RAW"). It never quotes a
// credential or the content of a configuration value.
struct Error {
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace leaktap
