// Finds the credentials of a message's head and body: byte rules and named values, made one list.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "detectors/classifier.h"
#include "detectors/credential_table.h"
#include "detectors/inspection.h"
#include "detectors/rule_matcher.h"

namespace leaktap {

class CredentialExtractor {
 public:
  // Both must outlive the extractor.
  CredentialExtractor(RuleMatcher& matcher, CredentialTable& table)
      : matcher_(matcher), table_(table) {}

  // Appends the sightings of a head. The value's rule wins over the name; a value found by both
  // stands once, at its most specific place.
  void read_head(const HttpMessage& message, Part part, const CredentialTable::Lease& lease,
                 std::vector<CredentialSighting>& sightings);
  // The named values of a form or JSON body, which must be all of it.
  void read_body(const HttpMessage& message, Part part, const CredentialTable::Lease& lease,
                 std::vector<CredentialSighting>& sightings);
  // A byte match in a body at position `begin`.
  void add_match(const RuleMatch& match, std::string_view block, std::uint64_t block_begin,
                 Part part, const CredentialTable::Lease& lease,
                 std::vector<CredentialSighting>& sightings);

  // A copy, at [begin, end) of a head, of the credential of sighting `of`; its place follows from
  // where it stands.
  static void add_copy(const HttpMessage& message, Part part, std::size_t begin, std::size_t end,
                       std::size_t of, std::vector<CredentialSighting>& sightings);

  // A value equal to another credential of the exchange is one for certain.
  static void mark_equal(std::vector<CredentialSighting>& sightings);

  static constexpr std::size_t kMostSightings = 256;  // an exchange

 private:
  // The place that a parser is in.
  struct Context {
    const HttpMessage* message;
    Part part;
    const CredentialTable::Lease* lease;
    std::vector<CredentialSighting>* sightings;
    std::string_view text;  // head or body; ranges are offsets in it
    bool in_head;
    [[nodiscard]] std::string_view at(TextRange range) const {
      return text.substr(range.begin, range.end - range.begin);
    }
  };
  class JsonReader;
  static CredentialSighting describe(const Context& context, Place place, std::string_view field,
                                     CredentialKind kind, Basis basis, TextRange range);
  void read_target(const Context& context);
  void read_path(const Context& context, TextRange path);
  void read_matrix(const Context& context, std::size_t begin, std::size_t end);
  void read_authority(const Context& context, TextRange authority, Place place);
  void read_pairs(const Context& context, TextRange text, Place place, std::string_view field);
  void read_url(const Context& context, TextRange url, Place query, Place fragment,
                std::string_view field);
  void read_field(const Context& context, const HttpMessage::Field& field);
  void read_authorization(const Context& context, TextRange value, std::string_view field);
  void read_basic(const Context& context, TextRange value, std::string_view field);
  void read_cookies(const Context& context, TextRange value);
  void read_set_cookie(const Context& context, TextRange value);
  void read_cookie(const Context& context, TextRange pair, Place place);
  void read_json(const Context& context);
  void add_rest_of_matches(const Context& context);
  // Judges a named value that stands at `range`; `decoded` is what it means.
  void judge(const Context& context, Place place, std::string_view field, std::string_view name,
             std::string_view decoded, TextRange range);
  // Whether byte rules matched inside `range`; their values are added as standing at that place.
  bool take_matches(const Context& context, Place place, std::string_view field,
                    std::string_view name, TextRange range);
  void add_by_rule(const Context& context, Place place, std::string_view field,
                   std::string_view name, const Rule& rule, std::string_view value,
                   TextRange range);
  void add(const Context& context, const CredentialSighting& about, std::string_view name,
           std::string_view value);

  // What the name of a header says, looked up once for each spelling; starts anew when it has seen
  // too many.
  struct FieldClass {
    enum class Kind : std::uint8_t { Other, Authorization, Cookie, SetCookie, Url, Credential };
    Kind kind = Kind::Other;
    CredentialKind credential = CredentialKind::ApiKey;
    std::string lower;
    std::string_view url;  // static_field_name
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  const FieldClass& class_of_field(std::string_view name);

  RuleMatcher& matcher_;
  CredentialTable& table_;
  std::unordered_map<std::string, FieldClass, TextHash, std::equal_to<>> fields_;
  std::vector<RuleMatch> matches_;  // of the head being read, ascending
  std::vector<bool> taken_;         // which of them have found their place
};

// A name fit for a location: at most 64 characters of [A-Za-z0-9_.$\-\[\]], and not itself a random
// value; "*" for any other.
std::string safe_name(std::string_view name);

}  // namespace leaktap
