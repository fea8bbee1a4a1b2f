// The table of credential formats.
//
// A row says what a value of that provider looks like, and carries what it must find and must not
// find, so that one test covers every row. To add a format: add a row in rules.cc.
//
// A pattern is a sequence of literal characters and classes, each with an optional count ("{4}",
// "{4,9}",
// "?"); '\' makes the next character literal. That is a subset of what Hyperscan and RE2 read,
// chosen so that a match can be checked exactly by one walk without going back: where a count
// varies, the class must not contain what may follow it. There are no groups, alternatives or
// unbounded counts.
//
// Patterns begin with a literal, as long and as rare as the provider allows, or with one class
// before it: matching is fast as long as they do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "detectors/credential.h"

namespace leaktap {

enum class Check : std::uint8_t {
  None,
  Crc32Base62,    // GitHub: the last six characters are base62(CRC-32 of what stands between prefix
                  // and them)
  Crc32Base36,    // GitLab routable: the last seven are base36(CRC-32 of all before)
  Jwt,            // parse_jwt; the pattern is only its beginning
  AwsKeyId,       // base32 account id
  PemPrivateKey,  // a whole PEM block; the pattern is only its beginning
  OpenAi,         // contains the base64 of "OpenAI"
  Entropy,        // at least 3 bits a character
};

struct Rule {
  std::string_view id;        // "github-pat"; stable
  std::string_view provider;  // "github"
  CredentialKind kind;
  Sensitivity sensitivity;
  std::string_view prefix;             // public prefix for previews
  std::string_view pattern;            // matches the value exactly
  std::size_t min_length, max_length;  // of the value
  // A class without brackets: the characters that may not follow a value, nor (with A-Za-z0-9_)
  // stand before it.
  std::string_view alphabet;
  Check check;
  // {b62:36} and the like are filled in when the test runs; {crc62} and {crc36} compute the
  // checksum. No whole token stands here. Unused places stay empty.
  std::array<std::string_view, 2> hits;
  std::array<std::string_view, 3> misses;
};

std::span<const Rule> rules();

}  // namespace leaktap
