#include "detectors/classifier.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace leaktap {
namespace {

std::string text_of(const NameVerdict& verdict) {
  switch (verdict.name_class) {
    case NameClass::Nothing:
      return "nothing";
    case NameClass::Never:
      return "never";
    case NameClass::OnlyCredentials:
      return "only " + std::string(name_of(verdict.kind));
    case NameClass::Unambiguous:
      return "clear " + std::string(name_of(verdict.kind));
    case NameClass::Ambiguous:
      return "maybe " + std::string(name_of(verdict.kind));
  }
  return "?";
}

std::string text_of(const std::optional<CredentialKind>& kind) {
  return kind ? std::string(name_of(*kind)) : "none";
}

std::string text_of(const std::optional<ValueVerdict>& verdict) {
  if (!verdict) return "none";
  const char* basis = verdict->basis == Basis::Place             ? "place "
                      : verdict->basis == Basis::UnambiguousName ? "clear "
                                                                 : "maybe ";
  return basis + std::string(name_of(verdict->kind));
}

// Random digits of `alphabet`, the same on every run.
std::string random_text(std::size_t size, std::string_view alphabet, unsigned seed = 7) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += alphabet[random() % alphabet.size()];
  return text;
}
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

TEST_CASE("A name is judged by its words") {
  auto [name, verdict] = GENERATE(table<std::string, std::string>({
      {"api_key", "clear api-key"},
      {"apikey", "clear api-key"},
      {"apiKey", "clear api-key"},
      {"APIKey", "clear api-key"},
      {"X-API-Key", "clear api-key"},
      {"api.key", "clear api-key"},
      {"user[api_key]", "clear api-key"},
      {"api_keys[0][api_key2]", "clear api-key"},
      {"stripe_api_key", "clear api-key"},
      {"project_api_key", "clear api-key"},
      {"access_token", "clear access-token"},
      {"accessToken", "clear access-token"},
      {"device_access_token", "clear access-token"},
      {"id_token", "clear access-token"},
      {"authToken", "clear access-token"},
      {"client_secret", "only client-secret"},
      {"clientSecret", "only client-secret"},
      {"refresh_token", "only refresh-token"},
      {"password", "only password"},
      {"newPassword", "only password"},
      {"password_confirmation", "only password"},
      {"pass", "only password"},
      {"private_key", "only private-key"},
      {"aws_secret_access_key", "only cloud-key"},
      {"session_token", "clear session-cookie"},
      {"webhook_secret", "clear client-secret"},
      {"key", "maybe api-key"},
      {"token", "maybe access-token"},
      {"sig", "maybe signed-url"},
      {"X-Amz-Signature", "maybe signed-url"},
      {"auth", "maybe access-token"},
      {"secret", "maybe client-secret"},
      {"sid", "maybe session-cookie"},
  }));
  INFO(name);
  CHECK(text_of(judge_name(name)) == verdict);
}

TEST_CASE("Names that grant nothing are never credentials") {
  const auto* const name = GENERATE(
      "csrf_token", "csrfmiddlewaretoken", "_csrf", "X-CSRF-Token", "xsrfToken",
      "authenticity_token", "__RequestVerificationToken", "nonce", "state", "session_state",
      "cursor", "page_token", "nextPageToken", "next_token", "sync_token", "continuationToken",
      "NextContinuationToken", "device_token", "push_token", "fcm_registration_token",
      "idempotency_key", "Idempotency-Key", "etag", "partition_key", "partitionKey", "primary_key",
      "public_key", "publicApiKey", "foreign_key", "cache_key", "object_key", "sort_key",
      "site_key", "sitekey", "g-recaptcha-response", "h-captcha-response", "Sec-WebSocket-Key",
      "reset_password_token", "verification_token", "unsubscribe_token", "client_request_token",
      "__VIEWSTATE");
  INFO(name);
  CHECK(text_of(judge_name(name)) == "never");
  CHECK(text_of(judge_named_value(name, random_text(32, kBase62))) == "none");
}

TEST_CASE("Names that only sound alike say nothing") {
  const auto* const name =
      GENERATE("", "[]", "1", "code", "monkey", "keyword", "keyboard", "tokens", "max_tokens",
               "token_type", "expires_in", "access_token_expires_at", "api_key_id", "key_id", "kid",
               "password_policy", "has_password_set", "passport", "boarding_pass", "author",
               "secretary", "signal", "design", "token_endpoint", "client_id", "sidebar",
               "session_count", "passwordHash", "hash", "checksums");
  INFO(name);
  CHECK(text_of(judge_name(name)) == "nothing");
}

TEST_CASE("Headers that hold only credentials") {
  auto [name, kind] = GENERATE(table<std::string, std::string>({
      {"x-api-key", "api-key"},
      {"api-key", "api-key"},
      {"apikey", "api-key"},
      {"x-acme-apikey", "api-key"},
      {"x-auth-token", "access-token"},
      {"x-access-token", "access-token"},
      {"private-token", "access-token"},
      {"x-vault-token", "access-token"},
      {"ocp-apim-subscription-key", "api-key"},
      {"x-goog-api-key", "api-key"},
      {"dd-api-key", "api-key"},
      {"dd-application-key", "api-key"},
      {"x-shopify-access-token", "access-token"},
      {"x-amz-security-token", "access-token"},
      {"x-rapidapi-key", "api-key"},
      {"x-functions-key", "api-key"},
      {"x-hasura-admin-secret", "client-secret"},
      {"x-service-secret", "client-secret"},
      {"authorization", "none"},
      {"proxy-authorization", "none"},
      {"cookie", "none"},
      {"sec-websocket-key", "none"},
      {"x-csrf-token", "none"},
      {"idempotency-key", "none"},
      {"x-request-id", "none"},
      {"content-type", "none"},
      {"x-api-key-id", "none"},
  }));
  INFO(name);
  CHECK(text_of(credential_header(name)) == kind);
}

