#include "reassembly/http/content_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "reassembly/http/http1_parser.h"

namespace leaktap {
namespace {

constexpr std::size_t kMostLayers = 4;
constexpr std::size_t kSpareLayers = 16;          // a coding
constexpr std::size_t kOutput = 64 * 1024;        // handed on at a time
constexpr std::size_t kInnerOutput = 16 * 1024;   // between layers
constexpr std::size_t kZlibState = 40 * 1024;     // as zlib.h has it for inflate
constexpr std::uint64_t kFreeRatio = 1ULL << 20;  // decoded bytes before the ratio is judged

// zlib's window bits choose the format.
constexpr int kRaw = -MAX_WBITS;
constexpr int kZlib = MAX_WBITS;
constexpr int kGzip = MAX_WBITS + 16;

class InflateLayer : public CodingLayer {
 public:
  explicit InflateLayer(int format) : format_(format) {
    ready_ = inflateInit2(&stream_, format) == Z_OK;
  }
  ~InflateLayer() override {
    if (ready_) inflateEnd(&stream_);
  }
  InflateLayer(const InflateLayer&) = delete;
  InflateLayer& operator=(const InflateLayer&) = delete;

  [[nodiscard]] bool failed() const override { return failed_ || !ready_; }
  void restart() override { restart_as(format_); }

  std::size_t run(Bytes& input, std::span<std::uint8_t> output) override {
    std::size_t produced = 0;
    while (!failed() && !over_ && produced < output.size()) {
      const std::size_t room = output.size() - produced;
      stream_.next_in = const_cast<Bytef*>(input.data());  // zlib does not write there
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), 1U << 30));
      const std::size_t offered = stream_.avail_in;
      stream_.next_out = output.data() + produced;
      stream_.avail_out = static_cast<uInt>(room);
      const int answer = inflate(&stream_, Z_NO_FLUSH);
      input = input.subspan(offered - stream_.avail_in);
      produced += room - stream_.avail_out;
      const bool dry = answer == Z_BUF_ERROR;  // no input, no progress
      if (dry || (answer == Z_OK && input.empty() && stream_.avail_out != 0)) break;
      if (answer == Z_STREAM_END) {
        ended(input);
      } else if (answer != Z_OK) {
        broken();
      }
    }
    if (failed() || over_) input = {};
    return produced;
  }

 protected:
  virtual void ended(Bytes) { over_ = true; }
  virtual void broken() { failed_ = true; }
  void restart_as(int format) {
    ready_ = ready_ && inflateReset2(&stream_, format) == Z_OK;
    failed_ = over_ = false;
  }
  void set_over() { over_ = true; }
  // Whether nothing was decoded since the last restart.
  [[nodiscard]] bool nothing_yet() const { return stream_.total_out == 0; }

 private:
  z_stream stream_{};
  int format_;
  bool ready_ = false;
  bool failed_ = false;
  bool over_ = false;
};

// Members may follow each other (RFC 1952 §2.2). What follows and is no member is padding or
// rubbish that other recipients ignore, too.
class GzipLayer final : public InflateLayer {
 public:
  GzipLayer() : InflateLayer(kGzip) {}
  void restart() override {
    InflateLayer::restart();
    behind_member_ = at_border_ = false;
  }
  std::size_t run(Bytes& input, std::span<std::uint8_t> output) override {
    if (at_border_ && !input.empty()) next_member(input);
    return InflateLayer::run(input, output);
  }

 private:
  void ended(Bytes rest) override {
    behind_member_ = at_border_ = true;
    if (rest.empty()) {
      restart_as(kGzip);  // and wait
    } else {
      next_member(rest);
    }
  }
  void next_member(Bytes rest) {
    at_border_ = false;
    restart_as(kGzip);
    if (rest.front() != 0x1f) set_over();
  }
  void broken() override {
    if (behind_member_ && nothing_yet()) {
      set_over();
    } else {
      InflateLayer::broken();
    }
  }

  bool behind_member_ = false;
  bool at_border_ = false;  // behind a member, with no byte behind it seen
};

// "deflate" is the zlib format (RFC 9110 §8.4.1.2), but some servers send raw deflate. A zlib
// header is two bytes: method 8, and a checksum of the two (RFC 1950 §2.2).
class DeflateLayer final : public InflateLayer {
 public:
  DeflateLayer() : InflateLayer(kZlib) {}
  void restart() override {
    InflateLayer::restart();
    seen_ = 0;
    decided_ = false;
  }
  std::size_t run(Bytes& input, std::span<std::uint8_t> output) override {
    while (!decided_ && !input.empty()) {
      start_[seen_++] = input.front();
      input = input.subspan(1);
      decide();
    }
    if (!decided_) return 0;
    std::size_t produced = 0;
    // The two bytes make no output of their own that would not fit.
    for (; given_ < seen_; ++given_) {
      Bytes one(&start_[given_], 1);
      produced += InflateLayer::run(one, output.subspan(produced));
    }
    const std::size_t more = InflateLayer::run(input, output.subspan(produced));
    return produced + more;
  }

