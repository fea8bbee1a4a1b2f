#include "detectors/credential_table.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "detectors/text_codec.h"

namespace leaktap {
namespace {

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string jwt(std::string_view subject, std::size_t padding = 0) {
  return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." +
         base64url(R"({"sub":")" + std::string(subject) + R"(","pad":")" +
                   std::string(padding, 'p') + R"("})") +
         "." + std::string(86, 's');
}

struct Fixture {
  std::shared_ptr<const RuleDatabase> database = *RuleDatabase::compile();
  RuleMatcher matcher{database};
  FingerprintKey key{};
  Fingerprinter fingerprinter{key};
  CredentialTable table{matcher, fingerprinter, 64 * 1024};
};

TEST_CASE("The table says what a value is by itself") {
  Fixture f;
  const auto lease = f.table.lease();
  const Credential* token = f.table.look_up(lease, jwt("alice"));
  REQUIRE(token->claims);
  CHECK(token->claims->subject == "alice");
  REQUIRE(token->rule != nullptr);
  CHECK(token->rule->id == "jwt");
  CHECK(token->fingerprint == f.fingerprinter.of(token->value));
  CHECK_FALSE(token->placeholder);

  const Credential* opaque = f.table.look_up(lease, "hunter2");
  CHECK(opaque->rule == nullptr);
  CHECK_FALSE(opaque->claims);
  CHECK(f.table.look_up(lease, "changeme")->placeholder);
  CHECK(f.table.look_up(lease, "")->value.empty());
}

TEST_CASE("Within a lease a value has one pointer, whatever else is looked up") {
  Fixture f;
  const auto lease = f.table.lease();
  std::vector<const Credential*> pointers;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3000; ++i) {
      const Credential* found = f.table.look_up(lease, "value" + std::to_string(i));
      CHECK(found->value == "value" + std::to_string(i));
      if (round == 0) {
        pointers.push_back(found);
      } else {
        CHECK(found == pointers[static_cast<std::size_t>(i)]);
      }
    }
  }
}

TEST_CASE("A lease keeps its values while the table moves on") {
  Fixture f;
  const auto old = f.table.lease();
  const std::string value = jwt("old");
  const Credential* credential = f.table.look_up(old, value);
  const Fingerprint fingerprint = credential->fingerprint;
  for (int i = 0; i < 5000; ++i) {
    const auto lease = f.table.lease();
    f.table.look_up(lease, "another" + std::to_string(i));
  }
  CHECK(credential->value == value);
  CHECK(credential->fingerprint == fingerprint);
  CHECK(f.table.look_up(old, value) == credential);
  // What was evicted is computed anew and is the same.
  const auto fresh = f.table.lease();
  const Credential* again = f.table.look_up(fresh, value);
  CHECK(again != credential);
  CHECK(again->fingerprint == fingerprint);
  CHECK(again->claims->subject == "old");
}

TEST_CASE("Leases can be moved and dropped in any order") {
  Fixture f;
  std::vector<CredentialTable::Lease> leases;
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    leases.push_back(f.table.lease());
    f.table.look_up(leases.back(), std::string(40, 'v') + std::to_string(random() % 500));
    if (random() % 2 == 0) leases[random() % leases.size()] = {};
    if (leases.size() > 50)
      leases.erase(leases.begin() + static_cast<long>(random() % leases.size()));
  }
  CredentialTable::Lease lease;
  lease = std::move(leases.back());
  CHECK(f.table.look_up(lease, "x")->value == "x");
}

TEST_CASE("A lease may outlive the table") {
  CredentialTable::Lease lease;
  const Credential* credential = nullptr;
  {
    Fixture f;
    lease = f.table.lease();
    credential = f.table.look_up(lease, "outlives");
  }
  CHECK(credential->value == "outlives");
}

TEST_CASE("Hashes depend on every byte, the length and the seed") {
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  CHECK(hash_of(text) == hash_of(text));
  CHECK(hash_of(text, 1) != hash_of(text, 2));
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK(hash_of(text.substr(0, size)) != hash_of(text.substr(0, size + 1)));
    std::string other = text;
    other[size] ^= 1;
    CHECK(hash_of(text) != hash_of(other));
  }
  CHECK(hash_of(std::string(3, '\0')) != hash_of(std::string(4, '\0')));
}

TEST_CASE("Time of a cached look-up", "[.bench]") {
  Fixture f;
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i) tokens.push_back(jwt("user" + std::to_string(i), 150));
  const auto lease = f.table.lease();
  std::size_t sum = 0;
  constexpr int kRounds = 2'000'000;
  const std::clock_t start = std::clock();
  for (int i = 0; i < kRounds; ++i) {
    sum += f.table.look_up(lease, tokens[static_cast<std::size_t>(i) % 50])->value.size();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  WARN(sum / kRounds << " bytes: " << seconds / kRounds * 1e9 << " ns");
}

}  // namespace
}  // namespace leaktap
