#include "detectors/credential_extractor.h"

#include <algorithm>
#include <array>

#include "detectors/json_walker.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kMostFieldNames = 1000;
constexpr std::size_t kMostPairs = 1000;     // parameters of a query, cookies of a header
constexpr std::size_t kShortestFormat = 16;  // no known format is shorter
constexpr std::size_t kShortestCode = 6;     // an OAuth authorization code
constexpr std::size_t kShortestCookie = 8;   // a session value

TextRange sub(TextRange range, std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(range.begin + begin),
          static_cast<std::uint32_t>(range.begin + end)};
}

// Calls visit(begin, end) for each part of `text` between separators.
template <typename Visit>
void split(std::string_view text, char separator, Visit visit) {
  std::size_t begin = 0;
  for (std::size_t count = 0; count < kMostPairs && begin <= text.size(); ++count) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    visit(begin, end);
    begin = end + 1;
  }
}

// The value of a header that is a URL, or holds one as Refresh and Link do.
std::string_view static_field_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kUrlFields{"referer", "location", "refresh", "link",
                                                       "content-location"};
  for (const std::string_view field : kUrlFields) {
    if (equals_ignoring_case(name, field)) return field;
  }
  return {};
}

bool has_parameter(std::string_view query, std::string_view name) {
  for (std::size_t at = query.find(name); at != std::string_view::npos;
       at = query.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || query[at - 1] == '&') && end < query.size() && query[end] == '=') return true;
  }
  return false;
}

bool has_signature_scheme(std::string_view query) {
  return query.find("X-Amz-Signature=") != std::string_view::npos ||
         query.find("X-Goog-Signature=") != std::string_view::npos ||
         query.find("Key-Pair-Id=") != std::string_view::npos ||
         (query.find("sig=") != std::string_view::npos &&
          query.find("se=") != std::string_view::npos);
}

}  // namespace

std::string safe_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '-' || c == '$' || c == '[' || c == ']';
  });
  if (name.empty() || name.size() > kLongest || !plain || looks_random(name)) return "*";
  return std::string(name);
}

CredentialSighting CredentialExtractor::describe(const Context& context, Place place,
                                                 std::string_view field, CredentialKind kind,
                                                 Basis basis, TextRange range) {
  CredentialSighting about;
  about.part = context.part;
  about.place = place;
  about.field = field;
  about.kind = kind;
  about.basis = basis;
  about.in_head = context.in_head;
  about.begin = range.begin;
  about.end = range.end;
  return about;
}

void CredentialExtractor::read_head(const HttpMessage& message, Part part,
                                    const CredentialTable::Lease& lease,
                                    std::vector<CredentialSighting>& sightings) {
  matcher_.scan(message.head, true, matches_);
  taken_.assign(matches_.size(), false);
  const Context context{&message, part, &lease, &sightings, message.head, true};
  if (part == Part::Request) read_target(context);
  for (const HttpMessage::Field& field : message.fields) read_field(context, field);
  add_rest_of_matches(context);
}

void CredentialExtractor::read_target(const Context& context) {
  const TextRange target = context.message->target;
  std::string_view text = context.at(target);
  std::size_t begin = 0;
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos && scheme < text.find_first_of("/?#")) {
    begin = scheme + 3;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    read_authority(context, sub(target, begin, end), Place::Userinfo);
    begin = end;
  }
  const std::size_t query = std::min(text.find('?', begin), text.size());
  read_path(context, sub(target, begin, query));
  if (query < text.size()) {
    read_pairs(context, sub(target, query + 1, text.size()), Place::Query, {});
  }
}

void CredentialExtractor::read_authority(const Context& context, TextRange authority, Place place) {
  const std::string_view text = context.at(authority);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return;
  const std::size_t colon = text.find(':');
  if (take_matches(context, place, {}, {}, sub(authority, 0, at))) return;
  if (colon == std::string_view::npos || colon + 1 >= at) return;
  const CredentialSighting about = describe(context, place, {}, CredentialKind::Password,
                                            Basis::Place, sub(authority, colon + 1, at));
  add(context, about, {}, percent_decode(text.substr(colon + 1, at - colon - 1), false));
}

