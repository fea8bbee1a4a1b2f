#include "detectors/jwt.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "detectors/text_codec.h"

namespace leaktap {
namespace {

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string jwt(std::string_view header, std::string_view payload,
                std::string_view signature = "c2lnbmF0dXJl") {
  return base64url(header) + "." + base64url(payload) + "." + std::string(signature);
}

constexpr std::string_view kHeader = R"({"alg":"RS256","typ":"at+jwt","kid":"1"})";

std::string text_of(const JwtClaims& claims) {
  std::string text;
  for (const auto& [name, value] : claims.claims) text += name + "=" + value + ";";
  return text;
}

std::string roles_of(std::string_view payload) {
  const auto claims = parse_jwt(jwt(kHeader, payload));
  if (!claims) return "no jwt";
  std::string text;
  for (const std::string& role : claims->roles) text += role + ";";
  return text;
}

TEST_CASE("A token's header and registered claims are read") {
  const auto claims = parse_jwt(jwt(
      kHeader,
      R"({"iss":"https://idp.example","sub":"u1","client_id":"app","exp":1700000600,"nbf":1700000000,"iat":1700000000.5})"));
  REQUIRE(claims);
  CHECK(claims->algorithm == "RS256");
  CHECK(claims->type == "at+jwt");
  CHECK(claims->issuer == "https://idp.example");
  CHECK(claims->subject == "u1");
  CHECK(claims->client_id == "app");
  CHECK(claims->expires == 1700000600);
  CHECK(claims->not_before == 1700000000);
  CHECK(claims->issued == 1700000000);
}

TEST_CASE("Times are numbers, or strings that hold one") {
  const auto times = [](std::string_view exp) {
    const auto claims = parse_jwt(jwt(kHeader, R"({"exp":)" + std::string(exp) + "}"));
    return claims ? claims->expires : std::nullopt;
  };
  CHECK(times("1.7e9") == 1700000000);
  CHECK(times(R"("1700000000")") == 1700000000);
  CHECK(times("1e300") == std::nullopt);
  CHECK(times(R"("soon")") == std::nullopt);
  CHECK(times("null") == std::nullopt);
  CHECK(times("-5") == -5);
}

TEST_CASE("Claims are listed in order, nested ones with their path") {
  auto [payload, expected] = GENERATE(table<std::string, std::string>({
      {"{}", ""},
      {R"({"tenant_id":"acme","org_id":7})", "tenant_id=acme;org_id=7;"},
      {R"({"app_metadata":{"tenant_id":"acme"}})", "app_metadata.tenant_id=acme;"},
      {R"({"https://example.com/tenant":"acme"})", "https://example.com/tenant=acme;"},
      {R"({"aud":["a","b"],"groups":[{"name":"g"}]})", "aud=a;aud=b;groups.name=g;"},
      {R"({"act":{"sub":"admin"},"gty":"client-credentials"})",
       "act.sub=admin;gty=client-credentials;"},
      {R"({"email_verified":true,"x":null,"tid":"t"})", "tid=t;"},
      {R"({"name":"J\u00fcrgen \"J\""})", "name=Jürgen \"J\";"},
  }));
  const auto claims = parse_jwt(jwt(kHeader, payload));
  REQUIRE(claims);
  CHECK(text_of(*claims) == expected);
}

TEST_CASE("Roles come from the members that issuers use") {
  CHECK(roles_of(R"({"scope":"read write"})") == "read;write;");
  CHECK(roles_of(R"({"scp":["a","b"]})") == "a;b;");
  CHECK(roles_of(R"({"role":"admin"})") == "admin;");
  CHECK(roles_of(R"({"roles":["x","support agent"]})") == "x;support agent;");
  CHECK(roles_of(R"({"realm_access":{"roles":["offline"]}})") == "offline;");
  CHECK(roles_of(R"({"resource_access":{"app":{"roles":["r"]}}})") == "r;");
  CHECK(roles_of(R"({"permissions":["p:read"]})") == "p:read;");
  CHECK(roles_of(R"({"https://example.com/roles":["n"]})") == "n;");
  CHECK(roles_of(R"({"scope":"","heroles":["no"],"sub":"x"})").empty());
}

TEST_CASE("The client is client_id, else azp, else appid") {
  const auto client = [](std::string_view payload) {
    return parse_jwt(jwt(kHeader, payload)).value_or(JwtClaims{}).client_id;
  };
  CHECK(client(R"({"azp":"z","client_id":"c"})") == "c");
  CHECK(client(R"({"appid":"a","azp":"z"})") == "z");
  CHECK(client(R"({"appid":"a"})") == "a");
  CHECK(client(R"({"nested":{"client_id":"n"}})").empty());
}

TEST_CASE("An unsigned token is a token") {
  const auto claims = parse_jwt(jwt(R"({"alg":"none"})", R"({"sub":"u1"})", ""));
  REQUIRE(claims);
  CHECK(claims->algorithm == "none");
  CHECK(claims->subject == "u1");
  CHECK(parse_jwt(jwt(kHeader, "{}", "SIGNATURE_REMOVED_BY_GOOGLE")).has_value());
}

TEST_CASE("An encrypted token shows its header only") {
  const std::string header = base64url(R"({"alg":"RSA-OAEP","enc":"A256GCM"})");
  const auto claims = parse_jwt(header + ".a2V5.aXY.Y2lwaGVydGV4dA.dGFn");
  REQUIRE(claims);
  CHECK(claims->algorithm == "RSA-OAEP");
  CHECK(claims->claims.empty());
  CHECK(parse_jwt(header + "..aXY.Y2lwaGVydGV4dA.dGFn").has_value());
  CHECK_FALSE(parse_jwt(base64url(kHeader) + ".a2V5.aXY.Y2lwaGVydGV4dA.dGFn").has_value());
}

TEST_CASE("What only resembles a token is none") {
  const std::string header = base64url(kHeader);
  const std::string payload = base64url(R"({"sub":"u1"})");
  const auto value = GENERATE_COPY(
      std::string(), std::string(".."), header, header + "." + payload, header + "..",
      header + "." + payload + ".a.b",
      header + "." + payload + ".sig=", "x" + header + "." + payload + ".c2ln",
      header + "." + payload + ".c2ln ", header + "=." + payload + ".c2ln",
      header + "." + base64url("[1]") + ".c2ln", header + "." + base64url("{\"a\":") + ".c2ln",
      base64url(R"({"typ":"JWT"})") + "." + payload + ".c2ln",
      base64url(R"({"x":{"alg":"RS256"}})") + "." + payload + ".c2ln",
      // A signed session of Flask: payload, time, signature.
      base64url(R"({"user_id":1,"alg":"x"})") + ".Z1xYzA.c2lnbmF0dXJlLW9mLWEtc2Vzc2lvbg",
      "." + base64url(R"({"user_id":1})") + ".Z1xYzA.c2lnbmF0dXJl",
      // Three parts of a host name.
      std::string("eyJ.example-of-a-host.com"));
  INFO(value);
  CHECK_FALSE(parse_jwt(value).has_value());
}

TEST_CASE("The number of claims is bounded") {
  std::string payload = "{\"a\":0";
  for (int i = 0; i < 500; ++i) payload += ",\"c" + std::to_string(i) + "\":1";
  const auto claims = parse_jwt(jwt(kHeader, payload + "}"));
  REQUIRE(claims);
  CHECK(claims->claims.size() == 100);
  CHECK_FALSE(parse_jwt(jwt(kHeader, R"({"a":")" + std::string(70000, 'x') + R"("})")).has_value());
}

TEST_CASE("Mutated tokens harm nothing") {
  std::mt19937 random(4);
  const std::string token = jwt(
      kHeader, R"({"iss":"https://idp.example","roles":["a","b"],"exp":1700000600,"n":{"m":"x"}})");
  for (int round = 0; round < 30000; ++round) {
    std::string mutated = token;
    for (unsigned i = 0; i <= random() % 4; ++i) {
      mutated[random() % mutated.size()] = static_cast<char>(random() & 0xffU);
    }
    if (random() % 3 == 0) mutated.resize(random() % mutated.size());
    if (const auto claims = parse_jwt(mutated)) CHECK(claims->claims.size() <= 100);
  }
}

}  // namespace
}  // namespace leaktap
