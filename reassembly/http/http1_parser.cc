#include "reassembly/http/http1_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace leaktap {
namespace {

constexpr std::string_view kVersionPrefix = "HTTP/1.";
constexpr std::size_t kLongestMethod = 32;
constexpr std::uint8_t kMostFieldsOverLimit = 16;

// RFC 9110 §5.6.2
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

bool is_token(char c) { return kToken[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
// No start line holds these, not even a sloppy one.
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f;
}

// The position of the next LF in text[from…), or the size of `text`.
std::size_t line_end(std::string_view text, std::size_t from) {
  if (from >= text.size()) return text.size();
  const void* found = std::memchr(text.data() + from, '\n', text.size() - from);
  if (found == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

struct RequestLine {
  std::string_view method, target, version;
};

// The version is looked for at the end of the line, so that a target may hold spaces.
std::optional<RequestLine> split_request_line(std::string_view line) {
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  constexpr std::size_t kVersion = kVersionPrefix.size() + 1;
  if (line.size() < kVersion + 4) return std::nullopt;
  RequestLine result;
  result.version = line.substr(line.size() - kVersion);
  if (!result.version.starts_with(kVersionPrefix) || !is_digit(result.version.back())) {
    return std::nullopt;
  }
  std::size_t end = 0;
  while (end < line.size() && is_token(line[end])) ++end;
  if (end == 0 || end > kLongestMethod || !is_blank(line[end])) return std::nullopt;
  result.method = line.substr(0, end);
  const std::string_view middle = line.substr(end, line.size() - kVersion - end);
  if (!is_blank(middle.back())) return std::nullopt;
  result.target = trim(middle);
  if (result.target.empty()) return std::nullopt;
  return result;
}

struct StatusLine {
  std::string_view version;
  std::uint16_t status = 0;
};

std::optional<StatusLine> split_status_line(std::string_view line) {
  constexpr std::size_t kVersion = kVersionPrefix.size() + 1;
  if (line.size() < kVersion + 4 || !line.starts_with(kVersionPrefix)) return std::nullopt;
  if (!is_digit(line[kVersion - 1]) || !is_blank(line[kVersion])) return std::nullopt;
  StatusLine result{line.substr(0, kVersion), 0};
  line = trim(line.substr(kVersion));
  if (line.size() < 3 || (line.size() > 3 && !is_blank(line[3]))) return std::nullopt;
  const auto [end, error] = std::from_chars(line.data(), line.data() + 3, result.status);
  if (error != std::errc() || end != line.data() + 3 || result.status < 100) return std::nullopt;
  return result;
}

StartLine recognise_tls(std::string_view text) {
  if (text.size() < 2) return StartLine::NeedMore;
  return text[1] == 3 ? StartLine::Tls : StartLine::Other;
}

// Whether `text` begins with a method and a space, or may yet.
bool may_be_request(std::string_view text, bool strict) {
  const std::size_t longest = strict ? 20 : kLongestMethod;
  const std::size_t shortest = strict ? 3 : 1;
  std::size_t end = 0;
  while (end < text.size() && end <= longest && is_token(text[end])) {
    if (strict && !is_capital(text[end])) return false;
    ++end;
  }
  if (end > longest) return false;
  return end == text.size() || (end >= shortest && is_blank(text[end]));
}

// trim(), for values that mostly have nothing to trim but one space in front.
std::string_view trim_value(std::string_view text) {
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text.empty() || !(is_space(text.front()) || is_space(text.back()))) return text;
  return trim(text);
}

enum class FieldKind : std::uint8_t {
  Plain,
  Host,
  Connection,
  ContentLength,
  ContentEncoding,
  TransferEncoding
};

FieldKind kind_of(std::string_view name) {
  const auto is = [name](std::string_view lower) { return equals_lower(name, lower); };
  switch (name.size()) {
    case 4:
      return is("host") ? FieldKind::Host : FieldKind::Plain;
    case 10:
      return is("connection") ? FieldKind::Connection : FieldKind::Plain;
    case 14:
      return is("content-length") ? FieldKind::ContentLength : FieldKind::Plain;
    case 16:
      return is("content-encoding") ? FieldKind::ContentEncoding : FieldKind::Plain;
    case 17:
      return is("transfer-encoding") ? FieldKind::TransferEncoding : FieldKind::Plain;
    default:
      return FieldKind::Plain;
  }
}

// Takes the next member off a comma-separated list.
std::string_view take_member(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view member = trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return member;
}

// A list of equal lengths is one length (RFC 9112 §6.3, rule 5); so are repeated fields.
void note_length(std::string_view value, HeadFacts& facts) {
  while (!value.empty()) {
    const std::string_view member = take_member(value);
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(member.data(), member.data() + member.size(), length);
    const bool number = error == std::errc() && end == member.data() + member.size();
    const bool differs = facts.length == HeadFacts::Length::Known && facts.content_length != length;
    if (!number || differs || facts.length == HeadFacts::Length::Conflicting) {
      facts.length = HeadFacts::Length::Conflicting;
      return;
    }
    facts.length = HeadFacts::Length::Known;
    facts.content_length = length;
  }
}

void note_transfer_codings(std::string_view value, HeadFacts& facts) {
  while (!value.empty()) {
    const std::string_view member = take_member(value);
    if (member.empty() || equals_lower(member, "identity")) continue;
    facts.transfer_coded = true;
    facts.chunked = equals_lower(member, "chunked");
    if (!facts.chunked) facts.coded = true;
  }
}

void note_field(FieldKind kind, std::string_view value, HeadFacts& facts) {
  if (kind == FieldKind::ContentLength) note_length(value, facts);
  if (kind == FieldKind::TransferEncoding) note_transfer_codings(value, facts);
  if (kind == FieldKind::ContentEncoding && !value.empty()) facts.coded = true;
}

TextRange range_in(std::string_view whole, std::string_view part) {
  const auto begin = static_cast<std::uint32_t>(part.data() - whole.data());
  return {begin, begin + static_cast<std::uint32_t>(part.size())};
}

struct FieldLine {
  std::string_view name, value;
};

// A line without a colon, or a fold that follows nothing, is no field.
std::optional<FieldLine> split_field(std::string_view line) {
  if (line.empty() || is_blank(line.front())) return std::nullopt;
  const void* found = std::memchr(line.data(), ':', line.size());
  if (found == nullptr) return std::nullopt;
  const auto colon = static_cast<std::size_t>(static_cast<const char*>(found) - line.data());
  FieldLine field{line.substr(0, colon), trim_value(line.substr(colon + 1))};
  while (!field.name.empty() && is_space(field.name.back())) field.name.remove_suffix(1);
  if (field.name.empty()) return std::nullopt;
  return field;
}

// Whether a field over the limits is kept, because it decides what the message is.
bool keep_over_limit(HttpMessage& message, FieldKind kind, HeadFacts& facts) {
  message.fields_cut = true;
  if (kind == FieldKind::Plain || facts.fields_over_limit >= kMostFieldsOverLimit) return false;
  ++facts.fields_over_limit;
  return true;
}

void add_field(HttpMessage& message, std::string_view line, const HttpLimits& limits,
               HeadFacts& facts) {
  const std::optional<FieldLine> field = split_field(line);
  if (!field) return;
  const FieldKind kind = kind_of(field->name);
  if (kind != FieldKind::Plain) note_field(kind, field->value, facts);
  if (message.fields.size() >= limits.fields && !keep_over_limit(message, kind, facts)) return;
  message.fields.push_back(
      {range_in(message.head, field->name), range_in(message.head, field->value), false});
}

// Splits message.head[begin…) into fields. A fold (RFC 9112 §5.2) is blanked out, so that its field
// becomes one line at the same offsets.
void parse_fields(HttpMessage& message, std::size_t begin, const HttpLimits& limits,
                  HeadFacts& facts) {
  std::string& head = message.head;
  while (begin < head.size()) {
    std::size_t end = line_end(head, begin);
    while (end + 1 < head.size() && is_blank(head[end + 1])) {
      head[end] = ' ';
      if (end > begin && head[end - 1] == '\r') head[end - 1] = ' ';
      end = line_end(head, end + 1);
    }
    const std::size_t text_end = end > begin && head[end - 1] == '\r' ? end - 1 : end;
    add_field(message, std::string_view(head).substr(begin, text_end - begin), limits, facts);
    begin = end + 1;
  }
}

char lower_case(char c) { return is_capital(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = text.size(); i > 0; --i) {  // names differ at their end more often
    if (lower_case(text[i - 1]) != lower[i - 1]) return false;
  }
  return true;
}

bool starts_with_common_method(std::string_view text) {
  constexpr std::string_view kMethods[] = {"GET ",     "POST ",    "PUT ",   "HEAD ", "DELETE ",
                                           "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "};
  return std::any_of(std::begin(kMethods), std::end(kMethods),
                     [text](std::string_view method) { return text.starts_with(method); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

StartLine recognise(std::string_view text, ExpectedStart expected, std::size_t limit,
                    std::size_t& scanned) {
  if (text.front() >= 0x14 && text.front() <= 0x17) return recognise_tls(text);
  const std::size_t known = std::min(text.size(), kVersionPrefix.size());
  const bool like_response = text.substr(0, known) == kVersionPrefix.substr(0, known);
  if (like_response && known < kVersionPrefix.size()) return StartLine::NeedMore;
  const bool response = expected.response && like_response;
  if (!response && !(expected.request && may_be_request(text, expected.strict))) {
    return StartLine::Other;
  }

  const std::string_view line = text.substr(0, line_end(text, scanned));
  if (line.size() > limit) return StartLine::Other;
  if (line.size() < text.size()) {
    if (response) return split_status_line(line) ? StartLine::Response : StartLine::Other;
    return split_request_line(line) ? StartLine::Request : StartLine::Other;
  }
  const std::string_view fresh = text.substr(scanned);
  if (std::any_of(fresh.begin(), fresh.end(), is_control)) return StartLine::Other;
  scanned = text.size();
  return StartLine::NeedMore;
}

std::size_t find_message_start(std::string_view text, ExpectedStart expected) {
  expected.strict = true;
  std::size_t begin = 0;
  while (begin < text.size()) {
    if (is_capital(text[begin])) {
      std::size_t scanned = 0;
      const std::string_view rest = text.substr(begin);
      const StartLine kind = recognise(rest, expected, rest.size(), scanned);
      if (kind != StartLine::Other) return begin;
    }
    begin = line_end(text, begin) + 1;
  }
  return std::string_view::npos;
}

std::optional<HeadEnd> find_head_end(std::string_view text, std::size_t& scanned) {
  while (true) {
    const std::size_t end = line_end(text, scanned);
    const std::size_t next = end + 1;
    scanned = end;
    if (next >= text.size()) return std::nullopt;
    if (text[next] == '\n') return HeadEnd{next, next + 1};
    if (text[next] == '\r') {
      if (next + 1 >= text.size()) return std::nullopt;
      if (text[next + 1] == '\n') return HeadEnd{next, next + 2};
    }
    scanned = next;
  }
}

bool parse_request_head(HttpMessage& message, const HttpLimits& limits, HeadFacts& facts) {
  const std::string_view head = message.head;
  const std::size_t end = line_end(head, 0);
  const std::optional<RequestLine> line = split_request_line(head.substr(0, end));
  if (!line) return false;
  message.method = range_in(head, line->method);
  message.target = range_in(head, line->target);
  message.version = range_in(head, line->version);
  parse_fields(message, end + 1, limits, facts);
  return true;
}

bool parse_response_head(HttpMessage& message, const HttpLimits& limits, HeadFacts& facts) {
  const std::string_view head = message.head;
  const std::size_t end = line_end(head, 0);
  const std::optional<StatusLine> line = split_status_line(head.substr(0, end));
  if (!line) return false;
  message.version = range_in(head, line->version);
  message.status = line->status;
  parse_fields(message, end + 1, limits, facts);
  return true;
}

void add_field_line(HttpMessage& message, std::string_view line, bool trailer,
                    const HttpLimits& limits, HeadFacts& facts) {
  const std::optional<FieldLine> field = split_field(line);
  if (!field) return;
  const FieldKind kind = trailer ? FieldKind::Plain : kind_of(field->name);
  if (kind != FieldKind::Plain) note_field(kind, field->value, facts);
  const bool over = !trailer || message.fields.size() >= limits.fields ||
                    message.head.size() + line.size() > limits.head_bytes;
  if (over && !keep_over_limit(message, kind, facts)) return;
  const std::size_t begin = message.head.size();
  const TextRange name = range_in(line, field->name);
  const TextRange value = range_in(line, field->value);
  message.head.append(line).append("\r\n");
  const auto shifted = [begin](TextRange range) {
    const auto by = static_cast<std::uint32_t>(begin);
    return TextRange{range.begin + by, range.end + by};
  };
  message.fields.push_back({shifted(name), shifted(value), trailer});
}

std::optional<std::uint64_t> parse_chunk_size(std::string_view line) {
  line = trim(line);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (error != std::errc() || size > (1ULL << 60)) return std::nullopt;
  const std::string_view rest = trim(line.substr(static_cast<std::size_t>(end - line.data())));
  if (!rest.empty() && rest.front() != ';') return std::nullopt;
  return size;
}

Framing request_framing(const HeadFacts& facts) {
  if (facts.chunked) return Framing::Chunked;
  if (facts.transfer_coded) return Framing::UntilClose;
  if (facts.length == HeadFacts::Length::Known) return Framing::Length;
  return facts.length == HeadFacts::Length::Absent ? Framing::None : Framing::UntilClose;
}

Framing response_framing(const HeadFacts& facts, std::uint16_t status, std::string_view method) {
  if (status == 101) return Framing::Tunnel;
  if (method == "CONNECT" && status >= 200 && status < 300) return Framing::Tunnel;
  if (method == "HEAD" || status < 200 || status == 204 || status == 304) return Framing::None;
  if (facts.chunked) return Framing::Chunked;
  if (facts.transfer_coded) return Framing::UntilClose;
  return facts.length == HeadFacts::Length::Known ? Framing::Length : Framing::UntilClose;
}

}  // namespace leaktap