void CredentialExtractor::read_path(const Context& context, TextRange path) {
  const std::string_view text = context.at(path);
  const bool escaped = text.find('%') != std::string_view::npos;
  split(text, '/', [&](std::size_t begin, std::size_t end) {
    const TextRange segment = sub(path, begin, end);
    const std::string_view whole = context.at(segment);
    const std::size_t matrix = whole.find(';');
    if (matrix != std::string_view::npos)
      read_matrix(context, segment.begin + matrix + 1, segment.end);
    if (take_matches(context, Place::Path, {}, {}, segment) || !escaped) return;
    const std::string_view name = whole.substr(0, matrix);
    if (name.size() < kShortestFormat || !needs_percent_decode(name, false)) return;
    const std::string decoded = percent_decode(name, false);
    if (const Rule* rule = matcher_.judge(decoded)) {
      add_by_rule(context, Place::Path, {}, {}, *rule, decoded, sub(segment, 0, name.size()));
    }
  });
}

void CredentialExtractor::read_matrix(const Context& context, std::size_t begin, std::size_t end) {
  const TextRange all{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  split(context.at(all), ';', [&](std::size_t from, std::size_t to) {
    const TextRange pair = sub(all, from, to);
    const std::string_view text = context.at(pair);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return;
    judge(context, Place::Matrix, {}, text.substr(0, equals),
          percent_decode(text.substr(equals + 1), false), sub(pair, equals + 1, text.size()));
  });
}

void CredentialExtractor::read_pairs(const Context& context, TextRange text, Place place,
                                     std::string_view field) {
  const std::string_view all = context.at(text);
  const bool presigned = place != Place::Form && has_signature_scheme(all);
  const bool has_code = place == Place::Form
                            ? all.find("authorization_code") != std::string_view::npos
                            : has_parameter(all, "state") || has_parameter(all, "iss");
  split(all, '&', [&](std::size_t begin, std::size_t end) {
    const TextRange pair = sub(text, begin, end);
    const std::string_view both = context.at(pair);
    if (both.empty()) return;
    const std::size_t equals = both.find('=');
    const std::size_t value_at = equals == std::string_view::npos ? 0 : equals + 1;
    const std::string_view raw = both.substr(value_at);
    if (raw.empty()) return;
    std::string_view name = value_at == 0 ? std::string_view{} : both.substr(0, equals);
    std::string name_buffer, value_buffer;
    if (needs_percent_decode(name, true)) name = name_buffer = percent_decode(name, true);
    std::string_view value = raw;
    if (needs_percent_decode(raw, true)) value = value_buffer = percent_decode(raw, true);
    const TextRange range = sub(pair, value_at, both.size());
    if (has_code && name == "code" && value.size() >= kShortestCode) {
      add(context,
          describe(context, place, field, CredentialKind::AuthorizationCode, Basis::Place, range),
          name, value);
      return;
    }
    if (presigned) {
      const NameVerdict verdict = judge_name(name);
      if (verdict.kind == CredentialKind::SignedUrl && verdict.name_class != NameClass::Nothing &&
          verdict.name_class != NameClass::Never) {
        const CredentialSighting about =
            describe(context, place, field, CredentialKind::SignedUrl, Basis::Place, range);
        add(context, about, name, value);
        return;
      }
    }
    judge(context, place, field, name, value, range);
  });
}

void CredentialExtractor::read_url(const Context& context, TextRange url, Place query,
                                   Place fragment, std::string_view field) {
  const std::string_view text = context.at(url);
  const std::size_t hash = std::min(text.find('#'), text.size());
  const std::size_t question = text.substr(0, hash).find('?');
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos && scheme < hash) {
    const std::size_t end = std::min(text.find_first_of("/?#", scheme + 3), text.size());
    read_authority(context, sub(url, scheme + 3, end), query);
  }
  if (question != std::string_view::npos) {
    read_pairs(context, sub(url, question + 1, hash), query, field);
  }
  if (hash < text.size()) {
    // Single-page applications put a path before the parameters: #/callback?token=…
    const std::size_t inner = text.find('?', hash);
    const std::size_t begin = inner == std::string_view::npos ? hash + 1 : inner + 1;
    read_pairs(context, sub(url, begin, text.size()), fragment, field);
  }
  take_matches(context, query, field, {}, url);
}

