// HTTP/1.x messages (RFC 9112) as functions of a buffer: start lines, fields, chunk sizes, framing.
//
// Tolerant as servers in the field are: bare LF, obsolete line folding, white space where there
// should be none, unknown methods, a missing reason phrase. A sensor that rejects what a server
// accepts sees nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/bytes.h"
#include "reassembly/http/exchange.h"
#include "reassembly/http/http_limits.h"

namespace leaktap {

// What the first bytes of a message are.
enum class StartLine : std::uint8_t { NeedMore, Request, Response, Tls, Other };

// What may stand there.
struct ExpectedStart {
  bool request = true, response = true;
  // In the middle of lost framing only the plain case is believed: a method of 3 to 20 capitals.
  bool strict = false;
};

// Judges `text`, not empty, by its first line. NeedMore until that line is complete, unless its
// beginning already rules a start line out or `limit` bytes hold no line end. `scanned` is 0 at
// first and remembers between calls on the same growing text how far it has been searched.
StartLine recognise(std::string_view text, ExpectedStart expected, std::size_t limit,
                    std::size_t& scanned);

// Where in `text` a message may start, looking at its first byte and behind every line end only.
// npos: nowhere. The last line is enough when it may become a start line.
std::size_t find_message_start(std::string_view text, ExpectedStart expected);

// Where a head ends: its text without the blank line, and the first byte behind the blank line.
struct HeadEnd {
  std::size_t text = 0, next = 0;
};
// `scanned` as in recognise().
std::optional<HeadEnd> find_head_end(std::string_view text, std::size_t& scanned);

// What a head says about its body.
struct HeadFacts {
  enum class Length : std::uint8_t { Absent, Known, Conflicting };
  Length length = Length::Absent;
  std::uint64_t content_length = 0;
  bool transfer_coded = false;         // any Transfer-Encoding but identity
  bool chunked = false;                // the last transfer coding is chunked
  bool coded = false;                  // Content-Encoding, or a transfer coding besides chunked
  std::uint8_t fields_over_limit = 0;  // kept all the same, because framing depends on them
};

// Parse message.head, which holds the start line and the fields without the blank line, into the
// other members and `facts`. Line folds in message.head are overwritten with spaces. False: no
// start line.
bool parse_request_head(HttpMessage& message, const HttpLimits& limits, HeadFacts& facts);
bool parse_response_head(HttpMessage& message, const HttpLimits& limits, HeadFacts& facts);

// Adds one more line to message.head as a field: a trailer, or a field behind the limit of the
// head. Over the limits it is dropped, and fields_cut set, unless the framing or the authority
// depends on it.
void add_field_line(HttpMessage& message, std::string_view line, bool trailer,
                    const HttpLimits& limits, HeadFacts& facts);

// RFC 9112 §7.1: chunk-size [chunk-ext], without the line end. Nullopt: no such line.
std::optional<std::uint64_t> parse_chunk_size(std::string_view line);

// RFC 9112 §6.3. Where it cannot be known where the message ends (conflicting lengths, a request
// whose last transfer coding is not chunked), no recipient may go on reading messages: UntilClose.
Framing request_framing(const HeadFacts& facts);
// `method` is that of the request, empty where it was not captured.
Framing response_framing(const HeadFacts& facts, std::uint16_t status, std::string_view method);

// None of these ends with another one.
bool starts_with_common_method(std::string_view text);
// Whether `text` is `lower`, which is in lower case, when ASCII case is ignored.
bool equals_lower(std::string_view text, std::string_view lower);
// `text` without spaces, tabs and line ends around it.
std::string_view trim(std::string_view text);

}  // namespace leaktap
