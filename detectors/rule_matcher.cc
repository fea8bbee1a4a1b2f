// How a value is found
//
// Hyperscan gets only the beginning of each format: its literal prefix and a few characters of what
// follows, all of fixed length ("ghp_[A-Za-z0-9]{8}"). So it reports each occurrence once, whatever
// comes behind, keeps no state for long tails, and the beginning is known without asking for the
// start of a match. What follows is checked here, by one walk over the pattern's items that never
// goes back.
//
// Why this is linear in the block: a value begins only where the character before is outside its
// own alphabet, so each run of an alphabet is walked once for each format. A JWT has up to five
// runs, and each is looked at at most five times. All other walks are bounded by the longest value
// of their format.

#include "detectors/rule_matcher.h"

#include <hs.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cassert>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "detectors/classifier.h"
#include "detectors/jwt.h"

namespace leaktap {
namespace {

// ---- Characters and patterns --------------------------------------------------------------------

using CharSet = std::bitset<256>;

std::uint8_t byte_of(char c) { return static_cast<std::uint8_t>(c); }

// What Hyperscan looks for is no longer than this.
constexpr std::size_t kAnchor = 12;
// How far open_from goes back for the beginning of a word.
constexpr std::size_t kLongestWord = 256;

// Reads the inside of a class: "A-Za-z0-9_-".
CharSet class_of(std::string_view text) {
  CharSet set;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 2 < text.size() && text[i + 1] == '-') {
      for (unsigned c = byte_of(text[i]); c <= byte_of(text[i + 2]); ++c) set.set(c);
      i += 2;
    } else {
      set.set(byte_of(text[i]));
    }
  }
  return set;
}

struct Item {
  CharSet set;
  std::size_t min = 1, max = 1;
};

// Reads the count behind an item, if there is one. False if it is malformed.
bool read_count(std::string_view& rest, Item& item) {
  if (rest.starts_with('?')) {
    item.min = 0;
    rest.remove_prefix(1);
    return true;
  }
  if (!rest.starts_with('{')) return true;
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos) return false;
  const auto number = [&rest](std::size_t& at) {
    std::size_t value = 0;
    for (; rest[at] >= '0' && rest[at] <= '9'; ++at) {
      value = value * 10 + static_cast<std::size_t>(rest[at] - '0');
    }
    return value;
  };
  std::size_t at = 1;
  item.min = item.max = number(at);
  if (rest[at] == ',') item.max = number(++at);
  if (at != close || item.max < item.min || item.max == 0) return false;
  rest.remove_prefix(close + 1);
  return true;
}

// The items of a pattern; empty if it is malformed. See rules.h.
std::vector<Item> parse_pattern(std::string_view rest) {
  std::vector<Item> items;
  while (!rest.empty()) {
    Item item;
    if (rest[0] == '[') {
      const std::size_t close = rest.find(']');
      if (close == std::string_view::npos) return {};
      item.set = class_of(rest.substr(1, close - 1));
      rest.remove_prefix(close + 1);
    } else {
      if (rest[0] == '\\') rest.remove_prefix(1);
      if (rest.empty()) return {};
      item.set.set(byte_of(rest[0]));
      rest.remove_prefix(1);
    }
    if (!read_count(rest, item)) return {};
    items.push_back(item);
  }
  return items;
}

// A walk that never goes back needs to know where a varying item ends.
bool is_deterministic(const std::vector<Item>& items) {
  for (std::size_t i = 0; i + 1 < items.size(); ++i) {
    if (items[i].min != items[i].max && (items[i].set & items[i + 1].set).any()) return false;
  }
  return true;
}

void append_escaped(std::string& out, std::size_t c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\x";
  out += kHex[c >> 4U];
  out += kHex[c & 15U];
}

void append_set(std::string& out, const CharSet& set) {
  out += '[';
  for (std::size_t c = 0; c < set.size(); ++c) {
    if (!set[c]) continue;
    std::size_t last = c;
    while (last + 1 < set.size() && set[last + 1]) ++last;
    append_escaped(out, c);
    if (last > c) {
      out += '-';
      append_escaped(out, last);
    }
    c = last;
  }
  out += ']';
}

// ---- Formats
// --------------------------------------------------------------------------------------

