#include "reassembly/http/head_reader.h"

#include <algorithm>

namespace leaktap {

HeadReader::Step HeadReader::read(Bytes bytes, ExpectedStart expected, const HttpLimits& limits) {
  const std::string_view text = as_text(bytes);
  if (skipping_) return skip(text, limits);
  if (kind_ != StartLine::NeedMore) return collect(text, limits);

  const std::size_t before = message.head.size();
  if (before != 0) message.head.append(text);
  const std::string_view all = before == 0 ? text : std::string_view(message.head);
  const StartLine kind = recognise(all, expected, limits.head_bytes, scanned_);
  if (kind == StartLine::NeedMore) {
    if (before == 0) message.head.assign(text);
    return {StartLine::NeedMore, text.size()};
  }
  if (kind == StartLine::Other || kind == StartLine::Tls) {
    const std::size_t end = text.find('\n');
    return {kind, end == std::string_view::npos ? text.size() : end + 1};
  }
  kind_ = kind;
  scanned_ = 0;
  message.head.resize(before);
  return collect(text, limits);
}

HeadReader::Step HeadReader::collect(std::string_view text, const HttpLimits& limits) {
  const std::size_t before = message.head.size();
  if (before != 0) message.head.append(text);
  const std::string_view all = before == 0 ? text : std::string_view(message.head);
  const std::optional<HeadEnd> end = find_head_end(all, scanned_);
  // Two bytes more may be the blank line of a head that just fits.
  const bool too_long = end ? end->text > limits.head_bytes : all.size() > limits.head_bytes + 2;
  if (too_long) return start_skipping(all, before, limits);
  if (!end) {
    if (before == 0) message.head.assign(text);
    return {StartLine::NeedMore, text.size()};
  }
  const std::size_t used = end->next - before;
  if (before == 0) {
    message.head.assign(text.substr(0, end->text));
  } else {
    message.head.resize(end->text);
  }
  return {parse(limits) ? kind_ : StartLine::Other, used};
}

// The limit cuts between two lines. What was collected behind the cut goes the way of the rest.
HeadReader::Step HeadReader::start_skipping(std::string_view all, std::size_t before,
                                            const HttpLimits& limits) {
  const std::size_t last = all.rfind('\n', limits.head_bytes);
  const std::size_t cut = last == std::string_view::npos ? all.size() : last + 1;
  const std::size_t used = std::max(cut, before) - before;
  const std::string collected(all.substr(0, before).substr(std::min(cut, before)));
  message.head = std::string(all.substr(0, cut));
  message.fields_cut = true;
  skipping_ = true;
  if (!parse(limits)) return {StartLine::Other, used};
  (void)skip(collected, limits);
  return {StartLine::NeedMore, used};
}

HeadReader::Step HeadReader::skip(std::string_view text, const HttpLimits& limits) {
  const std::size_t size = text.size();
  while (!text.empty()) {
    const std::optional<std::string_view> line = line_.take(text, limits.line_bytes);
    if (!line) break;
    if (line_.cut()) continue;
    if (line->empty()) return {kind_, size - text.size()};
    add_field_line(message, *line, false, limits, facts);
  }
  return {StartLine::NeedMore, size};
}

StartLine HeadReader::cut_short(const HttpLimits& limits) {
  if (kind_ == StartLine::NeedMore) return StartLine::Other;
  message.fields_cut = true;
  if (skipping_) return kind_;
  message.head.resize(message.head.rfind('\n') + 1);
  return parse(limits) ? kind_ : StartLine::Other;
}

bool HeadReader::parse(const HttpLimits& limits) {
  return kind_ == StartLine::Request ? parse_request_head(message, limits, facts)
                                     : parse_response_head(message, limits, facts);
}

void HeadReader::clear() {
  message.clear();
  facts = HeadFacts();
  kind_ = StartLine::NeedMore;
  scanned_ = 0;
  skipping_ = false;
  line_.clear();
}

std::size_t HeadReader::held_bytes() const {
  return sizeof(*this) + message.held_bytes() + line_.held_bytes();
}

}  // namespace leaktap
