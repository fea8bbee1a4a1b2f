#include "reassembly/http/body_reader.h"

#include <algorithm>
#include <vector>

namespace leaktap {
namespace {

// Hands decoded bytes on and keeps the first part of them. With a hole before it nothing more is
// kept: `body` never shows bytes as neighbours that were none.
class BodyEmitter final : public DecodedSink {
 public:
  explicit BodyEmitter(const BodyTarget& target) : target_(target) {}
  void on_decoded(Bytes bytes) override {
    HttpMessage& message = target_.message();
    const std::uint64_t offset = message.body_bytes + message.missing_bytes;
    if (message.missing_bytes == 0 && message.body.size() == message.body_bytes) {
      const std::size_t room = target_.context.limits.kept_body -
                               std::min(target_.context.limits.kept_body, message.body.size());
      message.body.append(as_text(bytes.first(std::min(room, bytes.size()))));
    }
    message.body_bytes += bytes.size();
    target_.context.sink.on_body(target_.exchange, target_.part, offset, bytes);
  }

 private:
  const BodyTarget& target_;
};

// Appends the members of every such field, in order.
void collect_codings(const HttpMessage& message, std::string_view name,
                     std::vector<std::string_view>& codings) {
  for (const HttpMessage::Field& field : message.fields) {
    if (!equals_lower(message.text(field.name), name)) continue;
    std::string_view list = message.text(field.value);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view member = trim(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (!member.empty() && !equals_lower(member, "chunked")) codings.push_back(member);
    }
  }
}

}  // namespace

BodyReader::State BodyReader::begin(const BodyTarget& target, const HeadFacts& facts) {
  coded_ = false;
  left_ = 0;
  switch (target.message().framing) {
    case Framing::None:
    case Framing::Tunnel:
      return State::Complete;
    case Framing::Length:
      if (facts.content_length == 0) return State::Complete;
      phase_ = Phase::Counted;
      left_ = facts.content_length;
      break;
    case Framing::Chunked:
      phase_ = Phase::ChunkSize;
      break;
    case Framing::UntilClose:
      phase_ = Phase::Endless;
      break;
  }
  if (facts.coded) open_decoder(target);
  return State::More;
}

// Transfer codings were applied after content codings, so they come off first.
void BodyReader::open_decoder(const BodyTarget& target) {
  HttpMessage& message = target.message();
  std::vector<std::string_view> codings;
  collect_codings(message, "content-encoding", codings);
  collect_codings(message, "transfer-encoding", codings);
  decoder_ = target.context.decoders.open(codings, message.unknown_coding);
  coded_ = decoder_ != nullptr;
  if (message.unknown_coding) ++target.context.stats.unknown_codings;
}

BodyReader::State BodyReader::read(const BodyTarget& target, Bytes& bytes) {
  switch (phase_) {
    case Phase::Endless:
      take(target, bytes);
      bytes = {};
      return State::More;
    case Phase::Counted: {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      left_ -= size;
      take(target, bytes.first(size));
      bytes = bytes.subspan(size);
      return left_ == 0 ? State::Complete : State::More;
    }
    default:
      return read_chunked(target, bytes);
  }
}

BodyReader::State BodyReader::read_chunked(const BodyTarget& target, Bytes& bytes) {
  State state = State::More;
  while (!bytes.empty() && state == State::More) {
    switch (phase_) {
      case Phase::ChunkSize:
        state = read_chunk_size(target, bytes);
        break;
      case Phase::ChunkEnd:
      case Phase::ChunkEndLf:
        state = read_chunk_end(bytes);
        break;
      case Phase::Trailers:
        state = read_trailers(target, bytes);
        break;
      default: {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        left_ -= size;
        take(target, bytes.first(size));
        bytes = bytes.subspan(size);
        if (left_ == 0) phase_ = Phase::ChunkEnd;
      }
    }
  }
  return state;
}

BodyReader::State BodyReader::read_chunk_size(const BodyTarget& target, Bytes& bytes) {
  std::string_view text = as_text(bytes);
  const std::optional<std::string_view> line = line_.take(text, target.context.limits.line_bytes);
  bytes = as_bytes(text);
  if (line_.cut()) return State::Broken;
  if (!line) return State::More;
  const std::optional<std::uint64_t> size = parse_chunk_size(*line);
  if (!size) return State::Broken;
  left_ = *size;
  phase_ = left_ == 0 ? Phase::Trailers : Phase::ChunkData;
  return State::More;
}

// CRLF, or LF alone.
BodyReader::State BodyReader::read_chunk_end(Bytes& bytes) {
  const std::uint8_t byte = bytes.front();
  bytes = bytes.subspan(1);
  if (byte == '\n') {
    phase_ = Phase::ChunkSize;
    return State::More;
  }
  if (byte != '\r' || phase_ == Phase::ChunkEndLf) return State::Broken;
  phase_ = Phase::ChunkEndLf;
  return State::More;
}

BodyReader::State BodyReader::read_trailers(const BodyTarget& target, Bytes& bytes) {
  std::string_view text = as_text(bytes);
  const std::optional<std::string_view> line = line_.take(text, target.context.limits.line_bytes);
  bytes = as_bytes(text);
  if (!line) return State::More;
  if (line_.cut()) {
    target.message().fields_cut = true;
    return State::More;
  }
  if (line->empty()) return State::Complete;
  HeadFacts facts;  // a trailer changes nothing about the framing
  add_field_line(target.message(), *line, true, target.context.limits, facts);
  return State::More;
}

void BodyReader::take(const BodyTarget& target, Bytes bytes) {
  if (bytes.empty()) return;
  HttpMessage& message = target.message();
  message.wire_bytes += bytes.size();
  BodyEmitter emitter(target);
  if (!coded_) {
    emitter.on_decoded(bytes);
  } else if (decoder_ != nullptr && !decoder_->feed(bytes, emitter)) {
    message.coding_failed = true;
    ++target.context.stats.failed_codings;
    decoder_ = nullptr;
  }
}

// Of a coded body nothing behind a hole can be decoded.
void BodyReader::miss(const BodyTarget& target, std::uint64_t count) {
  target.message().missing_bytes += count;
  decoder_ = nullptr;
}

BodyReader::State BodyReader::skip(const BodyTarget& target, std::uint64_t count) {
  const bool counted = phase_ == Phase::Counted || phase_ == Phase::ChunkData;
  if (phase_ == Phase::Endless) {
    miss(target, count);
    return State::More;
  }
  if (!counted) return State::Broken;
  miss(target, std::min(count, left_));
  if (count > left_) return State::Broken;
  left_ -= count;
  if (left_ != 0) return State::More;
  if (phase_ == Phase::Counted) return State::Complete;
  phase_ = Phase::ChunkEnd;
  return State::More;
}

BodyReader::State BodyReader::end(const BodyTarget& target, bool clean) {
  if (phase_ == Phase::Endless) return clean ? State::Complete : State::Broken;
  if (phase_ == Phase::Counted) miss(target, left_);
  return State::Broken;
}

void BodyReader::clear() {
  decoder_ = nullptr;
  line_.clear();
  coded_ = false;
}

std::size_t BodyReader::held_bytes() const {
  return line_.held_bytes() + (decoder_ ? decoder_->held_bytes() : 0);
}

}  // namespace leaktap