// A rule, made ready for matching.
struct Format {
  const Rule* rule = nullptr;
  std::vector<Item> items;
  CharSet follow;          // may not follow a value
  CharSet before;          // may not stand before one
  std::size_t lead = 0;    // how many more characters the first item may have than the anchor holds
  std::size_t anchor = 0;  // characters that Hyperscan matches
  std::string expression;  // what Hyperscan matches
};

constexpr std::string_view kWord = "A-Za-z0-9_";

std::optional<Format> make_format(const Rule& rule) {
  Format format;
  format.rule = &rule;
  format.items = parse_pattern(rule.pattern);
  if (format.items.empty() || !is_deterministic(format.items)) return std::nullopt;
  format.follow = class_of(rule.alphabet);
  const Item& first = format.items.front();
  const bool literal = first.set.count() == 1;
  format.before = literal ? format.follow | class_of(kWord) : first.set;
  for (const Item& item : format.items) {
    const bool leads = &item == &first;
    const std::size_t wanted = leads ? item.min : std::min(item.min, kAnchor - format.anchor);
    if (wanted == 0) break;
    append_set(format.expression, item.set);
    format.expression += '{' + std::to_string(wanted) + '}';
    format.anchor += wanted;
    if (leads) format.lead = item.max - item.min;
    if (format.anchor >= kAnchor || (item.min != item.max && !leads)) break;
  }
  return format;
}

// What the walk found at a place.
struct Walk {
  enum class State { No, Open, Match } state = State::No;
  std::size_t end = 0;
};

Walk ends_here(const Format& format, std::string_view block, std::size_t end, bool last) {
  if (end == block.size()) return {last ? Walk::State::Match : Walk::State::Open, end};
  if (format.follow[byte_of(block[end])]) return {};
  return {Walk::State::Match, end};
}

Walk walk_items(const Format& format, std::string_view block, std::size_t begin, bool last) {
  std::size_t at = begin;
  for (const Item& item : format.items) {
    const std::size_t limit = std::min(block.size(), at + item.max);
    const std::size_t least = at + item.min;
    while (at < limit && item.set[byte_of(block[at])]) ++at;
    if (at < least) return {at == block.size() && !last ? Walk::State::Open : Walk::State::No, at};
  }
  return ends_here(format, block, at, last);
}

// ---- JSON Web Tokens
// ------------------------------------------------------------------------------

constexpr std::array<bool, 256> make_base64url() {
  std::array<bool, 256> set{};
  for (unsigned c = 0; c < 256; ++c) {
    set[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
  }
  return set;
}
constexpr auto kBase64Url = make_base64url();

// Remembers, by their hashes, tokens that were found to be valid: the same few come again and
// again.
class KnownTokens {
 public:
  bool is_jwt(std::string_view token) {
    const std::uint64_t hash = hash_of(token);
    std::uint64_t& slot = slots_[hash % slots_.size()];
    if (slot == hash) return true;
    if (!parse_jwt(token)) return false;
    slot = hash;
    return true;
  }

 private:
  std::array<std::uint64_t, 1024> slots_{};
};

Walk walk_jwt(const Rule& rule, std::string_view block, std::size_t begin, bool last,
              KnownTokens& known) {
  const std::size_t limit = std::min(block.size(), begin + rule.max_length);
  std::array<std::size_t, 6> ends{};  // behind each part
  std::size_t parts = 0;
  std::size_t at = begin;
  while (true) {
    while (at < limit && kBase64Url[byte_of(block[at])]) ++at;
    if (at == limit) {
      if (limit < block.size()) return {};
      if (!last) return {Walk::State::Open, at};
    }
    ends[++parts] = at;
    if (parts == 5 || at == block.size() || block[at] != '.') break;
    // Behind three parts a dot may also end a sentence.
    if (parts == 3 && (at + 1 == limit || !kBase64Url[byte_of(block[at + 1])])) break;
    ++at;
  }
  const auto is_token = [&](std::size_t end) {
    return known.is_jwt(block.substr(begin, end - begin));
  };
  if (parts >= 3 && is_token(ends[3])) return {Walk::State::Match, ends[3]};
  if (parts == 5 && is_token(ends[5])) return {Walk::State::Match, ends[5]};
  return {};
}

// ---- Private keys
// ---------------------------------------------------------------------------------

constexpr std::string_view kDashes = "-----";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::size_t kLongestLabel = 32;

// RFC 7468, with line ends of any kind: they may be escaped where the key stands in a string.
Walk walk_pem(const Rule& rule, std::string_view block, std::size_t begin, bool last) {
  const std::string_view text = block.substr(begin, rule.max_length);
  const bool cut = text.size() < rule.max_length && !last;
  const Walk unfinished = {cut ? Walk::State::Open : Walk::State::No, block.size()};
  const std::size_t label_end =
      text.substr(0, kBegin.size() + kLongestLabel + kDashes.size()).find(kDashes, kBegin.size());
  if (label_end == std::string_view::npos) {
    return text.size() < kBegin.size() + kLongestLabel + kDashes.size() ? unfinished : Walk{};
  }
  const std::string_view label = text.substr(kBegin.size(), label_end - kBegin.size());
  if (label.find("PRIVATE KEY") == std::string_view::npos) return {};
  const std::size_t body = label_end + kDashes.size();
  const std::size_t body_end = text.find(kDashes, body);
  if (body_end == std::string_view::npos) return unfinished;
  const std::string_view tail = text.substr(body_end);
  const std::size_t whole = kEnd.size() + label.size() + kDashes.size();
  if (tail.size() < whole) return unfinished;
  if (!tail.starts_with(kEnd) || tail.substr(kEnd.size(), label.size()) != label ||
      !tail.substr(kEnd.size() + label.size()).starts_with(kDashes)) {
    return {};
  }
  const std::size_t length = body_end + whole;
  if (length < rule.min_length) return {};
  return {Walk::State::Match, begin + length};
}

// ---- Checks
// ---------------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    table[i] = crc;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) crc = crc >> 8U ^ kCrcTable[(crc ^ byte_of(c)) & 0xffU];
  return ~crc;
}