const CredentialExtractor::FieldClass& CredentialExtractor::class_of_field(std::string_view name) {
  using Kind = FieldClass::Kind;
  const auto known = fields_.find(name);
  if (known != fields_.end()) return known->second;
  if (fields_.size() >= kMostFieldNames) fields_.clear();
  FieldClass field;
  field.lower = to_lower(name);
  field.url = static_field_name(name);
  if (field.lower == "authorization" || field.lower == "proxy-authorization") {
    field.kind = Kind::Authorization;
  } else if (field.lower == "cookie") {
    field.kind = Kind::Cookie;
  } else if (field.lower == "set-cookie") {
    field.kind = Kind::SetCookie;
  } else if (!field.url.empty()) {
    field.kind = Kind::Url;
  } else if (const auto kind = credential_header(field.lower)) {
    field.kind = Kind::Credential;
    field.credential = *kind;
  }
  return fields_.emplace(std::string(name), std::move(field)).first->second;
}

void CredentialExtractor::read_field(const Context& context, const HttpMessage::Field& field) {
  using Kind = FieldClass::Kind;
  const std::string_view value = context.at(field.value);
  if (value.empty()) return;
  const FieldClass& known = class_of_field(context.at(field.name));
  const bool request = context.part == Part::Request;
  if (known.kind == Kind::Authorization && request) {
    read_authorization(context, field.value, known.lower);
  } else if (known.kind == Kind::Cookie && request) {
    read_cookies(context, field.value);
  } else if (known.kind == Kind::SetCookie && !request) {
    read_set_cookie(context, field.value);
  } else if (known.kind == Kind::Url) {
    if (request == (known.url == "referer")) {
      read_url(context, field.value, request ? Place::Referer : Place::Redirect,
               request ? Place::Referer : Place::RedirectFragment, known.url);
    }
  } else if (!take_matches(context, Place::Header, {}, known.lower, field.value)) {
    if (known.kind != Kind::Credential || is_placeholder(value)) return;
    const CredentialSighting about =
        describe(context, Place::Header, {}, known.credential, Basis::Place, field.value);
    add(context, about, known.lower, value);
  }
}

void CredentialExtractor::read_authorization(const Context& context, TextRange value,
                                             std::string_view field) {
  const std::string_view text = context.at(value);
  const std::size_t space = text.find(' ');
  const std::string scheme = to_lower(text.substr(0, std::min(space, text.size())));
  std::size_t at = space == std::string_view::npos ? 0 : text.find_first_not_of(' ', space);
  if (at == std::string_view::npos) return;
  TextRange rest = sub(value, at, text.size());
  if (scheme == "basic" && at != 0) {
    read_basic(context, rest, field);
    return;
  }
  if (take_matches(context, Place::Header, {}, field, value)) return;
  if (scheme == "aws4-hmac-sha256" || scheme == "negotiate" || scheme == "ntlm") return;
  CredentialKind kind = CredentialKind::BearerToken;
  if (scheme == "digest") {
    // The response to the challenge is what lets somebody in (RFC 7616 §3.4.1).
    const std::size_t response = text.find("response=\"");
    if (response == std::string_view::npos) return;
    at = response + 10;
    rest = sub(value, at, std::min(text.find('"', at), text.size()));
    kind = CredentialKind::Digest;
  } else if (scheme == "apikey" || scheme == "api-key" || scheme == "key") {
    kind = CredentialKind::ApiKey;
  }
  const std::string_view token = context.at(rest);
  if (token.size() < 4 || is_placeholder(token)) return;
  const CredentialSighting about = describe(context, Place::Header, {}, kind, Basis::Place, rest);
  add(context, about, field, token);
}

