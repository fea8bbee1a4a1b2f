#include "storage/incident.h"

#include <openssl/sha.h>

#include <array>

namespace leaktap {

std::string id_of(const IncidentKey& key) {
  std::string text;
  for (const std::string_view field :
       {info_of(key.detector).name, std::string_view{key.service}, std::string_view{key.method},
        std::string_view{key.route}, std::string_view{key.location}, name_of(key.kind)}) {
    text.append(field).push_back('\0');
  }
  text.pop_back();  // joined, not ended, by 0x00
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.push_back(kDigits[digest[i] >> 4]);
    id.push_back(kDigits[digest[i] & 15]);
  }
  return id;
}

}  // namespace leaktap