bool ends_with_number(std::string_view text, std::uint32_t number, std::string_view digits) {
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] != digits[number % digits.size()]) return false;
    number /= static_cast<std::uint32_t>(digits.size());
  }
  return true;
}

bool has_github_checksum(std::string_view body) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string_view random = body.substr(0, body.size() - 6);
  return ends_with_number(body.substr(random.size()), crc32(random), kDigits);
}

bool has_gitlab_checksum(std::string_view value) {
  const std::string_view before = value.substr(0, value.size() - 7);
  return ends_with_number(value.substr(before.size()), crc32(before),
                          "0123456789abcdefghijklmnopqrstuvwxyz");
}

// The ten characters behind the prefix hold the account's number in base32, one bit set before it;
// keys from before 2019 do not set that bit, and say nothing that could be checked.
bool has_aws_account(std::string_view body) {
  std::uint64_t bits = 0;
  for (const char c : body.substr(0, 10)) {
    bits = bits << 5U | static_cast<std::uint64_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
  }
  constexpr std::uint64_t kNewKey = 1ULL << 49U;
  constexpr std::uint64_t kLargestAccount = 999'999'999'999;
  if ((bits & kNewKey) == 0) return true;
  return (bits & (kNewKey - 1)) >> 9U <= kLargestAccount;
}

bool passes(const Rule& rule, std::string_view value) {
  constexpr double kLeastEntropy = 3.0;
  const std::string_view body = value.substr(rule.prefix.size());
  switch (rule.check) {
    case Check::Crc32Base62:
      return has_github_checksum(body);
    case Check::Crc32Base36:
      return has_gitlab_checksum(value);
    case Check::AwsKeyId:
      return has_aws_account(body);
    case Check::OpenAi:
      return body.find("T3BlbkFJ") != std::string_view::npos;
    case Check::Entropy:
      return shannon_bits_per_character(body) >= kLeastEntropy;
    case Check::None:
    case Check::Jwt:
    case Check::PemPrivateKey:
      break;
  }
  return true;
}

Walk walk(const Format& format, std::string_view block, std::size_t begin, bool last,
          KnownTokens& known) {
  const Rule& rule = *format.rule;
  switch (rule.check) {
    case Check::Jwt:
      return walk_jwt(rule, block, begin, last, known);
    case Check::PemPrivateKey:
      return walk_pem(rule, block, begin, last);
    default:
      break;
  }
  const Walk found = walk_items(format, block, begin, last);
  if (found.state != Walk::State::Match) return found;
  return passes(rule, block.substr(begin, found.end - begin)) ? found : Walk{};
}

