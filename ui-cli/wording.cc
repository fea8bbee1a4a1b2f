#include "ui-cli/wording.h"

#include <fmt/format.h>

#include <array>

namespace leaktap {

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string byte_count(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 999.95 && unit + 1 < kUnits.size(); ++unit) size /= 1000;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

std::string counted(std::uint64_t number, std::string_view one) {
  return counted(number, one, std::string(one) + "s");
}

std::string second_of(Timestamp when) {
  std::string text = to_rfc3339(when).substr(0, std::string_view("2026-01-01T10:00:00").size());
  text[text.find('T')] = ' ';
  return text;
}

std::string endpoint_text(const Endpoint& endpoint) {
  const std::string ip = to_string(endpoint.ip);
  return endpoint.ip.is_v4() ? fmt::format("{}:{}", ip, endpoint.port)
                             : fmt::format("[{}]:{}", ip, endpoint.port);
}

}  // namespace leaktap
