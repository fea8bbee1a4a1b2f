#include "reassembly/http/exchange.h"

#include <algorithm>

#include "reassembly/http/http1_parser.h"

namespace leaktap {
namespace {

constexpr std::size_t kKeptCapacity = 64 * 1024;

// Spare messages keep what an ordinary one needs, not what a giant needed.
void clear_text(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptCapacity) std::string().swap(text);
}

}  // namespace

std::optional<std::string_view> HttpMessage::field(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name.end - field.name.begin != name.size() || field.trailer) continue;
    if (equals_lower(text(field.name), name)) return text(field.value);
  }
  return std::nullopt;
}

void HttpMessage::clear() {
  clear_text(head);
  method = target = version = TextRange();
  status = 0;
  fields.clear();
  clear_text(body);
  body_bytes = wire_bytes = missing_bytes = 0;
  framing = Framing::None;
  fields_cut = whole = unknown_coding = coding_failed = false;
  range = ByteRange();
  first_seen = last_seen = Timestamp();
  frames.clear();
}

// When the list is full, the older half of its second half goes, and one span without a frame
// stands for what went. So each quarter of the limit costs one move of a quarter.
void HttpMessage::add_frame(std::uint64_t begin, PacketRef frame, std::size_t limit) {
  if (!frames.empty() && frames.back().frame == frame) return;
  constexpr std::size_t kFewest = 8;  // below, there are no halves to speak of
  const std::size_t most = std::max(limit, kFewest);
  if (frames.size() >= most) {
    const auto first = frames.begin() + static_cast<std::ptrdiff_t>(most / 2);
    first->frame = PacketRef();
    frames.erase(first + 1, first + 1 + static_cast<std::ptrdiff_t>(most / 4));
  }
  frames.push_back({begin, frame});
}

std::vector<PacketRef> HttpMessage::frames_of(ByteRange part, std::size_t most) const {
  std::vector<PacketRef> result;
  auto span = std::upper_bound(
      frames.begin(), frames.end(), part.begin,
      [](std::uint64_t position, const FrameSpan& each) { return position < each.begin; });
  if (span != frames.begin()) --span;
  for (; span != frames.end() && span->begin < part.end && result.size() < most; ++span) {
    if (span->frame.frame == 0) continue;
    if (std::find(result.begin(), result.end(), span->frame) == result.end()) {
      result.push_back(span->frame);
    }
  }
  return result;
}

std::size_t HttpMessage::held_bytes() const {
  return head.capacity() + body.capacity() + fields.capacity() * sizeof(Field) +
         frames.capacity() * sizeof(FrameSpan);
}

std::string_view HttpExchange::authority() const {
  const std::string_view target = request.target_text();
  if (request.method_text() == "CONNECT") return target;
  // Absolute form (RFC 9112 §3.2.2): scheme "://" [userinfo "@"] authority ["/" | "?" …]
  const std::size_t scheme = target.find("://");
  if (scheme != std::string_view::npos && target.find_first_of("/?#") == scheme + 1) {
    std::string_view authority = target.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const std::size_t user = authority.rfind('@');
    return user == std::string_view::npos ? authority : authority.substr(user + 1);
  }
  return request.field("host").value_or(std::string_view());
}

}  // namespace leaktap