// ---- Borders
// --------------------------------------------------------------------------------------

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// True if `begin` stands behind an escape, whose last character is then no part of a word: %22,
// %253D, \n, \u0022.
bool behind_escape(std::string_view block, std::size_t begin) {
  const auto at = [&](std::size_t back) { return begin >= back ? block[begin - back] : ' '; };
  if (is_hex(at(1)) && is_hex(at(2))) {
    if (at(3) == '%') return true;
    if (at(3) == '5' && at(4) == '2' && at(5) == '%') return true;
    if (is_hex(at(3)) && is_hex(at(4)) && at(5) == 'u' && at(6) == '\\') return true;
  }
  return at(2) == '\\' && std::string_view("nrtbf").find(at(1)) != std::string_view::npos;
}

bool may_begin(const Format& format, std::string_view block, std::size_t begin) {
  if (begin == 0 || !format.before[byte_of(block[begin - 1])]) return true;
  return behind_escape(block, begin);
}

}  // namespace

// ---- The database
// -----------------------------------------------------------------------------------

struct RuleDatabase::Impl {
  std::vector<Format> formats;
  std::vector<std::vector<const Format*>> by_anchor;  // by Hyperscan's pattern id
  std::array<std::vector<const Format*>, 256> by_first;
  std::size_t longest_anchor = 0;
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;  // to be cloned

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }

  Status read_rules();
  Status compile();
};

Status RuleDatabase::Impl::read_rules() {
  formats.reserve(rules().size());  // the formats are pointed at
  for (const Rule& rule : rules()) {
    auto format = make_format(rule);
    if (!format) return fail("the pattern of rule " + std::string(rule.id) + " is malformed");
    formats.push_back(std::move(*format));
    const Format& added = formats.back();
    longest_anchor = std::max(longest_anchor, added.anchor + added.lead);
    for (std::size_t c = 0; c < 256; ++c) {
      if (added.items.front().set[c]) by_first[c].push_back(&added);
    }
  }
  return {};
}

Status RuleDatabase::Impl::compile() {
  // Formats that begin alike share a pattern, so that Hyperscan reports the place once.
  std::map<std::string, std::vector<const Format*>> shared;
  for (const Format& format : formats) shared[format.expression].push_back(&format);
  std::vector<const char*> expressions;
  std::vector<unsigned> flags, ids;
  for (const auto& [expression, users] : shared) {
    expressions.push_back(expression.c_str());
    flags.push_back(0);
    ids.push_back(static_cast<unsigned>(by_anchor.size()));
    by_anchor.push_back(users);
  }
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(),
                       static_cast<unsigned>(expressions.size()), HS_MODE_BLOCK, nullptr, &database,
                       &error) != HS_SUCCESS) {
    const std::string reason = error != nullptr ? error->message : "out of memory";
    hs_free_compile_error(error);
    return fail("cannot compile the credential formats: " + reason);
  }
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
    return fail("cannot compile the credential formats: out of memory");
  }
  return {};
}

RuleDatabase::RuleDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RuleDatabase::~RuleDatabase() = default;

Result<std::shared_ptr<const RuleDatabase>> RuleDatabase::compile() {
  if (hs_valid_platform() != HS_SUCCESS) {
    return fail(
        "cannot match credential formats: this processor lacks the instructions that Hyperscan "
        "needs "
        "(SSSE3); use a build with Vectorscan");
  }
  auto impl = std::make_unique<Impl>();
  const Status status =
      impl->read_rules().and_then([&impl]() -> Status { return impl->compile(); });
  if (!status) return tl::unexpected<Error>(status.error());
  return std::shared_ptr<const RuleDatabase>(new RuleDatabase(std::move(impl)));
}

// ---- The matcher
// ------------------------------------------------------------------------------------

struct RuleMatcher::Impl {
  std::shared_ptr<const RuleDatabase> owner;
  hs_scratch_t* scratch = nullptr;
  KnownTokens known;
  std::size_t open_from = 0;

  // During a scan.
  std::string_view block;
  bool last = false;
  std::size_t open = 0;  // where the first unfinished value begins
  std::vector<RuleMatch>* matches = nullptr;

