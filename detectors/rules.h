// The table of credential formats.
//
// A row says what a value of that provider looks like, and carries what it must find and must not
// find, so that one test covers every row. To add a format: add a row in rules.cc.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "detectors/credential.h"

namespace leaktap {

enum class Check : std::uint8_t {
  None,
  Crc32Base62,     // GitHub: the last six characters are base62(CRC-32 of what stands between prefix and them)
  Crc32Base36,     // GitLab routable: the last seven are base36(CRC-32 of all before)
  Jwt,             // parse_jwt
  AwsKeyId,        // base32 account id
  PemPrivateKey,
  Entropy,         // at least 3 bits a character
};

struct Rule {
  std::string_view id;        // as in credential-formats.tsv
  std::string_view provider;  // "github"
  CredentialKind kind;
  Sensitivity sensitivity;
  std::string_view prefix;   // public prefix for previews
  std::string_view pattern;  // Hyperscan/RE2 syntax over bytes; matches the value exactly, no groups
  std::size_t min_length, max_length;  // of the value
  std::string_view alphabet;  // characters of the value, as a class: "A-Za-z0-9_-"; borders are tested with it
  Check check;
  // {b62:36} and the like are filled in when the test runs; {crc62} and {crc36} compute the checksum. No whole token stands here.
  std::span<const std::string_view> hits, misses;
};

std::span<const Rule> rules();

}  // namespace leaktap