// Basic carries a pair. An API key may stand as the user name with an empty or dummy password; then
// the key is the credential, and has the fingerprint that it has elsewhere.
void CredentialExtractor::read_basic(const Context& context, TextRange value,
                                     std::string_view field) {
  const auto pair = base64_decode(context.at(value));
  if (!pair) return;
  const std::size_t colon = std::min(pair->find(':'), pair->size());
  const std::string_view user = std::string_view(*pair).substr(0, colon);
  const std::string_view password =
      colon < pair->size() ? std::string_view(*pair).substr(colon + 1) : std::string_view{};
  const CredentialSighting about =
      describe(context, Place::Header, {}, CredentialKind::Basic, Basis::Place, value);
  for (const std::string_view half : {password, user}) {
    if (half.size() < kShortestFormat) continue;
    if (const Rule* rule = matcher_.judge(half)) {
      add_by_rule(context, Place::Header, {}, field, *rule, half, value);
      return;
    }
  }
  add(context, about, field, password.empty() ? user : password);
}

void CredentialExtractor::read_cookies(const Context& context, TextRange value) {
  split(context.at(value), ';', [&](std::size_t begin, std::size_t end) {
    read_cookie(context, sub(value, begin, end), Place::Cookie);
  });
}

void CredentialExtractor::read_set_cookie(const Context& context, TextRange value) {
  const std::string_view text = context.at(value);
  read_cookie(context, sub(value, 0, std::min(text.find(';'), text.size())), Place::SetCookie);
}

void CredentialExtractor::read_cookie(const Context& context, TextRange pair, Place place) {
  const std::string_view text = context.at(pair);
  const std::size_t start = text.find_first_not_of(" \t");
  const std::size_t equals = text.find('=');
  if (start == std::string_view::npos || equals == std::string_view::npos || equals <= start)
    return;
  std::size_t begin = equals + 1;
  std::size_t end = text.size();
  if (end - begin >= 2 && text[begin] == '"' && text[end - 1] == '"') ++begin, --end;
  const std::string_view name = text.substr(start, equals - start);
  const TextRange range = sub(pair, begin, end);
  if (take_matches(context, place, {}, name, range)) return;
  std::string_view token = text.substr(begin, end - begin);
  const auto kind = credential_cookie(name);
  if (!kind || token.size() < kShortestCookie || is_placeholder(token)) return;
  std::string buffer;
  if (needs_percent_decode(token, false)) token = buffer = percent_decode(token, false);
  const CredentialSighting about = describe(context, place, {}, *kind, Basis::Place, range);
  add(context, about, name, token);
}

void CredentialExtractor::judge(const Context& context, Place place, std::string_view field,
                                std::string_view name, std::string_view decoded, TextRange range) {
  // Tokens that are no credentials under these names: JAR requests, opaque state.
  const bool exempt = equals_ignoring_case(name, "request") || equals_ignoring_case(name, "state");
  if (exempt) {
    take_matches(
        {context.message, context.part, context.lease, nullptr, context.text, context.in_head},
        place, field, name, range);
    return;
  }
  if (take_matches(context, place, field, name, range)) return;
  const bool was_escaped = decoded.size() != range.end - range.begin;
  if (was_escaped && decoded.size() >= kShortestFormat) {
    if (const Rule* rule = matcher_.judge(decoded)) {
      add_by_rule(context, place, field, name, *rule, decoded, range);
      return;
    }
  }
  const auto verdict = judge_named_value(name, decoded);
  if (!verdict) return;
  const CredentialSighting about =
      describe(context, place, field, verdict->kind, verdict->basis, range);
  add(context, about, name, decoded);
}

