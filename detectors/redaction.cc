// The redacted forms of an exchange. Everything that is shown of a message goes through here.
#include <algorithm>
#include <array>

#include "detectors/classifier.h"
#include "detectors/inspection.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::string_view kMasked = "‹…›";

std::string shown(const CredentialSighting& sighting) {
  const CredentialSummary summary = sighting.summary();
  if (summary.preview.rfind("‹", 0) == 0) return summary.preview;
  return "‹" + std::string(name_of(summary.kind)) + " " + summary.preview + "›";
}

// `head` from `begin` to `end` with the masks laid over it.
std::string masked(std::string_view head, std::uint64_t begin, std::uint64_t end,
                   const std::vector<Inspection::Mask>& masks) {
  std::string text;
  std::uint64_t at = begin;
  for (const Inspection::Mask& mask : masks) {
    if (mask.end <= at || mask.begin >= end) continue;
    if (mask.begin > at) text.append(head.substr(at, mask.begin - at));
    text += mask.text;
    at = std::min(mask.end, end);
  }
  if (at < end) text.append(head.substr(at, end - at));
  return text;
}

// Masks for every value of `query`, which stands at `begin`; those of credentials are there
// already.
void mask_values(std::string_view head, std::uint64_t begin, std::uint64_t end,
                 std::vector<Inspection::Mask>& masks) {
  std::vector<Inspection::Mask> added;
  std::uint64_t at = begin;
  while (at < end) {
    const std::uint64_t stop = std::min<std::uint64_t>(head.find_first_of("&;,> ", at), end);
    const std::uint64_t equals = std::min<std::uint64_t>(head.find('=', at), stop);
    const std::uint64_t value =
        equals < stop ? equals + 1 : at;  // without '=' all of it is a value
    const bool known = std::any_of(masks.begin(), masks.end(), [&](const Inspection::Mask& mask) {
      return mask.begin <= value && mask.end >= stop;
    });
    if (value < stop && !known) added.push_back({value, stop, std::string(kMasked)});
    at = stop + 1;
  }
  // A wide mask replaces those inside it.
  std::erase_if(masks, [&](const Inspection::Mask& mask) {
    return std::any_of(added.begin(), added.end(), [&](const Inspection::Mask& wide) {
      return wide.begin <= mask.begin && mask.end <= wide.end;
    });
  });
  masks.insert(masks.end(), added.begin(), added.end());
  std::sort(masks.begin(), masks.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
}

// Everything behind the first '?' or '#', and a user name and password before the host.
void mask_url(std::string_view head, std::uint64_t begin, std::uint64_t end,
              std::vector<Inspection::Mask>& masks) {
  const std::uint64_t query = std::min<std::uint64_t>(head.find_first_of("?#", begin), end);
  const std::uint64_t scheme = std::min<std::uint64_t>(head.find("://", begin), query);
  if (scheme < query) {
    const std::uint64_t slash = std::min<std::uint64_t>(head.find('/', scheme + 3), query);
    const std::uint64_t at = head.substr(0, slash).rfind('@');
    if (at != std::string_view::npos && at > scheme + 3) mask_values(head, scheme + 3, at, masks);
  }
  if (query < end) mask_values(head, query + 1, end, masks);
}

bool is_url_field(std::string_view name) {
  constexpr std::array<std::string_view, 7> kFields{
      "referer", "location", "refresh", "link", "content-location", "origin", "x-original-url"};
  return std::find(kFields.begin(), kFields.end(), name) != kFields.end();
}

// Headers of which no value is ever shown.
bool is_sensitive(std::string_view name) {
  if (name == "authorization" || name == "proxy-authorization" || name == "cookie" ||
      name == "set-cookie") {
    return true;
  }
  if (credential_header(name)) return true;
  constexpr std::array<std::string_view, 7> kWords{"key",    "token",   "secret", "password",
                                                   "passwd", "session", "auth"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

}  // namespace

std::vector<Inspection::Mask> Inspection::masks_of(Part part) const {
  std::vector<Mask> masks;
  for (const CredentialSighting& sighting : sightings) {
    if (sighting.part != part || !sighting.in_head) continue;
    masks.push_back({sighting.begin, sighting.end, shown(sighting)});
  }
  if (part == Part::Response) {
    for (const Reflection& reflection : reflections) {
      if (!reflection.in_head) continue;
      masks.push_back({reflection.begin, reflection.end, shown(*reflection.source)});
    }
  }
  // Longest first at each place; one inside another goes.
  std::sort(masks.begin(), masks.end(), [](const Mask& a, const Mask& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::vector<Mask> apart;
  for (Mask& mask : masks) {
    if (!apart.empty() && mask.begin < apart.back().end) {
      apart.back().end = std::max(apart.back().end, mask.end);
      continue;
    }
    apart.push_back(std::move(mask));
  }
  return apart;
}

std::string Inspection::redacted_target(bool show_values) const {
  const HttpMessage& request = exchange->request;
  std::vector<Mask> masks = masks_of(Part::Request);
  const TextRange target = request.target;
  if (!show_values) mask_url(request.head, target.begin, target.end, masks);
  return masked(request.head, target.begin, target.end, masks);
}

std::string Inspection::redacted_field(Part part, const HttpMessage::Field& field,
                                       bool show_values) const {
  const HttpMessage& message = exchange->message(part);
  const std::string name = to_lower(message.text(field.name));
  const TextRange value = field.value;
  if (value.begin == value.end) return {};
  std::vector<Mask> masks = masks_of(part);
  if (is_sensitive(name)) {
    std::string text;
    for (const Mask& mask : masks) {
      if (mask.begin < value.begin || mask.end > value.end) continue;
      if (!text.empty()) text += ' ';
      text += mask.text;
    }
    return text.empty() ? std::string(kMasked) : text;
  }
  if (!show_values && is_url_field(name)) mask_url(message.head, value.begin, value.end, masks);
  return masked(message.head, value.begin, value.end, masks);
}

}  // namespace leaktap
