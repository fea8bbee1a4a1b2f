// Names are judged by their last words, as the last noun says what a thing is: an "api_key_id" is
// an id, a "user_access_token" a token. So a name is cut into lower-case words, and its last three,
// two and one words are looked up, written together: that finds api_key, apiKey, X-API-Key and
// apikey in one row. Words before them can only take the meaning away (csrf_token, next_page_token,
// primary_key).

#include "detectors/classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "detectors/text_codec.h"

namespace leaktap {
namespace {

using Names = std::span<const std::string_view>;

bool contains(Names sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

// ---- Names ------------------------------------------------------------------------------------

struct NameRow {
  std::string_view tail;  // the last words, written together
  NameClass name_class;
  CredentialKind kind;
};

// Sorted by tail; a test holds that.
constexpr NameRow kNameRows[] = {
    {"accesskey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"accesstoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"accountkey", NameClass::Unambiguous, CredentialKind::CloudKey},
    {"adminkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"admintoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"apikey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"apisecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"apitoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"appkey", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"applicationkey", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"appsecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"auth", NameClass::Ambiguous, CredentialKind::AccessToken},
    {"authkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"authorization", NameClass::Ambiguous, CredentialKind::BearerToken},
    {"authtoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"bearer", NameClass::Ambiguous, CredentialKind::BearerToken},
    {"bearertoken", NameClass::Unambiguous, CredentialKind::BearerToken},
    {"bottoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"clientassertion", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"clientsecret", NameClass::OnlyCredentials, CredentialKind::ClientSecret},
    {"codeverifier", NameClass::Unambiguous, CredentialKind::AuthorizationCode},
    {"consumersecret", NameClass::OnlyCredentials, CredentialKind::ClientSecret},
    {"credential", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"credentials", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"deploytoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"encryptionkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"functionskey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"hapikey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"hmac", NameClass::Ambiguous, CredentialKind::SignedUrl},
    {"idtoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"jobtoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"jwt", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"jwttoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"key", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"licensekey", NameClass::Ambiguous, CredentialKind::ApiKey},
    {"logintoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"masterkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"oauthtoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"oauthtokensecret", NameClass::OnlyCredentials, CredentialKind::ClientSecret},
    {"passcode", NameClass::OnlyCredentials, CredentialKind::Password},
    {"passphrase", NameClass::OnlyCredentials, CredentialKind::Password},
    {"passwd", NameClass::OnlyCredentials, CredentialKind::Password},
    {"password", NameClass::OnlyCredentials, CredentialKind::Password},
    {"privatekey", NameClass::OnlyCredentials, CredentialKind::PrivateKey},
    {"privatetoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"pwd", NameClass::OnlyCredentials, CredentialKind::Password},
    {"rapidapikey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"refreshtoken", NameClass::OnlyCredentials, CredentialKind::RefreshToken},
    {"sastoken", NameClass::Unambiguous, CredentialKind::SignedUrl},
    {"secret", NameClass::Ambiguous, CredentialKind::ClientSecret},
    {"secretaccesskey", NameClass::OnlyCredentials, CredentialKind::CloudKey},
    {"secretkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"secrettoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"securitytoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"servicekey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"servicerolekey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"servicetoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"session", NameClass::Ambiguous, CredentialKind::SessionCookie},
    {"sessionid", NameClass::Ambiguous, CredentialKind::SessionCookie},
    {"sessionkey", NameClass::Unambiguous, CredentialKind::SessionCookie},
    {"sessiontoken", NameClass::Unambiguous, CredentialKind::SessionCookie},
    {"sharedaccesskey", NameClass::OnlyCredentials, CredentialKind::CloudKey},
    {"sharedsecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"sid", NameClass::Ambiguous, CredentialKind::SessionCookie},
    {"sig", NameClass::Ambiguous, CredentialKind::SignedUrl},
    {"signature", NameClass::Ambiguous, CredentialKind::SignedUrl},
    {"signingkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"signingsecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"storagekey", NameClass::Ambiguous, CredentialKind::CloudKey},
    {"subscriptionkey", NameClass::Unambiguous, CredentialKind::ApiKey},
    {"ticket", NameClass::Ambiguous, CredentialKind::AccessToken},
    {"token", NameClass::Ambiguous, CredentialKind::AccessToken},
    {"tokensecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
    {"usertoken", NameClass::Unambiguous, CredentialKind::AccessToken},
    {"webhooksecret", NameClass::Unambiguous, CredentialKind::ClientSecret},
};

// Anywhere in a name these say that its value grants nothing by itself. Sorted.
constexpr std::string_view kNeverWords[] = {"antiforgery",
                                            "captcha",
                                            "checksum",
                                            "csrf",
                                            "csrfmiddlewaretoken",
                                            "csrftoken",
                                            "cursor",
                                            "etag",
                                            "hcaptcha",
                                            "idempotency",
                                            "idempotencykey",
                                            "integrity",
                                            "nextpagetoken",
                                            "nonce",
                                            "pagetoken",
                                            "recaptcha",
                                            "requestverificationtoken",
                                            "sitekey",
                                            "state",
                                            "turnstile",
                                            "viewstate",
                                            "websocket",
                                            "xsrf"};
static_assert(std::is_sorted(std::begin(kNeverWords), std::end(kNeverWords)));

// Before a last word of "token": paging, devices, concurrency, one-time links, model usage. Sorted.
constexpr std::string_view kNeverTokens[] = {
    "activation",   "apns",         "authenticity", "cached",       "change",  "completion",
    "confirm",      "confirmation", "continuation", "delta",        "device",  "fcm",
    "input",        "invitation",   "invite",       "max",          "min",     "next",
    "optout",       "output",       "page",         "pagination",   "paging",  "prev",
    "previous",     "prompt",       "push",         "registration", "request", "reset",
    "resume",       "scroll",       "sequence",     "skip",         "start",   "sync",
    "synchronizer", "total",        "unsubscribe",  "verification", "verify"};
static_assert(std::is_sorted(std::begin(kNeverTokens), std::end(kNeverTokens)));

// Before a last word of "key": databases, caches, storage, keyboards, texts, public halves. Sorted.
constexpr std::string_view kNeverKeys[] = {
    "cache",   "column",   "composite",   "dedup",  "dictionary",  "event",  "field",  "file",
    "filter",  "foreign",  "group",       "hash",   "host",        "hot",    "i18n",   "index",
    "item",    "job",      "lookup",      "map",    "message",     "object", "order",  "partition",
    "primary", "project",  "property",    "public", "publishable", "query",  "range",  "react",
    "record",  "row",      "s3",          "shard",  "shortcut",    "site",   "socket", "sort",
    "state",   "template", "translation", "unique"};
static_assert(std::is_sorted(std::begin(kNeverKeys), std::end(kNeverKeys)));

constexpr std::string_view kOneTimeWords[] = {"invite", "reset", "unsubscribe", "verification"};
constexpr std::string_view kPublicWords[] = {"public", "publishable"};

// Words behind "password" and its kin that leave it a password.
constexpr std::string_view kPasswordEndings[] = {"again", "confirm", "confirmation", "new",
                                                 "old",   "repeat",  "retype",       "verify"};

// The words of a name, in lower case and without what stood between them.
class Words {
 public:
  explicit Words(std::string_view name) {
    // The end of a name counts; a longer one loses its beginning.
    if (name.size() > kMax) name.remove_prefix(name.size() - kMax);
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char c = name[i];
      if (!is_letter(c) && !is_digit(c)) {
        inside_ = false;
        continue;
      }
      if (!inside_ || starts_word(name, i)) starts_[count_++] = size_;
      inside_ = true;
      text_[size_++] = lower(c);
    }
    starts_[count_] = size_;
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::string_view at(std::size_t i) const {
    return {text_.data() + starts_[i], starts_[i + 1] - starts_[i]};
  }
  // The last `n` words, written together.
  [[nodiscard]] std::string_view tail(std::size_t n) const {
    return {text_.data() + starts_[count_ - n], starts_[count_] - starts_[count_ - n]};
  }
  void drop_last() { --count_; }
  // token2, key_1
  void drop_number() {
    while (count_ > 0) {
      std::size_t end = starts_[count_];
      while (end > starts_[count_ - 1] && is_digit(text_[end - 1])) --end;
      if (end > starts_[count_ - 1]) {
        starts_[count_] = end;
        return;
      }
      --count_;
    }
  }

 private:
  static constexpr std::size_t kMax = 96;

  // accessToken, APIKey
  static bool starts_word(std::string_view name, std::size_t i) {
    if (!is_upper(name[i])) return false;
    if (is_lower(name[i - 1]) || is_digit(name[i - 1])) return true;
    return is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
  }

  std::array<char, kMax> text_;
  std::array<std::size_t, kMax + 1> starts_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
  bool inside_ = false;
};

const NameRow* row_named(std::string_view tail) {
  const auto* const found = std::lower_bound(
      std::begin(kNameRows), std::end(kNameRows), tail,
      [](const NameRow& row, std::string_view wanted) { return row.tail < wanted; });
  return found != std::end(kNameRows) && found->tail == tail ? found : nullptr;
}

const NameRow* row_of(const Words& words) {
  for (std::size_t n = std::min<std::size_t>(words.count(), 3); n > 0; --n) {
    if (const NameRow* row = row_named(words.tail(n))) return row;
  }
  // "pass" is a password only where nothing stands before it: a boarding_pass is none.
  static constexpr NameRow kPass = {"pass", NameClass::OnlyCredentials, CredentialKind::Password};
  return words.count() == 1 && words.at(0) == "pass" ? &kPass : nullptr;
}

bool has_word(const Words& words, Names wanted) {
  for (std::size_t i = 0; i < words.count(); ++i) {
    if (contains(wanted, words.at(i))) return true;
  }
  return false;
}

bool denied(const Words& words) {
  if (has_word(words, kNeverWords)) return true;
  if (words.count() < 2) return false;
  const std::string_view last = words.at(words.count() - 1);
  // Only the word right before counts: a project_key is none, a project_api_key is one.
  const std::string_view before = words.at(words.count() - 2);
  if (last == "token") return contains(kNeverTokens, before) || has_word(words, kOneTimeWords);
  if (last == "key") return contains(kNeverKeys, before) || has_word(words, kPublicWords);
  return false;
}

NameVerdict judge_words(Words& words) {
  words.drop_number();
  // token_value, secret_string
  if (words.count() > 1 && (words.at(words.count() - 1) == "value")) words.drop_last();
  if (words.count() == 0) return {};
  if (denied(words)) return {NameClass::Never, CredentialKind::ApiKey};
  if (const NameRow* row = row_of(words)) return {row->name_class, row->kind};
  const bool confirms = std::find(std::begin(kPasswordEndings), std::end(kPasswordEndings),
                                  words.at(words.count() - 1)) != std::end(kPasswordEndings);
  if (!confirms || words.count() < 2) return {};
  words.drop_last();
  const NameRow* row = row_of(words);
  if (row == nullptr || row->kind != CredentialKind::Password) return {};
  return {row->name_class, row->kind};
}

// ---- Headers and cookies ----------------------------------------------------------------------

struct PlaceRow {
  std::string_view name;
  CredentialKind kind;
};

// Headers whose words do not say it all; those that end in api-key, access-token, auth-token,
// secret and so on need no row. Sorted.
constexpr PlaceRow kHeaders[] = {
    {"access-token", CredentialKind::AccessToken},
    {"api-key", CredentialKind::ApiKey},
    {"cb-access-key", CredentialKind::ApiKey},
    {"cb-access-sign", CredentialKind::SignedUrl},
    {"cf-access-jwt-assertion", CredentialKind::AccessToken},
    {"circle-token", CredentialKind::AccessToken},
    {"dd-application-key", CredentialKind::ApiKey},
    {"deploy-token", CredentialKind::AccessToken},
    {"fastly-key", CredentialKind::ApiKey},
    {"job-token", CredentialKind::AccessToken},
    {"private-token", CredentialKind::AccessToken},
    {"token", CredentialKind::AccessToken},
    {"x-amzn-oidc-accesstoken", CredentialKind::AccessToken},
    {"x-amzn-oidc-data", CredentialKind::AccessToken},
    {"x-appwrite-key", CredentialKind::ApiKey},
    {"x-auth", CredentialKind::AccessToken},
    {"x-auth-key", CredentialKind::ApiKey},
    {"x-aws-ec2-metadata-token", CredentialKind::AccessToken},
    {"x-consul-token", CredentialKind::AccessToken},
    {"x-figma-token", CredentialKind::AccessToken},
    {"x-functions-key", CredentialKind::ApiKey},
    {"x-github-token", CredentialKind::AccessToken},
    {"x-gitlab-token", CredentialKind::AccessToken},
    {"x-goog-iap-jwt-assertion", CredentialKind::AccessToken},
    {"x-honeycomb-team", CredentialKind::ApiKey},
    {"x-id-token", CredentialKind::AccessToken},
    {"x-internal-key", CredentialKind::ApiKey},
    {"x-internal-token", CredentialKind::AccessToken},
    {"x-jfrog-art-api", CredentialKind::ApiKey},
    {"x-jwt-assertion", CredentialKind::AccessToken},
    {"x-key", CredentialKind::ApiKey},
    {"x-nomad-token", CredentialKind::AccessToken},
    {"x-parse-rest-api-key", CredentialKind::ApiKey},
    {"x-plex-token", CredentialKind::AccessToken},
    {"x-postmark-account-token", CredentialKind::AccessToken},
    {"x-postmark-server-token", CredentialKind::AccessToken},
    {"x-riot-token", CredentialKind::AccessToken},
    {"x-sf-token", CredentialKind::AccessToken},
    {"x-subject-token", CredentialKind::AccessToken},
    {"x-token", CredentialKind::AccessToken},
    {"x-vault-token", CredentialKind::AccessToken},
};

// Cookie names without __Host- and __Secure-, in lower case. Sorted.
constexpr PlaceRow kCookies[] = {
    {".aspnet.applicationcookie", CredentialKind::SessionCookie},
    {".aspnetcore.cookies", CredentialKind::SessionCookie},
    {".aspnetcore.session", CredentialKind::SessionCookie},
    {".aspxauth", CredentialKind::SessionCookie},
    {"_oauth2_proxy", CredentialKind::SessionCookie},
    {"appservice_auth", CredentialKind::SessionCookie},
    {"appservice_authsession", CredentialKind::SessionCookie},
    {"appsession", CredentialKind::SessionCookie},
    {"asp.net_sessionid", CredentialKind::SessionCookie},
    {"auth", CredentialKind::AccessToken},
    {"authelia_session", CredentialKind::SessionCookie},
    {"authorization", CredentialKind::AccessToken},
    {"cf_authorization", CredentialKind::AccessToken},
    {"cfid", CredentialKind::SessionCookie},
    {"cftoken", CredentialKind::SessionCookie},
    {"connect.sid", CredentialKind::SessionCookie},
    {"jsessionid", CredentialKind::SessionCookie},
    {"jsessionidsso", CredentialKind::SessionCookie},
    {"keycloak_identity", CredentialKind::SessionCookie},
    {"keycloak_session", CredentialKind::SessionCookie},
    {"koa.sess", CredentialKind::SessionCookie},
    {"phpsessid", CredentialKind::SessionCookie},
    {"remember_me", CredentialKind::SessionCookie},
    {"rememberme", CredentialKind::SessionCookie},
    {"sessid", CredentialKind::SessionCookie},
    {"sessionid", CredentialKind::SessionCookie},
    {"token", CredentialKind::AccessToken},
};

// What analytics scripts call a session. Lower case.
constexpr std::string_view kAnalyticsCookies[] = {
    "_ga",  "_hj", "_pk_",      "_sp_",       "_utm", "__utm",      "_shopify_s",
    "ajs_", "mp_", "amplitude", "ai_session", "_dd_", "optimizely", "_clsk"};
constexpr std::string_view kCookieBeginnings[] = {"aspsessionid", "wordpress_logged_in_",
                                                  "wordpress_sec_", "remember_web_"};

const PlaceRow* place_named(std::span<const PlaceRow> rows, std::string_view name) {
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), name,
      [](const PlaceRow& row, std::string_view wanted) { return row.name < wanted; });
  return found != rows.end() && found->name == name ? &*found : nullptr;
}

bool begins_with_any(std::string_view name, Names beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [name](std::string_view beginning) { return name.starts_with(beginning); });
}

// ---- Values -----------------------------------------------------------------------------------

// What an empty field of a form, a schema or a serializer looks like.
constexpr std::string_view kEmptyWords[] = {
    "basic", "bearer", "disabled", "enabled",  "false", "no",   "none",      "null", "object",
    "off",   "on",     "optional", "required", "text",  "true", "undefined", "yes"};
static_assert(std::is_sorted(std::begin(kEmptyWords), std::end(kEmptyWords)));

bool is_number(std::string_view value) {
  return !value.empty() && all(value, [](char c) {
    return is_digit(c) || c == '.' || c == '-' || c == '+' || c == ',';
  }) && std::any_of(value.begin(), value.end(), is_digit);
}

// Dates, times, addresses and lists of numbers: digits and what stands between them.
bool is_digits_and_marks(std::string_view value) {
  return all(value, [](char c) {
    return is_digit(c) || c == '.' || c == ':' || c == '-' || c == '+' || c == ',' || c == '/' ||
           c == 'T' || c == 'Z' || c == ' ';
  });
}

bool is_uuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !is_hex(value[i])) return false;
  }
  return true;
}

bool is_url(std::string_view value) { return value.find("://") != std::string_view::npos; }

bool printable_without_spaces(std::string_view value) {
  return all(value, [](char c) { return c > ' ' && c < '\x7f'; });
}

// The size of the smallest usual alphabet that holds every character.
double alphabet_size(std::string_view value) {
  bool digit = false;
  bool beyond_hex = false;
  bool low = false;
  bool up = false;
  bool base64 = false;
  bool other = false;
  for (const char c : value) {
    digit |= is_digit(c);
    low |= is_lower(c);
    up |= is_upper(c);
    beyond_hex |= is_letter(c) && !is_hex(c);
    base64 |= c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
    other |=
        !is_letter(c) && !is_digit(c) && c != '+' && c != '/' && c != '-' && c != '_' && c != '=';
  }
  if (other) return 94;
  if (base64) return 64;
  if (low && up) return beyond_hex ? 62 : 22;
  if (!low && !up) return digit ? 10 : 1;
  if (!beyond_hex) return 16;
  return digit ? 36 : 26;
}

// One run of letters: does it read like words, camelCase included? Random letters change case too
// often, hold too few vowels or too many consonants in a row.
bool letters_read_like_words(std::string_view letters) {
  std::size_t humps = 0;
  std::size_t capitals = 0;
  std::size_t vowels = 0;
  std::size_t consonants = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (is_upper(letters[i]) && i > 0 && is_lower(letters[i - 1])) ++humps;
    capitals += is_upper(letters[i]) ? 1 : 0;
    const char c = lower(letters[i]);
    const bool vowel = c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
    vowels += vowel ? 1 : 0;
    consonants = vowel ? 0 : consonants + 1;
    longest = std::max(longest, consonants);
  }
  if (letters.size() < 4) return true;
  if (humps * 3 > letters.size()) return false;
  const bool mixed = capitals > 0 && capitals < letters.size();
  if (mixed && letters.size() >= 12 && capitals * 3 > letters.size()) return false;
  // Abbreviations ("https", "mgmt") are short; what is long has to be pronounced.
  if (letters.size() < 8) return vowels > 0 || letters.size() < 6;
  return vowels * 100 >= letters.size() * 24 && longest <= 5;
}

// ---- Placeholders -----------------------------------------------------------------------------

constexpr std::string_view kPlaceholders[] = {
    "change-me", "change_me", "changeit", "changeme", "dummy", "example",
    "hidden",    "masked",    "nil",      "none",     "null",  "placeholder",
    "redacted",  "sample",    "string",   "tbd",      "todo",  "undefined"};
static_assert(std::is_sorted(std::begin(kPlaceholders), std::end(kPlaceholders)));

// A value made of these words and the next ones is a placeholder if one of these is among them.
constexpr std::string_view kStrongWords[] = {"changeme", "dummy",   "enter",  "example",
                                             "fake",     "here",    "insert", "placeholder",
                                             "redacted", "replace", "sample", "your"};
static_assert(std::is_sorted(std::begin(kStrongWords), std::end(kStrongWords)));
constexpr std::string_view kWeakWords[] = {
    "a",      "access", "account",  "actual",   "admin",   "an",      "api",
    "apikey", "app",    "auth",     "bearer",   "client",  "demo",    "goes",
    "id",     "in",     "jwt",      "key",      "live",    "me",      "my",
    "name",   "not",    "password", "personal", "pk",      "private", "project",
    "public", "real",   "refresh",  "secret",   "service", "sk",      "string",
    "test",   "the",    "this",     "token",    "user",    "value",   "with"};
static_assert(std::is_sorted(std::begin(kWeakWords), std::end(kWeakWords)));

bool made_of_placeholder_words(std::string_view value) {
  if (value.size() > 80) return false;
  Words words(value);
  words.drop_number();
  bool strong = false;
  for (std::size_t i = 0; i < words.count(); ++i) {
    const std::string_view word = words.at(i);
    const bool crosses = word.size() >= 3 && all(word, [](char c) { return c == 'x'; });
    if (crosses || contains(kStrongWords, word)) {
      strong = true;
    } else if (!contains(kWeakWords, word)) {
      return false;
    }
  }
  return strong;
}

bool enclosed(std::string_view value, std::string_view open, std::string_view close) {
  return value.size() > open.size() + close.size() && value.starts_with(open) &&
         value.ends_with(close);
}

bool is_template(std::string_view value) {
  if (enclosed(value, "<", ">") || enclosed(value, "${", "}") || enclosed(value, "{{", "}}") ||
      enclosed(value, "{", "}") || enclosed(value, "[", "]") || enclosed(value, "$(", ")") ||
      enclosed(value, "%(", ")s") || enclosed(value, "<%", "%>")) {
    // A JSON object or list is a value that was not taken apart, no template.
    return value.find('"') == std::string_view::npos;
  }
  const auto shell_name = [](char c) { return is_upper(c) || is_digit(c) || c == '_'; };
  if (value.size() > 2 && value[0] == '$' && is_upper(value[1])) {
    return all(value.substr(1), shell_name);
  }
  return enclosed(value, "%", "%") && all(value.substr(1, value.size() - 2), shell_name);
}

// Samples of manuals; in halves, so that no scanner takes this file for a leak.
bool is_documented_sample(std::string_view value) {
  if (value.size() == 20 && value.ends_with("EXAMPLE") &&
      (value.starts_with("AKIA") || value.starts_with("ASIA"))) {
    return true;
  }
  if (value.size() == 40 && value.ends_with("EXAMPLEKEY")) return true;
  // jwt.io: {"sub":"1234567890","name":"John Doe", whatever the header.
  return value.starts_with("eyJ") && value.find(
                                         ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ikpva"
                                         "G4gRG9lI") != std::string_view::npos;
}

bool is_masked(std::string_view value) {
  return value.find("***") != std::string_view::npos ||
         value.find("•••") != std::string_view::npos || value.find("…") != std::string_view::npos;
}

}  // namespace

bool looks_like_words(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (!letters_read_like_words(text.substr(i, end - i))) return false;
    std::size_t digits = end;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    // "oauth2", "alice1987", "v2": a few digits behind a word, and then something between words.
    if (digits - end > 4) return false;
    if (digits > end && digits < text.size() && is_letter(text[digits])) return false;
    i = digits;
    while (i < text.size() && !is_letter(text[i]) && !is_digit(text[i])) ++i;
  }
  return true;
}

NameVerdict judge_name(std::string_view name) {
  Words words(name);
  return judge_words(words);
}

std::optional<CredentialKind> credential_header(std::string_view name) {
  if (name == "authorization" || name == "proxy-authorization" || name == "cookie" ||
      name == "set-cookie") {
    return std::nullopt;
  }
  if (const PlaceRow* row = place_named(kHeaders, name)) return row->kind;
  const NameVerdict verdict = judge_name(name);
  if (verdict.name_class == NameClass::OnlyCredentials ||
      verdict.name_class == NameClass::Unambiguous) {
    return verdict.kind;
  }
  if (verdict.name_class == NameClass::Ambiguous && verdict.kind == CredentialKind::ClientSecret) {
    return verdict.kind;
  }
  return std::nullopt;
}

std::optional<CredentialKind> credential_cookie(std::string_view name) {
  const std::string lowered = to_lower(name);
  std::string_view bare = lowered;
  for (const std::string_view prefix : {"__host-", "__secure-"}) {
    if (bare.starts_with(prefix)) bare.remove_prefix(prefix.size());
  }
  if (begins_with_any(bare, kAnalyticsCookies)) return std::nullopt;
  if (const PlaceRow* row = place_named(kCookies, bare)) return row->kind;
  if (begins_with_any(bare, kCookieBeginnings)) return CredentialKind::SessionCookie;
  const NameVerdict verdict = judge_name(name);
  if (verdict.name_class == NameClass::OnlyCredentials ||
      verdict.name_class == NameClass::Unambiguous) {
    return verdict.kind;
  }
  const bool session = verdict.kind == CredentialKind::SessionCookie;
  if (verdict.name_class == NameClass::Ambiguous && session) return verdict.kind;
  return bare.ends_with("sessid") || bare.ends_with("session_token")
             ? std::optional(CredentialKind::SessionCookie)
             : std::nullopt;
}

bool is_placeholder(std::string_view value) {
  if (value.empty()) return true;
  if (value.size() < 64) {
    const std::string lowered = to_lower(value);
    if (contains(kPlaceholders, lowered)) return true;
    if (lowered.size() >= 3 && all(lowered, [&](char c) { return c == lowered[0]; })) return true;
  }
  return is_template(value) || is_masked(value) || is_documented_sample(value) ||
         made_of_placeholder_words(value);
}

double shannon_bits_per_character(std::string_view value) {
  if (value.empty()) return 0;
  std::array<std::uint32_t, 256> counts{};
  for (const char c : value) ++counts[static_cast<std::uint8_t>(c)];
  const double size = static_cast<double>(value.size());
  double sum = 0;
  for (const std::uint32_t count : counts) {
    if (count > 1) sum += count * std::log2(static_cast<double>(count));
  }
  return std::log2(size) - sum / size;
}

double estimated_bits(std::string_view value) {
  return static_cast<double>(value.size()) * std::log2(alphabet_size(value));
}

bool looks_random(std::string_view value) {
  if (value.size() < 16 || !printable_without_spaces(value)) return false;
  if (is_uuid(value) || is_digits_and_marks(value) || is_url(value)) return false;
  if (looks_like_words(value)) return false;
  const double most = std::log2(std::min(static_cast<double>(value.size()), alphabet_size(value)));
  return shannon_bits_per_character(value) >= 0.75 * most;
}

std::optional<ValueVerdict> judge_named_value(std::string_view name, std::string_view value) {
  constexpr std::size_t kLongest = 16 * 1024;
  constexpr std::size_t kShortest = 6;
  if (value.size() < 3 || value.size() > kLongest) return std::nullopt;
  const NameVerdict verdict = judge_name(name);
  if (verdict.name_class == NameClass::Nothing || verdict.name_class == NameClass::Never) {
    return std::nullopt;
  }
  if (value.size() <= 9 && contains(kEmptyWords, to_lower(value))) return std::nullopt;
  if (is_placeholder(value)) return std::nullopt;
  const bool password = verdict.kind == CredentialKind::Password;
  if (verdict.name_class == NameClass::OnlyCredentials) {
    // A message about a password ("must be at least 8 characters") is none.
    if (password && std::count(value.begin(), value.end(), ' ') > 5) return std::nullopt;
    const bool has_space = value.find(' ') != std::string_view::npos;
    if (!password && verdict.kind != CredentialKind::PrivateKey &&
        (value.size() < kShortest || has_space)) {
      return std::nullopt;
    }
    return ValueVerdict{verdict.kind, Basis::Place};
  }
  if (verdict.name_class == NameClass::Unambiguous) {
    if (value.size() < kShortest || !printable_without_spaces(value)) return std::nullopt;
    if (is_url(value) || (is_number(value) && value.size() < 16)) return std::nullopt;
    return ValueVerdict{verdict.kind, Basis::UnambiguousName};
  }
  if (!looks_random(value)) return std::nullopt;
  return ValueVerdict{verdict.kind, Basis::AmbiguousName};
}

}  // namespace leaktap
