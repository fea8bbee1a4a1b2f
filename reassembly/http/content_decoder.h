// Takes content codings (RFC 9110 §8.4.1) off a body as it streams by.
//
// gzip with any number of members, deflate with zlib header or without (servers send both, told
// apart by their first two bytes), identity, and up to four of them on top of each other. A table
// names the codings; a further one is one more row. Bombs end at HttpLimits::decoded_ratio and
// decoded_body, judged behind every layer. A zlib state takes 40 KB, so decoders exist only while a
// coded body is in flight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "capture/bytes.h"
#include "reassembly/http/http_limits.h"

namespace leaktap {

// Where decoded bytes go. They are valid during the call.
class DecodedSink {
 public:
  virtual ~DecodedSink() = default;
  virtual void on_decoded(Bytes bytes) = 0;
};

// One coding's stream.
class CodingLayer {
 public:
  virtual ~CodingLayer() = default;
  // Takes input off the front of `input` and fills `output`. Less than all of `output` means that
  // all of `input` was taken. Bytes behind the end of the coded stream are dropped.
  virtual std::size_t run(Bytes& input, std::span<std::uint8_t> output) = 0;
  // The input is not what the coding's name says. What was decoded before holds.
  [[nodiscard]] virtual bool failed() const = 0;
  virtual void restart() = 0;
};

class ContentDecoder;

// Spare layers of one worker. Must outlive the decoders it opens.
class DecoderPool {
 public:
  explicit DecoderPool(const HttpLimits& limits);
  ~DecoderPool();
  DecoderPool(const DecoderPool&) = delete;
  DecoderPool& operator=(const DecoderPool&) = delete;

  // A decoder for `codings`, in the order in which they were applied. Null: one of them is not
  // known, there are too many, or, where `unknown` stays false, there is nothing to decode.
  std::unique_ptr<ContentDecoder> open(const std::vector<std::string_view>& codings, bool& unknown);

  // For ContentDecoder: a layer for that row of the table, and what all decoders share.
  std::unique_ptr<CodingLayer> take(std::size_t row);
  void give_back(std::size_t row, std::unique_ptr<CodingLayer> layer);
  [[nodiscard]] std::span<std::uint8_t> output() { return output_; }
  [[nodiscard]] const HttpLimits& limits() const { return limits_; }

 private:
  const HttpLimits& limits_;
  std::vector<std::vector<std::unique_ptr<CodingLayer>>> spare_;  // by row of the table
  std::vector<std::uint8_t> output_;  // of the last layer of whoever is decoding
};

class ContentDecoder {
 public:
  ContentDecoder(DecoderPool& pool, const std::vector<std::size_t>& rows);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  // False: the bytes are not what they should be, or a limit was reached; no more should be fed.
  // `sink` was given what could be decoded.
  bool feed(Bytes coded, DecodedSink& sink);
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  struct Layer {
    std::size_t row = 0;
    std::unique_ptr<CodingLayer> coding;
    Bytes input;  // not yet taken; valid within feed()
    std::uint64_t decoded = 0;
    std::vector<std::uint8_t> output;  // of all but the last layer
  };
  [[nodiscard]] std::size_t allowed(const Layer& layer) const;
  void drop_input(std::size_t last);

  DecoderPool& pool_;
  std::vector<Layer> layers_;  // the coding that was applied last comes first
  std::uint64_t coded_ = 0;
};

}  // namespace leaktap
