// How it works
//
// One loop takes one token at a time: a bracket, a comma, a colon, a string or a bare word.
// `expect_` says what the grammar wants next; a token that is not wanted makes the text not
// well-formed and is then taken for what it most likely is: a string where a key may stand is a
// key, a closing bracket closes the nearest level of its kind, a bare word that means nothing is
// passed over. So a broken document gives the leaves that a person would read in it.
//
// The path is one buffer that grows at a member or an array and is cut back behind it. The name is
// a part of it. {"a":{"b":[1,2]}}: at 1 the buffer is "a.b.[]" and the name its third byte.
#include "detectors/json_walker.h"

#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace leaktap {
namespace {

// Longer names are cut, so that hashing the path at every leaf stays cheap whatever is sent.
constexpr std::size_t kNameLimit = 128;

enum CharClass : std::uint8_t { kWord, kSpace, kStructure };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : {' ', '\t', '\n', '\r'}) classes[static_cast<std::uint8_t>(c)] = kSpace;
  for (const char c : {'{', '}', '[', ']', ',', ':', '"'}) {
    classes[static_cast<std::uint8_t>(c)] = kStructure;
  }
  return classes;
}
constexpr auto kClasses = make_classes();

CharClass class_of(char c) {
  return static_cast<CharClass>(kClasses[static_cast<std::uint8_t>(c)]);
}

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first quote, backslash or control character at or behind `at`; eight bytes a step.
std::size_t find_special(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const auto zero_bytes = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  if constexpr (std::endian::native == std::endian::little) {
    while (at + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
      const std::uint64_t hits =
          zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\')) | control;
      // A borrow can mark a byte behind a true hit, never one before it.
      if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
      at += 8;
    }
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<std::uint8_t>(text[at]);
    if (c == '"' || c == '\\' || c < 0x20) break;
  }
  return at;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// Four hex digits at `at`, or -1.
std::int32_t hex4(std::string_view text, std::size_t at) {
  if (text.size() < 4 || at > text.size() - 4) return -1;
  std::int32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    std::int32_t digit = 0;
    if (is_digit(c)) {
      digit = c - '0';
    } else if (lower >= 'a' && lower <= 'f') {
      digit = lower - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

// RFC 8259 §6.
bool is_number(std::string_view word) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < word.size() && is_digit(word[at])) ++at;
    return at - first;
  };
  if (at < word.size() && word[at] == '-') ++at;
  const bool leading_zero = at < word.size() && word[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (at < word.size() && word[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < word.size() && (word[at] | 0x20) == 'e') {
    ++at;
    if (at < word.size() && (word[at] == '+' || word[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == word.size();
}

// A number that breaks the grammar (01, 1., 1.2.3) is still taken for one.
bool looks_like_number(std::string_view word) {
  return word.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

enum class Kind : std::uint8_t { Top, Object, Array };
enum class Expect : std::uint8_t { Value, ValueOrEnd, Key, KeyOrEnd, Colon, CommaOrEnd, Nothing };

struct Level {
  Kind kind = Kind::Top;
  std::uint32_t items = 0;     // values begun at this level
  std::size_t outer_path = 0;  // length of the path outside
  std::size_t path = 0;        // length of the path that all values of this level share
  std::size_t name_begin = 0, name_end = 0;  // in the path
};

class Walker {
 public:
  Walker(std::string_view text, const JsonLimits& limits, JsonVisitor& visitor)
      : text_(text), limits_(limits), visitor_(visitor) {
    levels_.reserve(8);
    levels_.push_back({});
    path_.reserve(256);
    // RFC 8259 §8.1 lets a parser pass over a byte order mark.
    if (text.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  bool run() {
    while (!stopped_) {
      while (at_ < text_.size() && class_of(text_[at_]) == kSpace) ++at_;
      if (at_ == text_.size()) break;
      token();
    }
    return !stopped_ && well_formed_ && levels_.size() == 1 && expect_ == Expect::Nothing;
  }

 private:
  struct String {
    std::string_view value;
    std::size_t begin, end;
    bool cut;
  };

  void token() {
    const char c = text_[at_];
    switch (c) {
      case '{':
      case '[':
        return open(c == '{' ? Kind::Object : Kind::Array);
      case '}':
      case ']':
        return close(c == '}' ? Kind::Object : Kind::Array);
      case ',':
        return comma();
      case ':':
        return colon();
      case '"':
        return string();
      default:
        return word();
    }
  }

  Level& top() { return levels_.back(); }

  void want(bool wanted) { well_formed_ = well_formed_ && wanted; }

  void begin_value() {
    want(expect_ == Expect::Value || expect_ == Expect::ValueOrEnd);
    ++top().items;
  }

  void end_value() { expect_ = top().kind == Kind::Top ? Expect::Nothing : Expect::CommaOrEnd; }

  void open(Kind kind) {
    ++at_;
    if (skipped_ == 0) begin_value();
    if (skipped_ > 0 || levels_.size() > limits_.depth) {
      ++skipped_;
      want(false);
      return;
    }
    Level level = top();
    level.kind = kind;
    level.items = 0;
    level.outer_path = path_.size();
    if (kind == Kind::Array) {
      path_.append(path_.empty() ? "[]" : ".[]");
      if (outermost_array_ == 0) outermost_array_ = levels_.size();
    }
    level.path = path_.size();
    levels_.push_back(level);
    expect_ = kind == Kind::Object ? Expect::KeyOrEnd : Expect::ValueOrEnd;
  }

  void close(Kind kind) {
    ++at_;
    if (skipped_ > 0) {
      --skipped_;
      if (skipped_ == 0) end_value();
      return;
    }
    want(top().kind == kind && (expect_ == Expect::CommaOrEnd || expect_ == Expect::KeyOrEnd ||
                                expect_ == Expect::ValueOrEnd));
    std::size_t level = levels_.size() - 1;
    while (level > 0 && levels_[level].kind != kind) --level;
    if (level == 0) return;  // closes nothing that is open
    while (levels_.size() > level) {
      path_.resize(top().outer_path);
      levels_.pop_back();
    }
    if (outermost_array_ >= levels_.size()) outermost_array_ = 0;
    end_value();
  }

  void comma() {
    ++at_;
    if (skipped_ > 0) return;
    want(expect_ == Expect::CommaOrEnd);
    if (top().kind == Kind::Array) {
      expect_ = Expect::Value;
      return;
    }
    forget_member();
    expect_ = top().kind == Kind::Object ? Expect::Key : Expect::Value;
  }

  void colon() {
    ++at_;
    if (skipped_ > 0) return;
    want(expect_ == Expect::Colon);
    if (expect_ == Expect::Colon) expect_ = Expect::Value;
  }

  // What follows without a name of its own must not be taken for a value of the member before.
  void forget_member() {
    path_.resize(top().path);
    top().name_begin = top().name_end = 0;
  }

  void string() {
    const String found = read_string();
    if (skipped_ > 0) return;
    if (is_key()) {
      if (!found.cut) begin_member(found.value);
      return;
    }
    begin_value();
    report(JsonType::String, found.value, found.begin, found.end, found.cut);
    end_value();
  }

  // In an object a string is a key unless a colon went before. At the top level it is one if a
  // colon follows: the beginning of the document was not seen.
  bool is_key() {
    if (top().kind == Kind::Object) return expect_ != Expect::Value && expect_ != Expect::Colon;
    if (top().kind == Kind::Array) return false;
    std::size_t next = at_;
    while (next < text_.size() && class_of(text_[next]) == kSpace) ++next;
    return next < text_.size() && text_[next] == ':';
  }

  void begin_member(std::string_view name) {
    want(expect_ == Expect::Key || expect_ == Expect::KeyOrEnd);
    Level& level = top();
    path_.resize(level.path);
    if (!path_.empty()) path_.push_back('.');
    level.name_begin = path_.size();
    path_.append(name.substr(0, kNameLimit));
    level.name_end = path_.size();
    expect_ = Expect::Colon;
  }

  String read_string() {
    const std::size_t begin = at_ + 1;
    std::size_t end = find_special(text_, begin);
    if (end < text_.size() && text_[end] == '"') {
      at_ = end + 1;
      return {text_.substr(begin, end - begin), begin, end, false};
    }
    scratch_.clear();
    std::size_t copied = begin;  // up to where the text is in scratch_
    while (end < text_.size() && text_[end] != '"') {
      if (text_[end] == '\\') {
        scratch_.append(text_, copied, end - copied);
        end = copied = unescape(end);
      } else {
        want(false);  // a control character, kept as it is
        ++end;
      }
      end = find_special(text_, end);
    }
    scratch_.append(text_, copied, end - copied);
    const bool cut = end == text_.size();
    at_ = cut ? end : end + 1;
    want(!cut);
    return {scratch_, begin, end, cut};
  }

  // Appends what the escape at `at` means; one that means nothing stays as it is. Gives the place
  // behind.
  std::size_t unescape(std::size_t at) {
    if (at + 1 == text_.size()) return at + 1;  // cut
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = text_[at + 1];
    if (const std::size_t i = kEscapes.find(c); i != std::string_view::npos) {
      scratch_.push_back(kMeanings[i]);
      return at + 2;
    }
    const std::int32_t unit = c == 'u' ? hex4(text_, at + 2) : -1;
    if (unit < 0) {
      if (c == 'u' && text_.find_first_not_of(kHexDigits, at + 2) == std::string_view::npos) {
        return text_.size();  // cut
      }
      want(false);
      scratch_.push_back('\\');
      return at + 1 + append_plain(at + 1);
    }
    auto code = static_cast<std::uint32_t>(unit);
    std::size_t behind = at + 6;
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(behind, 2) == "\\u") {
      const std::int32_t low = hex4(text_, behind + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<std::uint32_t>(low) - 0xdc00);
        behind += 6;
      }
    }
    append_utf8(scratch_, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    return behind;
  }

  // The character behind a backslash that means nothing, unless it is one that the loop must see.
  std::size_t append_plain(std::size_t at) {
    if (static_cast<std::uint8_t>(text_[at]) < 0x20) return 0;
    scratch_.push_back(text_[at]);
    return 1;
  }

  // true, false, null, a number, or nothing of JSON.
  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && class_of(text_[at_]) == kWord) ++at_;
    if (skipped_ > 0) return;
    const std::string_view value = text_.substr(begin, at_ - begin);
    if (value.front() == '-' || is_digit(value.front())) {
      const bool valid = is_number(value);
      want(valid);
      if (valid || looks_like_number(value)) return literal(JsonType::Number, value, begin);
    }
    if (value == "true") return literal(JsonType::True, value, begin);
    if (value == "false") return literal(JsonType::False, value, begin);
    if (value == "null") return literal(JsonType::Null, value, begin);
    want(false);
    if (expect_ == Expect::Key || expect_ == Expect::KeyOrEnd) return begin_member(value);
    // In front of a document ("data: {…}", "callback({…}") it is no value.
    if (top().kind != Kind::Top && expect_ != Expect::Colon) end_value();
  }

  void literal(JsonType type, std::string_view value, std::size_t begin) {
    begin_value();
    const bool cut = type == JsonType::Number && at_ == text_.size() && top().kind != Kind::Top;
    report(type, value, begin, at_, cut);
    end_value();
  }

  void report(JsonType type, std::string_view value, std::size_t begin, std::size_t end, bool cut) {
    if (leaves_ == limits_.leaves) {
      stopped_ = true;
      return;
    }
    ++leaves_;
    const Level& level = top();
    JsonLeaf leaf{
        .type = type,
        .name = std::string_view(path_).substr(level.name_begin, level.name_end - level.name_begin),
        .path = path_,
        .value = value,
        .begin = begin,
        .end = end,
        .in_array = outermost_array_ != 0,
        .cut = cut};
    if (leaf.in_array) leaf.item = levels_[outermost_array_].items - 1;
    if (!visitor_.leaf(leaf)) stopped_ = true;
  }

  std::string_view text_;
  const JsonLimits& limits_;
  JsonVisitor& visitor_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;        // the first is the top level
  std::size_t outermost_array_ = 0;  // in levels_; 0: none
  std::size_t skipped_ = 0;          // open levels beyond the limit
  Expect expect_ = Expect::Value;
  std::string path_, scratch_;
  std::size_t leaves_ = 0;
  bool well_formed_ = true, stopped_ = false;
};

}  // namespace

bool walk_json(std::string_view text, const JsonLimits& limits, JsonVisitor& visitor) {
  return Walker(text, limits, visitor).run();
}

}  // namespace leaktap