bool CredentialExtractor::take_matches(const Context& context, Place place, std::string_view field,
                                       std::string_view name, TextRange range) {
  if (!context.in_head) return false;
  bool any = false;
  const auto first = std::lower_bound(
      matches_.begin(), matches_.end(), range.begin,
      [](const RuleMatch& match, std::uint32_t begin) { return match.begin < begin; });
  for (auto match = first; match != matches_.end() && match->end <= range.end; ++match) {
    const auto index = static_cast<std::size_t>(match - matches_.begin());
    any = true;
    if (taken_[index]) continue;
    taken_[index] = true;
    if (context.sightings == nullptr) continue;
    add_by_rule(context, place, field, name, *match->rule,
                context.text.substr(match->begin, match->end - match->begin),
                {static_cast<std::uint32_t>(match->begin), static_cast<std::uint32_t>(match->end)});
  }
  return any;
}

void CredentialExtractor::add_rest_of_matches(const Context& context) {
  if (std::find(taken_.begin(), taken_.end(), false) == taken_.end()) return;
  for (const HttpMessage::Field& field : context.message->fields) {
    take_matches(context, Place::Header, {}, to_lower(context.at(field.name)), field.value);
  }
}

void CredentialExtractor::add_by_rule(const Context& context, Place place, std::string_view field,
                                      std::string_view name, const Rule& rule,
                                      std::string_view value, TextRange range) {
  if (is_placeholder(value)) return;
  const CredentialSighting about =
      describe(context, place, field, rule.kind,
               rule.check == Check::Jwt ? Basis::Jwt : Basis::Format, range);
  add(context, about, name, value);
}

void CredentialExtractor::add(const Context& context, const CredentialSighting& about,
                              std::string_view name, std::string_view value) {
  std::vector<CredentialSighting>& sightings = *context.sightings;
  if (sightings.size() >= kMostSightings) return;
  const Credential* credential = table_.look_up(*context.lease, value);
  // A body's byte match that a parser has found a name for stands once, under the name.
  if (!about.in_head) {
    for (CredentialSighting& known : sightings) {
      if (known.part != about.part || known.in_head || known.begin >= about.end ||
          known.end <= about.begin) {
        continue;
      }
      known.place = about.place;
      known.name = safe_name(name);
      return;
    }
  }
  CredentialSighting& added = sightings.emplace_back(about);
  added.credential = credential;
  if (!name.empty())
    added.name = about.place == Place::Header ? std::string(name) : safe_name(name);
}

void CredentialExtractor::add_match(const RuleMatch& match, std::string_view block,
                                    std::uint64_t block_begin, Part part,
                                    const CredentialTable::Lease& lease,
                                    std::vector<CredentialSighting>& sightings) {
  const std::string_view value = block.substr(match.begin, match.end - match.begin);
  if (sightings.size() >= kMostSightings || is_placeholder(value)) return;
  const std::uint64_t begin = block_begin + match.begin;
  for (const CredentialSighting& known : sightings) {  // found again at the border of two blocks
    if (known.part == part && !known.in_head && known.begin == begin) return;
  }
  CredentialSighting& added = sightings.emplace_back();
  added.part = part;
  added.place = Place::Body;
  added.kind = match.rule->kind;
  added.basis = match.rule->check == Check::Jwt ? Basis::Jwt : Basis::Format;
  added.credential = table_.look_up(lease, value);
  added.in_head = false;
  added.begin = begin;
  added.end = block_begin + match.end;
}

namespace {

// The parameter of the query or fragment of a URL in which [begin, end) stands: its name, and
// whether it is in the fragment. Empty outside of both.
struct Parameter {
  std::string_view name;
  bool in_fragment = false;
  bool found = false;
};

Parameter parameter_at(std::string_view head, TextRange url, std::size_t begin) {
  const std::string_view before = head.substr(url.begin, begin - url.begin);
  const std::size_t start = before.find_last_of("?#&");
  Parameter parameter;
  if (start == std::string_view::npos) return parameter;
  parameter.found = true;
  parameter.in_fragment = before.find('#') != std::string_view::npos;
  const std::string_view pair = before.substr(start + 1);
  const std::size_t equals = pair.find('=');
  if (equals != std::string_view::npos) parameter.name = pair.substr(0, equals);
  return parameter;
}

}  // namespace

