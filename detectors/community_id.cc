#include "detectors/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "detectors/text_codec.h"

namespace leaktap {

std::string community_id(const Endpoint& a, const Endpoint& b) {
  constexpr std::uint8_t kTcp = 6;
  const bool in_order = a < b;
  const Endpoint& low = in_order ? a : b;
  const Endpoint& high = in_order ? b : a;
  std::string text(2, '\0');  // seed 0
  const auto add_address = [&](const IpAddress& ip) {
    const std::size_t skip = ip.is_v4() ? 12 : 0;
    text.append(reinterpret_cast<const char*>(ip.bytes.data()) + skip, ip.bytes.size() - skip);
  };
  const auto add_port = [&](std::uint16_t port) {
    text += static_cast<char>(port >> 8);
    text += static_cast<char>(port & 0xff);
  };
  add_address(low.ip);
  add_address(high.ip);
  text += static_cast<char>(kTcp);
  text += '\0';
  add_port(low.port);
  add_port(high.port);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return "1:" + base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace leaktap
