// Collects the head of one message, from its first byte to the blank line.
//
// A head that lies within one piece is copied once, into message.head, and parsed there. Otherwise
// the pieces are collected in message.head, and the search for its end goes on where it stopped, so
// the work is linear for any cut. Past HttpLimits::head_bytes nothing more is kept but the few
// fields that decide what the message is.
#pragma once

#include <cstddef>
#include <string_view>

#include "capture/bytes.h"
#include "reassembly/http/exchange.h"
#include "reassembly/http/http1_parser.h"
#include "reassembly/http/http_limits.h"
#include "reassembly/http/line_buffer.h"

namespace leaktap {

class HeadReader {
 public:
  // What `message` will hold once it is complete.
  HttpMessage message;
  HeadFacts facts;

  struct Step {
    StartLine state = StartLine::NeedMore;  // Request, Response: the head is complete
    std::size_t used = 0;
  };
  // Takes bytes off the front of `bytes`, not empty. NeedMore may leave some, to be given again.
  // Other and Tls: no head; the bytes up to the end of the line were used.
  Step read(Bytes bytes, ExpectedStart expected, const HttpLimits& limits);
  // No more bytes of this head will come: makes a head of the lines that are complete. Other: not
  // even the start line is.
  StartLine cut_short(const HttpLimits& limits);
  // Whether the start line is not complete yet.
  [[nodiscard]] bool in_start_line() const { return kind_ == StartLine::NeedMore; }
  void clear();
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  bool parse(const HttpLimits& limits);
  Step collect(std::string_view text, const HttpLimits& limits);
  Step start_skipping(std::string_view all, std::size_t before, const HttpLimits& limits);
  Step skip(std::string_view text, const HttpLimits& limits);

  StartLine kind_ = StartLine::NeedMore;
  std::size_t scanned_ = 0;
  bool skipping_ = false;  // past the limit
  LineBuffer line_;        // while skipping
};

}  // namespace leaktap