void CredentialExtractor::add_copy(const HttpMessage& message, Part part, std::size_t begin,
                                   std::size_t end, std::size_t of,
                                   std::vector<CredentialSighting>& sightings) {
  if (sightings.size() >= kMostSightings) return;
  CredentialSighting copy = sightings[of];
  copy.part = part;
  copy.basis = Basis::Equal;
  copy.in_head = true;
  copy.begin = begin;
  copy.end = end;
  copy.name.clear();
  copy.field = {};
  const auto within = [&](TextRange range) { return begin >= range.begin && end <= range.end; };
  if (part == Part::Request && within(message.target)) {
    const Parameter parameter = parameter_at(message.head, message.target, begin);
    copy.place = parameter.found ? Place::Query : Place::Path;
    if (parameter.found) copy.name = safe_name(parameter.name);
    sightings.push_back(copy);
    return;
  }
  for (const HttpMessage::Field& field : message.fields) {
    if (!within(field.value)) continue;
    const std::string_view url = static_field_name(message.text(field.name));
    const Parameter parameter = parameter_at(message.head, field.value, begin);
    if (part == Part::Request && url == "referer") {
      copy.place = Place::Referer;
    } else if (part == Part::Response && !url.empty() && url != "referer") {
      copy.place = parameter.in_fragment ? Place::RedirectFragment : Place::Redirect;
    } else if (part == Part::Request) {
      copy.place = Place::Header;
      copy.name = to_lower(message.text(field.name));
    } else {
      return;  // a reflection, which has a record of its own
    }
    copy.field = url;
    if (!url.empty()) copy.name = safe_name(parameter.name);
    sightings.push_back(copy);
    return;
  }
}

class CredentialExtractor::JsonReader : public JsonVisitor {
 public:
  JsonReader(CredentialExtractor& extractor, const Context& context)
      : extractor_(extractor), context_(context) {}

  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type != JsonType::String || leaf.name.empty()) return true;
    const TextRange range{static_cast<std::uint32_t>(leaf.begin),
                          static_cast<std::uint32_t>(leaf.end)};
    if (leaf.value.size() >= kShortestFormat) {
      if (const Rule* rule = extractor_.matcher_.judge(leaf.value)) {
        extractor_.add_by_rule(context_, Place::Json, {}, leaf.path, *rule, leaf.value, range);
        return context_.sightings->size() < kMostSightings;
      }
    }
    const auto verdict = judge_named_value(leaf.name, leaf.value);
    if (!verdict) return true;
    const CredentialSighting about =
        describe(context_, Place::Json, {}, verdict->kind, verdict->basis, range);
    extractor_.add(context_, about, leaf.path, leaf.value);
    return context_.sightings->size() < kMostSightings;
  }

 private:
  CredentialExtractor& extractor_;
  const Context& context_;
};

void CredentialExtractor::read_json(const Context& context) {
  JsonReader reader(*this, context);
  walk_json(context.text, {}, reader);
}

void CredentialExtractor::read_body(const HttpMessage& message, Part part,
                                    const CredentialTable::Lease& lease,
                                    std::vector<CredentialSighting>& sightings) {
  if (message.body.empty()) return;
  const std::string type = to_lower(message.field("content-type").value_or(""));
  const Context context{&message, part, &lease, &sightings, message.body, false};
  if (type.find("x-www-form-urlencoded") != std::string::npos) {
    read_pairs(context, {0, static_cast<std::uint32_t>(message.body.size())}, Place::Form, {});
  } else if (type.find("json") != std::string::npos) {
    read_json(context);
  }
}

void CredentialExtractor::mark_equal(std::vector<CredentialSighting>& sightings) {
  for (CredentialSighting& one : sightings) {
    if (one.basis >= Basis::Format) continue;
    for (const CredentialSighting& other : sightings) {
      const bool elsewhere =
          other.part != one.part || other.place != one.place || other.name != one.name;
      if (&one != &other && elsewhere && other.credential == one.credential) {
        one.basis = Basis::Equal;
        break;
      }
    }
  }
}

}  // namespace leaktap