  explicit Impl(std::shared_ptr<const RuleDatabase> database) : owner(std::move(database)) {
    // Out of memory at the start; to go on would be to find nothing and not to say so.
    if (hs_clone_scratch(owner->impl_->scratch, &scratch) != HS_SUCCESS) std::abort();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { hs_free_scratch(scratch); }

  [[nodiscard]] const RuleDatabase::Impl& database() const { return *owner->impl_; }
  void examine(const Format& format, std::size_t anchor_end);
  void drop_overlapping() const;
  void find_open_from();

  static int on_anchor(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void* context);
};

int RuleMatcher::Impl::on_anchor(unsigned id, unsigned long long /*from*/, unsigned long long to,
                                 unsigned /*flags*/, void* context) {
  auto& impl = *static_cast<Impl*>(context);
  for (const Format* format : impl.database().by_anchor[id]) {
    impl.examine(*format, static_cast<std::size_t>(to));
  }
  return 0;
}

void RuleMatcher::Impl::examine(const Format& format, std::size_t anchor_end) {
  std::size_t begin = anchor_end - format.anchor;
  const CharSet& first = format.items.front().set;
  for (std::size_t i = 0; i < format.lead && begin > 0; ++i) {
    // The digits of %22 are none of the value's.
    if (!first[byte_of(block[begin - 1])] || behind_escape(block, begin)) break;
    --begin;
  }
  if (!may_begin(format, block, begin)) return;
  const Walk found = walk(format, block, begin, last, known);
  if (found.state == Walk::State::Open) open = std::min(open, begin);
  if (found.state == Walk::State::Match) matches->push_back({format.rule, begin, found.end});
}

void RuleMatcher::Impl::drop_overlapping() const {
  if (matches->size() < 2) return;
  std::sort(matches->begin(), matches->end(), [](const RuleMatch& a, const RuleMatch& b) {
    return std::tuple(a.begin, b.end, a.rule) < std::tuple(b.begin, a.end, b.rule);
  });
  std::size_t covered = 0;
  std::erase_if(*matches, [&covered](const RuleMatch& match) {
    if (match.begin < covered) return true;
    covered = match.end;
    return false;
  });
}

// A value may also have begun so near to the end that Hyperscan saw too little of it. The next
// block starts at the beginning of a word, so that what comes before a value there is what came
// before it here.
void RuleMatcher::Impl::find_open_from() {
  open_from = block.size();
  if (last) return;
  const std::size_t tail = std::min(block.size(), database().longest_anchor - 1);
  std::size_t from = std::min(open, block.size() - tail);
  const std::size_t floor =
      std::max(matches->empty() ? 0 : matches->back().end, from - std::min(from, kLongestWord));
  static const CharSet kInWord = class_of("A-Za-z0-9_%\\-");
  while (from > floor && kInWord[byte_of(block[from - 1])]) --from;
  open_from = std::max(from, floor);
}

RuleMatcher::RuleMatcher(std::shared_ptr<const RuleDatabase> database)
    : impl_(std::make_unique<Impl>(std::move(database))) {}
RuleMatcher::~RuleMatcher() = default;
RuleMatcher::RuleMatcher(RuleMatcher&&) noexcept = default;
RuleMatcher& RuleMatcher::operator=(RuleMatcher&&) noexcept = default;

void RuleMatcher::scan(std::string_view block, bool last, std::vector<RuleMatch>& matches) {
  // Hyperscan counts in 32 bits; whoever has more comes again with what is open.
  constexpr std::size_t kLargestBlock = 1U << 30U;
  if (block.size() > kLargestBlock) {
    block = block.substr(0, kLargestBlock);
    last = false;
  }
  matches.clear();
  impl_->block = block;
  impl_->last = last;
  impl_->open = block.size();
  impl_->matches = &matches;
  const hs_error_t result =
      hs_scan(impl_->database().database, block.data(), static_cast<unsigned>(block.size()), 0,
              impl_->scratch, &Impl::on_anchor, impl_.get());
  assert(result == HS_SUCCESS);
  (void)result;
  impl_->drop_overlapping();
  impl_->find_open_from();
}

std::size_t RuleMatcher::open_from() const { return impl_->open_from; }

const Rule* RuleMatcher::judge(std::string_view value) {
  if (value.empty()) return nullptr;
  for (const Format* format : impl_->database().by_first[byte_of(value[0])]) {
    const Rule& rule = *format->rule;
    if (value.size() < rule.min_length || value.size() > rule.max_length) continue;
    const Walk found = walk(*format, value, 0, true, impl_->known);
    if (found.state == Walk::State::Match && found.end == value.size()) return &rule;
  }
  return nullptr;
}

}  // namespace leaktap
