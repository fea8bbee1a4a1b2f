// Values are kept in generations. A lease holds the generation that was current when it was given
// out, and what is looked up through it is found or put there: so pointers stay good without a
// count for each value. When the current generation is full, a new one takes its place for the
// leases to come; what they ask for is taken over from the one before, and what nobody asks for
// goes with it.

#include "detectors/credential_table.h"

#include <cassert>
#include <cstdint>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "detectors/classifier.h"

namespace leaktap {

// Counts its own holders: the table and the leases. One thread, so the count is a plain number.
struct CredentialTable::Lease::Generation {
  struct Slot {
    std::uint64_t hash = 0;
    Credential* credential = nullptr;
  };

  std::size_t holders = 1;
  std::size_t bytes = 0;
  std::deque<Credential> credentials;  // never moves what it holds
  std::vector<Slot> slots = std::vector<Slot>(64);

  Generation() = default;
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation() {
    for (Credential& credential : credentials) wipe(credential.value);
  }

  static Generation* hold(Generation* generation) {
    if (generation != nullptr) ++generation->holders;
    return generation;
  }
  static void let_go(Generation* generation) {
    if (generation != nullptr && --generation->holders == 0) delete generation;
  }

  [[nodiscard]] Credential* find(std::uint64_t hash, std::string_view value) const {
    for (std::size_t i = hash;; ++i) {
      const Slot& slot = slots[i & (slots.size() - 1)];
      if (slot.credential == nullptr) return nullptr;
      if (slot.hash == hash && slot.credential->value == value) return slot.credential;
    }
  }

  Credential* add(std::uint64_t hash, std::string_view value) {
    if ((credentials.size() + 1) * 2 > slots.size()) grow();
    Credential& credential = credentials.emplace_back();
    credential.value = value;
    put({hash, &credential});
    return &credential;
  }

 private:
  void put(const Slot& added) {
    std::size_t i = added.hash;
    while (slots[i & (slots.size() - 1)].credential != nullptr) ++i;
    slots[i & (slots.size() - 1)] = added;
  }

  void grow() {
    const std::vector<Slot> old = std::exchange(slots, std::vector<Slot>(slots.size() * 2));
    for (const Slot& slot : old) {
      if (slot.credential != nullptr) put(slot);
    }
  }
};

namespace {

std::size_t size_of(const Credential& credential) {
  std::size_t size = sizeof(Credential) + 64 + credential.value.size();
  if (!credential.claims) return size;
  for (const auto& [name, value] : credential.claims->claims) {
    size += sizeof(std::pair<std::string, std::string>) + name.size() + value.size();
  }
  return size;
}

// Whoever sends values must not be able to choose what they hash to.
std::uint64_t seed_of(const Fingerprinter& fingerprinter) {
  const Fingerprint fingerprint = fingerprinter.of("leaktap: seed of the credential table");
  std::uint64_t seed = 0;
  std::memcpy(&seed, fingerprint.bytes.data(), sizeof(seed));
  return seed;
}

}  // namespace

struct CredentialTable::Impl {
  using Generation = Lease::Generation;

  RuleMatcher& matcher;
  const Fingerprinter& fingerprinter;
  std::size_t max_bytes;
  std::uint64_t seed;
  Generation* current = new Generation;
  Generation* previous = nullptr;

  Impl(RuleMatcher& rule_matcher, const Fingerprinter& maker, std::size_t most)
      : matcher(rule_matcher), fingerprinter(maker), max_bytes(most), seed(seed_of(maker)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    Generation::let_go(current);
    Generation::let_go(previous);
  }

  void begin_generation() {
    Generation::let_go(previous);
    previous = std::exchange(current, new Generation);
  }

  [[nodiscard]] const Credential* find_elsewhere(const Generation* than, std::uint64_t hash,
                                                 std::string_view value) const {
    for (const Generation* generation : {current, previous}) {
      if (generation == nullptr || generation == than) continue;
      if (const Credential* found = generation->find(hash, value)) return found;
    }
    return nullptr;
  }

  void examine(Credential& credential) const {
    credential.rule = matcher.judge(credential.value);
    if (credential.rule != nullptr && credential.rule->check == Check::Jwt) {
      credential.claims = parse_jwt(credential.value);
    }
    credential.fingerprint = fingerprinter.of(credential.value);
    credential.placeholder = is_placeholder(credential.value);
  }
};

CredentialTable::CredentialTable(RuleMatcher& matcher, const Fingerprinter& fingerprinter,
                                 std::size_t max_bytes)
    : impl_(std::make_unique<Impl>(matcher, fingerprinter, max_bytes)) {}
CredentialTable::~CredentialTable() = default;

CredentialTable::Lease::Lease(Lease&& other) noexcept
    : generation_(std::exchange(other.generation_, nullptr)) {}

CredentialTable::Lease& CredentialTable::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Generation::let_go(generation_);
    generation_ = std::exchange(other.generation_, nullptr);
  }
  return *this;
}

CredentialTable::Lease::~Lease() { Generation::let_go(generation_); }

CredentialTable::Lease CredentialTable::lease() {
  if (impl_->current->bytes >= impl_->max_bytes) impl_->begin_generation();
  Lease lease;
  lease.generation_ = Lease::Generation::hold(impl_->current);
  return lease;
}

const Credential* CredentialTable::look_up(const Lease& lease, std::string_view value) {
  assert(lease.generation_ != nullptr);
  Lease::Generation& generation = *lease.generation_;
  const std::uint64_t hash = hash_of(value, impl_->seed);
  if (const Credential* found = generation.find(hash, value)) return found;
  const Credential* known = impl_->find_elsewhere(&generation, hash, value);
  Credential* added = generation.add(hash, value);
  if (known != nullptr) {
    added->rule = known->rule;
    added->claims = known->claims;
    added->fingerprint = known->fingerprint;
    added->placeholder = known->placeholder;
  } else {
    impl_->examine(*added);
  }
  generation.bytes += size_of(*added);
  return added;
}

}  // namespace leaktap
