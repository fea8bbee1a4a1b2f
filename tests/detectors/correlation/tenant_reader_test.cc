#include <catch2/catch.hpp>
#include <chrono>

#include "detectors/json_walker.h"
#include "scene.h"

using namespace leaktap;

namespace {

std::string text_of(const std::vector<TenantSelector>& selectors) {
  std::string text;
  for (const auto& [location, tenant] : selectors) {
    if (!text.empty()) text += ' ';
    text += location + "=" + tenant;
  }
  return text;
}

std::string home_by(std::vector<std::pair<std::string, std::string>> claims,
                    const TenantOptions& options = {}) {
  JwtClaims jwt;
  jwt.claims = std::move(claims);
  const TenantReader reader(options);
  return reader.home_of({}, &jwt).first + " by " + reader.home_claim(&jwt);
}

bool serves_many(std::vector<std::pair<std::string, std::string>> claims,
                 std::vector<std::string> roles = {}) {
  JwtClaims jwt;
  jwt.claims = std::move(claims);
  jwt.roles = std::move(roles);
  for (const auto& [name, value] : jwt.claims) {
    if (name == "sub") jwt.subject = value;
    if (name == "client_id") jwt.client_id = value;
  }
  const TenantOptions options;
  return TenantReader(options).many_tenants({}, &jwt);
}

Observation read(const std::string& answer, const std::string& home = "acme",
                 std::vector<std::string_view> sent = {},
                 const std::string& type = "application/json") {
  const TenantOptions options;
  Observation seen;
  seen.home = home;
  seen.outcome = Outcome::Accepted;
  TenantReader(options).read_answer(answer, type, sent, seen);
  return seen;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

TEST_CASE("a request names its tenant by header, path, query or host") {
  struct Row {
    std::string host, target, header, value, expected;
  };
  const auto row = GENERATE(values<Row>({
      {"api.test", "/v1/orders", "X-Tenant-ID", " globex ", "header:x-tenant-id=globex"},
      {"api.test", "/v1/orders", "organization-id", "17", "header:organization-id=17"},
      {"api.test", "/v1/orders", "__tenant", "Acme", "header:__tenant=Acme"},
      {"api.test", "/v1/orders", "X-Request-ID", "globex", ""},
      {"api.test", "/tenant/globex/resource", "", "", "path:tenant=globex"},
      {"api.test", "/api/v2/Organizations/acme%20inc/users", "", "", "path:organization=acme inc"},
      {"api.test", "/companies/initech", "", "", "path:company=initech"},
      {"api.test", "/tenants/search?tenant_id=globex", "", "", "query:tenant_id=globex"},
      {"api.test", "/tenants/me", "", "", ""},
      {"api.test", "/orgs", "", "", ""},
      {"api.test", "/x?a=1&orgId=a%2Fb&b=2", "", "", "query:orgId=a/b"},
      {"api.test", "/x?organization=globex#f", "", "", "query:organization=globex"},
      {"globex.app.test", "/x", "", "", "host=globex"},
      {"www.app.test", "/x", "", "", ""},
      {"app.test", "/x", "", "", ""},
      {"evilapp.test", "/x", "", "", ""},
      {"api.test", "/c/globex/items/7", "", "", "path:tenant=globex"},
      {"api.test", "/c/globex/other/7", "", "", ""},
      {"api.test", "/x?mandant=globex", "x-mandant", "m1",
       "header:x-mandant=m1 query:mandant=globex"},
  }));
  INFO(row.target);
  TenantOptions options;
  options.subdomain_of = {"app.test"};
  options.paths = {"/c/{tenant}/items/**"};
  options.query = {"mandant"};
  options.headers = {"x-mandant"};
  CHECK(text_of(TenantReader(options).selectors(row.host, row.target, {{row.header, row.value}})) ==
        row.expected);
}

TEST_CASE("selectors are bounded and not repeated") {
  const TenantOptions options;
  std::string target = "/x?";
  for (int i = 0; i < 50; ++i) target += "tenant_id=t" + std::to_string(i) + "&tenant_id=t0&";
  CHECK(TenantReader(options).selectors("api.test", target, {}).size() == 8);
}

TEST_CASE("a body names a tenant by a member outside of lists") {
  const TenantOptions options;
  const TenantReader reader(options);
  CHECK(text_of(reader.body_selectors(R"({"query":"{x}","variables":{"tenantId":"globex"}})",
                                      "application/json")) == "json:variables.tenantId=globex");
  CHECK(text_of(reader.body_selectors(R"({"rows":[{"org_id":"globex"}],"name":"x"})",
                                      "application/json"))
            .empty());
  CHECK(text_of(reader.body_selectors("a=b&org_id=glob+ex", "application/x-www-form-urlencoded")) ==
        "form:org_id=glob ex");
  CHECK(text_of(reader.body_selectors("tenant_id=x", "text/plain")).empty());
}

TEST_CASE("the home tenant is that of the configuration, else of the first claim in order") {
  CHECK(home_by({{"org_id", "o1"}, {"tenant_id", "acme"}, {"tid", "t1"}}) == "t1 by tid");
  CHECK(home_by({{"tid", "9188040d-6c67-4c5b-b112-36a304b66dad"}, {"org_id", "o1"}}) ==
        "o1 by org_id");
  CHECK(home_by({{"https://example.com/tenant", "acme"}}) == "acme by https://example.com/tenant");
  CHECK(home_by({{"https://example.com/roles", "acme"}}) == " by ");
  CHECK(home_by({{"firebase.tenant", "f"}, {"app_metadata.tenant_id", "a"}}) ==
        "f by firebase.tenant");
  CHECK(home_by({{"sub", "u1"}}) == " by ");
  TenantOptions options;
  options.claims = {"customer"};
  CHECK(home_by({{"tid", "t1"}, {"customer", "c1"}}, options) == "c1 by customer");
  options.keys[fingerprint_of("k")] = "globex";
  const auto [home, source] = TenantReader(options).home_of(fingerprint_of("k"), nullptr);
  CHECK(home == "globex");
  CHECK(source == HomeSource::Config);
}

TEST_CASE("support users and service accounts may serve many tenants") {
  CHECK(serves_many({}, {"member", "Support"}));
  CHECK(serves_many({}, {"SUPER_ADMIN"}));
  CHECK(serves_many({{"act.sub", "agent"}}));
  CHECK(serves_many({{"gty", "client-credentials"}}));
  CHECK(serves_many({{"sub", "abc@clients"}}));
  CHECK(serves_many({{"sub", "svc"}, {"client_id", "svc"}}));
  CHECK_FALSE(serves_many({{"sub", "u1"}, {"client_id", "web"}, {"activity", "x"}},
                          {"member", "read:admin-notes"}));
  TenantOptions options;
  options.multi_tenant_roles = {"reseller"};
  options.multi_tenant_keys = {fingerprint_of("k")};
  JwtClaims jwt;
  jwt.roles = {"reseller"};
  CHECK(TenantReader(options).many_tenants({}, &jwt));
  CHECK(TenantReader(options).many_tenants(fingerprint_of("k"), nullptr));
  CHECK_FALSE(TenantReader(options).many_tenants({}, nullptr));
}

TEST_CASE("an empty list is not a body without content") {
  struct Row {
    std::string answer;
    bool empty, document;
  };
  const auto row = GENERATE(values<Row>({
      {"", true, false},
      {" \n", true, false},
      {"[]", true, true},
      {"{}", true, true},
      {R"({"items":[]})", true, true},
      {R"({"items": [ ], "total":0, "page":1, "next":null})", true, true},
      {R"({"data":{"project":null}})", true, true},
      {R"({"tenant_id":"globex","rows":[]})", true, true},
      {R"({"items":[{"id":7}]})", false, false},
      {R"({"ok":true})", false, false},
      {R"({"tenant_id":"globex"})", false, false},
      {R"({"message":"deleted","error":null})", false, false},
  }));
  INFO(row.answer);
  const Observation seen = read(row.answer, "acme", {"globex"});
  CHECK(seen.body_empty == row.empty);
  CHECK(seen.empty_document == row.document);
}

TEST_CASE("an error in an answer of 200 is a refusal") {
  CHECK(read(R"({"errors":[{"message":"forbidden"}],"data":null})").outcome == Outcome::Refused);
  CHECK(read(R"({"errors":[{"message":"one field"}],"data":{"x":{"y":"z"}}})").outcome ==
        Outcome::Accepted);
  CHECK(read(R"({"error":"no such tenant"})").outcome == Outcome::Refused);
  CHECK(read(R"({"error":{"code":403,"message":"no"}})").outcome == Outcome::Refused);
  CHECK(read(R"({"error":null,"id":"x1"})").outcome == Outcome::Accepted);
  CHECK(read(R"({"success":false,"message":"no"})").outcome == Outcome::Refused);
  CHECK(read(R"({"success":true,"message":"done"})").outcome == Outcome::Accepted);
  CHECK(read(R"({"status":"error","message":"no"})").outcome == Outcome::Refused);
  CHECK(read(R"({"status":"error","job":"nightly"})").outcome == Outcome::Accepted);
}

TEST_CASE("owners are told from echoes of what the client sent") {
  Observation seen =
      read(R"({"tenant_id":"Globex","org":{"id":"o9","name":"x"},"customer_id":"c1"})", "acme",
           {"globex"});
  CHECK(joined(seen.echoed_owners) == "Globex");
  CHECK(joined(seen.owners) == "o9 c1");
  CHECK(joined(seen.owner_names) == "org customer_id");
  CHECK_FALSE(seen.owner_in_list);

  SECTION("a row that also names the home tenant only refers to the other one") {
    CHECK(read(R"([{"tenant_id":"acme"},{"tenant_id":"globex"}])").owner_in_list);
    CHECK_FALSE(read(R"([{"tenant_id":"acme","org_id":"globex"}])").owner_in_list);
    CHECK_FALSE(read(R"([{"tenant_id":"acme"}])").owner_in_list);
  }
  SECTION("a list of memberships is no data of those tenants") {
    seen = read(R"({"memberships":[{"tenant_id":"globex"}],"tenants":[{"id":"x"}]})");
    CHECK(seen.owners.empty());
    CHECK_FALSE(seen.owner_in_list);
  }
  SECTION("a value that was cut off is nobody's") {
    CHECK(read(R"({"tenant_id":"glob)").owners.empty());
  }
}

TEST_CASE("leaves are the members that could be recognised elsewhere") {
  const auto count = [](const std::string& answer, std::vector<std::string_view> sent = {}) {
    return read(answer, "acme", std::move(sent)).leaves.size();
  };
  CHECK(count(R"({"name":"Umbrella","amount":125})") == 2);
  CHECK(count(R"({"name":"ab","n":12,"ok":true,"none":null})") == 0);
  CHECK(
      count(
          R"({"created_at":"2026-01-01","request_id":"abcdef","etag":"abc","total":100,"page":300})") ==
      0);
  CHECK(count(R"({"url":"/tenant/globex/x","title":"Welcome to globex","name":"other"})",
              {"globex"}) == 1);
  // The same member of another row is the same leaf; the same value under another name is not.
  CHECK(count(R"([{"a":"xyz"},{"a":"xyz"},{"b":"xyz"}])") == 2);
  std::string many = "[";
  for (int i = 0; i < 500; ++i) many += "{\"v\":\"value " + std::to_string(i) + "\"},";
  CHECK(count(many) == 16);
  SECTION("personal data is noticed") {
    CHECK(read(R"({"email":"a@b.test"})").personal_data);
    CHECK(read(R"({"rows":[{"lastName":"Doe"}]})").personal_data);
    CHECK_FALSE(read(R"({"name":"server 1","email":""})").personal_data);
  }
  SECTION("the choice is the same whatever stands before or behind") {
    const auto all = read(many).leaves;
    CHECK(read(many + "{\"v\":\"value 7\"}]").leaves == all);
    CHECK(std::is_sorted(all.begin(), all.end()));
  }
}

TEST_CASE("what is no JSON has content, but no leaves") {
  const Observation seen = read("\x89PNG....", "acme", {}, "image/png");
  CHECK_FALSE(seen.body_empty);
  CHECK(seen.leaves.empty());
  CHECK(read("<html>{}", "acme", {}, "text/html").leaves.empty());
}