TEST_CASE("Cookies that hold sessions and tokens") {
  auto [name, kind] = GENERATE(table<std::string, std::string>({
      {"sessionid", "session-cookie"},
      {"JSESSIONID", "session-cookie"},
      {"PHPSESSID", "session-cookie"},
      {"connect.sid", "session-cookie"},
      {"session", "session-cookie"},
      {"__Host-session", "session-cookie"},
      {"__Secure-next-auth.session-token", "session-cookie"},
      {"laravel_session", "session-cookie"},
      {"_myapp_session", "session-cookie"},
      {".AspNetCore.Cookies", "session-cookie"},
      {"ASPSESSIONIDQABBCC", "session-cookie"},
      {"wordpress_logged_in_abc", "session-cookie"},
      {"access_token", "access-token"},
      {"jwt", "access-token"},
      {"refresh_token", "refresh-token"},
      {"csrftoken", "none"},
      {"XSRF-TOKEN", "none"},
      {"_ga", "none"},
      {"_hjSession_123", "none"},
      {"ai_session", "none"},
      {"theme", "none"},
      {"lang", "none"},
  }));
  INFO(name);
  CHECK(text_of(credential_cookie(name)) == kind);
}

TEST_CASE("Placeholders, whole values only") {
  const auto* const value = GENERATE(
      "", "example", "changeme", "CHANGEME", "xxxx", "XXXXXXXXXXXX", "********", "0000000000",
      "<token>", "<your api key>", "${API_KEY}", "{{token}}", "{token}", "$API_KEY", "%API_KEY%",
      "YOUR_API_KEY", "your-api-key-here", "[REDACTED]", "insert_token_here", "xxxx-xxxx-xxxx",
      "sk-****abcd", "AKIAIOSFODNN7EXAMPLE", "undefined", "null", "string", "my_example_key");
  INFO(value);
  CHECK(is_placeholder(value));
}

TEST_CASE("Values that only contain a placeholder's word are none") {
  const auto* const value = GENERATE("example.com", "hunter2", "secret-token", "changeme123x",
                                     "myexamplekeyring7f", "{\"a\":1}", "$ecret", "test-key-1");
  INFO(value);
  CHECK_FALSE(is_placeholder(value));
}

TEST_CASE("Random values look random") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CHECK(looks_random(random_text(32, kHex, seed)));
    CHECK(looks_random(random_text(24, kBase62, seed)));
    CHECK(looks_random(random_text(43, kBase62, seed)));
  }
}

TEST_CASE("Other long values do not") {
  const auto* const value =
      GENERATE("short", "0f8fad5b-d9cb-469f-a165-70867728950e", "12345678901234567890",
               "2024-01-31T10:00:00Z", "createdAtDescending", "my-very-long-setting-name",
               "alice1987@example.com", "ctrl+shift+down", "https://example.com/a/b/c",
               "192.168.100.100:8080", "1,2,3,4,5,6,7,8,9,10,11", "application/vnd.api+json",
               "aaaaaaaaaaaaaaaaaaaa1", "en_US.UTF-8.something", "a value with spaces in it",
               "internationalization", "/usr/local/share/documents");
  INFO(value);
  CHECK_FALSE(looks_random(value));
}

TEST_CASE("Entropy and strength") {
  CHECK(shannon_bits_per_character("") == 0);
  CHECK(shannon_bits_per_character("aaaa") == 0);
  CHECK(shannon_bits_per_character("abcd") == Approx(2));
  CHECK(shannon_bits_per_character("aabb") == Approx(1));
  CHECK(estimated_bits("12345678") == Approx(8 * 3.3219).epsilon(0.001));
  CHECK(estimated_bits(random_text(32, kHex)) == Approx(128));
  CHECK(estimated_bits("") == 0);
}

TEST_CASE("A value is judged together with its name") {
  const std::string key = random_text(32, kBase62);
  auto [name, value, verdict] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"api_key", "tenant-a-key", "clear api-key"},
      {"api_key", "short", "none"},
      {"api_key", "false", "none"},
      {"api_key", "required", "none"},
      {"api_key", "123456", "none"},
      {"api_key", "YOUR_API_KEY", "none"},
      {"api_key", "two words", "none"},
      {"access_token", "https://example.com/x", "none"},
      {"access_token", key, "clear access-token"},
      {"password", "hunter2", "place password"},
      {"password", "pa ss", "place password"},
      {"password", "12345", "place password"},
      {"password", "true", "none"},
      {"password", "must be at least 8 characters long", "none"},
      {"client_secret", "abc", "none"},
      {"client_secret", "s3cr3t!", "place client-secret"},
      {"key", "name", "none"},
      {"key", "created_at_descending", "none"},
      {"key", key, "maybe api-key"},
      {"token", "0f8fad5b-d9cb-469f-a165-70867728950e", "none"},
      {"token", key, "maybe access-token"},
      {"etag", key, "none"},
      {"q", key, "none"},
  }));
  INFO(name << " " << value);
  CHECK(text_of(judge_named_value(name, value)) == verdict);
}

TEST_CASE("Noise as name and value harms nothing") {
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string name(random() % 150, '\0');
    for (char& c : name) c = static_cast<char>(random() & 0xffU);
    std::string value(random() % 60, '\0');
    for (char& c : value) c = static_cast<char>(random() & 0xffU);
    (void)judge_named_value(name, value);
    (void)judge_named_value("token", value);
    (void)credential_header(name);
    (void)credential_cookie(name);
    (void)is_placeholder(value);
  }
}

}  // namespace
}  // namespace leaktap