 private:
  void decide() {
    const bool method = (start_[0] & 0x0f) == 8 && (start_[0] >> 4) <= 7;
    if (method && seen_ < 2) return;
    decided_ = true;
    given_ = 0;
    if (!method || ((start_[0] << 8) | start_[1]) % 31 != 0) restart_as(kRaw);
  }

  std::array<std::uint8_t, 2> start_{};
  std::size_t seen_ = 0;   // of start_
  std::size_t given_ = 0;  // of start_, to zlib
  bool decided_ = false;
};

template <typename Layer>
std::unique_ptr<CodingLayer> make() {
  return std::make_unique<Layer>();
}

struct Coding {
  std::string_view name;
  std::unique_ptr<CodingLayer> (*make)();  // null: the bytes are what they are
};
constexpr Coding kCodings[] = {
    {"gzip", make<GzipLayer>},         {"x-gzip", make<GzipLayer>}, {"deflate", make<DeflateLayer>},
    {"x-deflate", make<DeflateLayer>}, {"identity", nullptr},
};

}  // namespace

DecoderPool::DecoderPool(const HttpLimits& limits) : limits_(limits), spare_(std::size(kCodings)) {}
DecoderPool::~DecoderPool() = default;

std::unique_ptr<ContentDecoder> DecoderPool::open(const std::vector<std::string_view>& codings,
                                                  bool& unknown) {
  std::vector<std::size_t> rows;
  for (auto name = codings.rbegin(); name != codings.rend(); ++name) {
    const auto row =
        std::find_if(std::begin(kCodings), std::end(kCodings),
                     [&](const Coding& each) { return equals_lower(*name, each.name); });
    if (row == std::end(kCodings) || rows.size() >= kMostLayers) {
      unknown = true;
      return nullptr;
    }
    if (row->make != nullptr) rows.push_back(static_cast<std::size_t>(row - kCodings));
  }
  if (rows.empty()) return nullptr;
  if (output_.empty()) output_.resize(kOutput);
  return std::make_unique<ContentDecoder>(*this, rows);
}

std::unique_ptr<CodingLayer> DecoderPool::take(std::size_t row) {
  if (spare_[row].empty()) return kCodings[row].make();
  std::unique_ptr<CodingLayer> layer = std::move(spare_[row].back());
  spare_[row].pop_back();
  layer->restart();
  return layer;
}

void DecoderPool::give_back(std::size_t row, std::unique_ptr<CodingLayer> layer) {
  if (spare_[row].size() < kSpareLayers) spare_[row].push_back(std::move(layer));
}

ContentDecoder::ContentDecoder(DecoderPool& pool, const std::vector<std::size_t>& rows)
    : pool_(pool), layers_(rows.size()) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    layers_[i].row = rows[i];
    layers_[i].coding = pool.take(rows[i]);
    if (i + 1 < rows.size()) layers_[i].output.resize(kInnerOutput);
  }
}

ContentDecoder::~ContentDecoder() {
  for (Layer& layer : layers_) pool_.give_back(layer.row, std::move(layer.coding));
}

// How many more bytes `layer` may make. The ratio counts against the bytes on the wire.
std::size_t ContentDecoder::allowed(const Layer& layer) const {
  const HttpLimits& limits = pool_.limits();
  const std::uint64_t by_ratio = std::max(kFreeRatio, coded_ * limits.decoded_ratio);
  const std::uint64_t most = std::min(by_ratio, limits.decoded_body);
  return static_cast<std::size_t>(most - std::min(most, layer.decoded));
}

// The innermost layer that has input always goes first, so each layer needs one buffer of output
// only.
bool ContentDecoder::feed(Bytes coded, DecodedSink& sink) {
  coded_ += coded.size();
  layers_.front().input = coded;
  bool good = true;
  for (std::size_t at = 0;;) {
    Layer& layer = layers_[at];
    const bool last = at + 1 == layers_.size();
    const std::span<std::uint8_t> output = last ? pool_.output() : std::span(layer.output);
    const std::size_t made = layer.coding->run(layer.input, output);
    const std::size_t fits = std::min(made, allowed(layer));
    layer.decoded += made;
    const Bytes decoded = Bytes(output).first(fits);
    if (fits < made || layer.coding->failed()) {
      good = false;
      drop_input(at);
    }
    if (last && fits != 0) sink.on_decoded(decoded);
    if (!last && fits != 0) {
      layers_[++at].input = decoded;
    } else if (fits < made || made < output.size()) {
      // Nothing more comes of this layer's input: back to the one whose output it was.
      if (at == 0) return good;
      --at;
    }
  }
}

void ContentDecoder::drop_input(std::size_t last) {
  for (std::size_t i = 0; i <= last; ++i) layers_[i].input = {};
}

std::size_t ContentDecoder::held_bytes() const {
  std::size_t held = sizeof(*this);
  for (const Layer& layer : layers_) held += sizeof(Layer) + layer.output.size() + kZlibState;
  return held;
}

}  // namespace leaktap
