// The evidence ladder, rung by rung, then what must not be mistaken for a breach.
#include <algorithm>
#include <catch2/catch.hpp>

#include "scene.h"

using namespace leaktap;

namespace {

const Caller kAcme{"key-a", "acme", {}, {}};
const Caller kGlobex{"key-g", "globex", {}, {}};
const Caller kInitech{"key-i", "initech", {}, {}};
const Caller kAnybody{};
const Caller kOpaque{"opaque-1", "", {}, {}};
const Caller kOther{"opaque-2", "", {}, {}};

Ask get(const Caller& who, std::string target, std::string answer, int status = 200) {
  return {.who = who, .target = std::move(target), .answer = std::move(answer), .status = status};
}
Ask with_header(Ask ask, std::string name, std::string value) {
  ask.headers.emplace_back(std::move(name), std::move(value));
  return ask;
}
Ask write(const Caller& who, std::string method, std::string target, std::string body,
          std::string answer, int status = 200) {
  return {.who = who,
          .target = std::move(target),
          .answer = std::move(answer),
          .status = status,
          .method = std::move(method),
          .body = std::move(body)};
}
std::string played(const std::vector<Ask>& asks, TenantOptions options = {}) {
  return Scene(std::move(options)).play(asks).finish().incidents();
}

const std::string kResource = "/tenant/globex/resource";
const std::string kSilent = R"({"ok":true})";  // shows nothing
const std::string kEcho = R"({"tenant":"globex","ok":true})";

}  // namespace

// Proof.

TEST_CASE("P1: the answer holds what was served to the other tenant's own credential") {
  const Ask own = get(kGlobex, kResource, record_of("globex", 1));
  const Ask foreign = get(kAcme, kResource, record_of("globex", 1));
  const std::string expected = "GET /tenant/{id}/resource path:tenant acme>globex proof high x1";
  CHECK(played({own, foreign}) == expected);
  // It counts alike whether the owner reads before or after.
  CHECK(played({foreign, own}) == expected);
}

TEST_CASE("P1: the evidence says what was seen") {
  Scene scene;
  scene.play({get(kGlobex, kResource, record_of("globex", 1)),
              get(kAcme, kResource, record_of("globex", 1))});
  CHECK(scene.why() ==
        "the credential's home tenant is acme (claim tenant_id)\n"
        "the request selects tenant globex by path tenant\n"
        "the answer holds 9 of 9 members that were served to globex's own credential in frame 1 "
        "and that the "
        "client did not send\n");
}

TEST_CASE("P1: the owner stands in the answer and the client did not send it") {
  CHECK(played(
            {get(kAcme, "/v1/documents/71", R"({"id":71,"tenant_id":"globex","title":"Plan"})")}) ==
        "GET /v1/documents/{id} response-body acme>globex proof high x1");
  CHECK(played({get(kAcme, "/v1/documents/71", R"({"id":71,"tenant_id":"acme","title":"Plan"})")})
            .empty());
  SECTION("by another name of the tenant") {
    TenantOptions options;
    options.aliases = {{"7d0c2f3e-0000-4000-8000-00000000000a", "globex"}};
    CHECK(played({get(kAcme, kResource,
                      R"({"tenant_id":"7d0c2f3e-0000-4000-8000-00000000000a","x":"yyy"})")},
                 options) == "GET /tenant/{id}/resource path:tenant acme>globex proof high x1");
  }
  SECTION("personal data makes it critical") {
    CHECK(played({get(kAcme, "/v1/contacts/7",
                      R"({"org":"x","tenant_id":"globex","email":"a@b.test"})")}) ==
          "GET /v1/contacts/{id} response-body acme>globex proof critical x1");
  }
}

TEST_CASE("P1: tenants are named by header, query, body or host, and keys by the configuration") {
  TenantOptions options;
  options.subdomain_of = {"api.test"};
  options.keys = {{fingerprint_of("opaque-1"), "acme"}, {fingerprint_of("opaque-2"), "globex"}};
  const std::string data = record_of("globex", 1);
  Ask by_host_own = get(kOther, "/v1/x", data), by_host = get(kOpaque, "/v1/x", data);
  by_host.host = by_host_own.host = "globex.api.test";
  CHECK(played({with_header(get(kOther, "/v1/h", data), "X-Tenant-ID", "globex"),
                with_header(get(kOpaque, "/v1/h", data), "X-Tenant-ID", "GLOBEX"),
                get(kOther, "/v1/q?tenant_id=globex", data),
                get(kOpaque, "/v1/q?tenant_id=globex", data),
                write(kOther, "POST", "/graphql",
                      R"({"query":"{a}","variables":{"orgId":"globex"}})", data),
                write(kOpaque, "POST", "/graphql",
                      R"({"query":"{a}","variables":{"orgId":"globex"}})", data),
                by_host_own, by_host},
               options) ==
        "GET /v1/h header:x-tenant-id acme>GLOBEX proof high x1\n"
        "GET /v1/q query:tenant_id acme>globex proof high x1\n"
        "GET /v1/x host acme>globex proof high x1\n"
        "POST /graphql json:variables.orgId acme>globex proof critical x1");
}

TEST_CASE("P3: a key of unknown home reads what another tenant's key was served") {
  const std::vector<Ask> asks = {
      get(kOpaque, "/tenant/acme/resource", record_of("acme", 1)),
      get(kOpaque, "/tenant/acme/resource", record_of("acme", 1)),
      get(kOther, kResource, record_of("globex", 1)),
      get(kOpaque, kResource, record_of("globex", 1)),
  };
  CHECK(played(asks) == "GET /tenant/{id}/resource path:tenant acme>globex proof high x1");
  CHECK(played({asks[3], asks[0], asks[1], asks[2]}) == played(asks));
  // Asked for equally often: home is the tenant that has no other key.
  CHECK(played({asks[3], asks[0], asks[2]}) == played(asks));
}

TEST_CASE("P4: a write is proven when the other tenant reads what was written") {
  const auto profile = [](const std::string& note) {
    return R"({"name":"Globex Inc","note":")" + note + "\"}";
  };
  const std::string target = "/tenant/globex/profile";
  const Ask before = get(kGlobex, target, profile("old note"));
  const Ask change = write(kAcme, "PATCH", target, R"({"note":"new note"})", R"({"updated":true})");
  const Ask after = get(kGlobex, target, profile("new note"));
  CHECK(played({before, change, after}) ==
        "PATCH /tenant/{id}/profile path:tenant acme>globex proof critical x1");
  const std::string unseen =
      "PATCH /tenant/{id}/profile path:tenant acme>globex strong critical x1";
  CHECK(played({before, change}) == unseen);
  CHECK(played({before, change, before}) == unseen);
  // What was there before was not written by this request.
  CHECK(played({after, change, after}) == unseen);
}

TEST_CASE("P5: a refusal on a sibling shows that the rule exists") {
  const Ask echo = get(kAcme, "/v1/tenant/globex/resource", kEcho);
  const Ask sibling = get(kAcme, "/v2/tenant/globex/resource", "", 403);
  const std::string expected =
      "GET /v1/tenant/{id}/resource path:tenant acme>globex proof high x1\n"
      "GET /v2/tenant/{id}/resource path:tenant acme>globex attempt low x1";
  CHECK(played({echo, sibling}) == expected);
  CHECK(played({sibling, echo}).substr(0, 40) == expected.substr(0, 40));
  SECTION("another method of the resource") {
    const Ask put = write(kAcme, "PUT", "/v1/tenant/globex/resource/7", "{}", "", 403);
    CHECK(played({put, echo}).find("acme>globex proof") != std::string::npos);
  }
  SECTION("not another resource, and not what may have other reasons") {
    CHECK(played({echo, get(kAcme, "/v1/tenant/globex/billing", "", 403)}).find("proof") ==
          std::string::npos);
    CHECK(played({echo, get(kAcme, "/v2/tenant/globex/resource", "", 404)}).find("proof") ==
          std::string::npos);
    CHECK(played({echo, get(kAcme, "/v2/tenant/globex/resource", "", 401)}).find("proof") ==
          std::string::npos);
  }
}

// Strong.

TEST_CASE("S1: an answer that only repeats the selector stays strong") {
  const std::string expected = "GET /tenant/{id}/resource path:tenant acme>globex strong high x1";
  CHECK(played({get(kAcme, kResource, kEcho)}) == expected);
  // Even when the owner gets the very same words (an echo is no data).
  const std::string echo =
      R"({"tenant_id":"globex","message":"Resource data","url":"/tenant/globex/resource"})";
  CHECK(played({get(kGlobex, kResource, echo), get(kAcme, kResource, echo),
                get(kGlobex, kResource, echo)}) == expected);
}

TEST_CASE("S1: an answer that cannot be read, or has no content, stays strong") {
  Ask cut = get(kAcme, kResource, record_of("globex", 1));
  cut.complete = false;
  CHECK(played({get(kGlobex, kResource, record_of("globex", 1)), cut}) ==
        "GET /tenant/{id}/resource path:tenant acme>globex strong high x1");
  Ask image = get(kAcme, kResource, "\x89PNG");
  image.type = "image/png";
  CHECK(played({image}) == "GET /tenant/{id}/resource path:tenant acme>globex strong high x1");
  CHECK(played({write(kAcme, "DELETE", kResource, "", "", 204)}) ==
        "DELETE /tenant/{id}/resource path:tenant acme>globex strong critical x1");
}

TEST_CASE("S2: a home tenant that was learned gives strong at most") {
  std::vector<Ask> asks;
  for (int i = 0; i < 30; ++i) {
    asks.push_back(get(kOpaque, "/tenant/acme/r" + std::string(1, static_cast<char>('a' + i % 3)),
                       record_of("acme", i)));
  }
  asks.push_back(get(kGlobex, kResource, record_of("globex", 1)));
  asks.push_back(get(kOpaque, kResource, record_of("globex", 1)));
  const std::string expected = "GET /tenant/{id}/resource path:tenant acme>globex strong high x1";
  CHECK(played(asks) == expected);
}

TEST_CASE("S3: a list with rows of another tenant") {
  const std::string rows =
      R"({"items":[{"tenant_id":"acme","n":"one"},{"tenant_id":"globex","n":"two"}]})";
  CHECK(played({get(kAcme, "/v1/items", rows)}) ==
        "GET /v1/items response-body acme>globex strong high x1");
}

TEST_CASE("S6: of two selectors that disagree the answer follows the foreign one") {
  const auto ask = [](const std::string& answer) {
    return with_header(get(kAcme, "/v1/orders?tenant_id=globex", answer), "X-Tenant-ID", "acme");
  };
  CHECK(played({ask(R"({"tenant_id":"globex","n":"one"})")}) ==
        "GET /v1/orders query:tenant_id acme>globex strong high x1");
  CHECK(played({ask(R"({"tenant_id":"acme","n":"one"})")}).empty());
  CHECK(played({ask(R"({"n":"one"})")}).empty());
  CHECK(played({with_header(get(kGlobex, "/v1/orders", record_of("globex", 1)), "X-Tenant-ID",
                            "globex"),
                ask(record_of("globex", 1))}) ==
        "GET /v1/orders query:tenant_id acme>globex proof high x1");
}

// Attempt: controls that work.

TEST_CASE("a refusal is an attempt") {
  const std::string expected = "GET /tenant/{id}/resource path:tenant acme>globex attempt low x1";
  for (const int status : {401, 403, 404})
    CHECK(played({get(kAcme, kResource, "", status)}) == expected);
  CHECK(played({get(kAcme, kResource, R"({"errors":[{"message":"forbidden"}],"data":null})")}) ==
        expected);
  CHECK(played({get(kAcme, kResource, R"({"success":false,"message":"Tenant mismatch"})")}) ==
        expected);
}

TEST_CASE("an answer that is filtered to nothing is an attempt") {
  for (const char* nothing :
       {"[]", "{}", R"({"items":[],"total":0})", R"({"data":{"project":null}})"}) {
    CHECK(played({get(kAcme, "/v1/invoices?tenant_id=globex", nothing)}) ==
          "GET /v1/invoices query:tenant_id acme>globex attempt low x1");
  }
}

// Not to be mistaken.

TEST_CASE("support users, service accounts and configured credentials may serve many tenants") {
  const Caller who = GENERATE(Caller{"s1", "operations", {"support"}, {}},
                              Caller{"s2", "operations", {}, {{"act.sub", "agent-7"}}},
                              Caller{"s3", "operations", {}, {{"gty", "client-credentials"}}},
                              Caller{"s4", "operations", {}, {{"sub", "x@clients"}}},
                              Caller{"gateway", "", {}, {}});
  TenantOptions options;
  options.multi_tenant_keys = {fingerprint_of("gateway")};
  CHECK(played({get(kGlobex, kResource, record_of("globex", 1)),
                get(who, kResource, record_of("globex", 1)),
                get(kAcme, "/tenant/acme/resource", record_of("acme", 1)),
                get(who, "/tenant/acme/resource", record_of("acme", 1))},
               options)
            .empty());
}

TEST_CASE("one key for all tenants is a gateway, unless other keys keep to theirs") {
  std::vector<Ask> asks;
  for (int i = 0; i < 30; ++i) {
    const std::string tenant = "customer" + std::to_string(i);
    asks.push_back(get(kOpaque, "/tenant/" + tenant + "/resource", record_of("t", i)));
  }
  CHECK(played(asks).empty());
  CHECK(played({asks.begin(), asks.begin() + 3}).empty());
  // Two gateways do not accuse each other.
  for (int i = 0; i < 30; ++i) {
    Ask ask = asks[static_cast<std::size_t>(i)];
    ask.who = kOther;
    asks.push_back(ask);
  }
  Scene scene;
  scene.play({asks.begin(), asks.begin() + 30});
  CHECK(scene.play({asks.begin() + 30, asks.end()}).finish().incidents().empty());
}

TEST_CASE("a key that serves every tenant alike is shared, though each of them has its own key") {
  std::vector<Ask> asks;
  for (const Caller& who : {kAcme, kGlobex, kInitech, kOpaque}) {
    for (const std::string tenant : {"acme", "globex", "initech"}) {
      if (!who.tenant.empty() && who.tenant != tenant) continue;
      for (int i = 0; i < 2; ++i) {
        asks.push_back(get(who, "/tenant/" + tenant + "/resource", record_of(tenant, 1)));
      }
    }
  }
  CHECK(played(asks).empty());
  // Until that is known its accesses wait: for five minutes, or for the end.
  Scene scene;
  scene.play({asks.begin(), asks.end() - 2});
  CHECK(scene.incidents().empty());
  CHECK(scene.finish().incidents() ==
        "GET /tenant/{id}/resource path:tenant acme>globex proof high x2");
}

TEST_CASE("a key of unknown home with echoes only is no more than a suspicion") {
  const auto echo = [](const Caller& who, const std::string& tenant) {
    return get(who, "/tenant/" + tenant + "/resource",
               R"({"tenant":")" + tenant + R"(","ok":true})");
  };
  CHECK(played({echo(kOpaque, "acme"), echo(kOpaque, "acme"), echo(kOpaque, "globex")}).empty());
  CHECK(played({echo(kOpaque, "acme"), echo(kOpaque, "acme"), echo(kOther, "globex"),
                echo(kOpaque, "globex")}) ==
        "GET /tenant/{id}/resource path:tenant acme>globex suspicion medium x1");
}

TEST_CASE("names of different kinds are not compared without an alias") {
  const Caller by_uuid{"key-u", "7d0c2f3e-0000-4000-8000-00000000000a", {}, {}};
  CHECK(played({get(by_uuid, "/tenant/acme/resource", record_of("acme", 1))}).empty());
  // Nor an organization with a tenant, an account or a project with either.
  CHECK(played({get(kAcme, "/orgs/north/resource", record_of("acme", 1)),
                get(kAcme, "/accounts/north/resource", record_of("acme", 1)),
                get(kAcme, "/v1/x", R"({"customer_id":"north","name":"something"})")})
            .empty());
  SECTION("with an alias they are") {
    TenantOptions options;
    options.aliases = {{"7d0c2f3e-0000-4000-8000-00000000000a", "acme"}};
    CHECK(played({get(by_uuid, "/tenant/Acme/resource", record_of("acme", 1))}, options).empty());
    CHECK(played({get(by_uuid, kResource, kEcho)}, options) ==
          "GET /tenant/{id}/resource path:tenant 7d0c2f3e-0000-4000-8000-00000000000a>globex "
          "strong high x1");
  }
  SECTION("a value that is known to be a tenant is one under any name") {
    const Ask foreign = get(kAcme, "/orgs/globex/resource", kEcho),
              known = get(kGlobex, "/v1/me", "{}");
    const std::string expected = "GET /orgs/{id}/resource path:org acme>globex strong high x1";
    CHECK(played({known, foreign}) == expected);
    CHECK(played({foreign, known}) == expected);
  }
}

TEST_CASE("a UUID is the same with and without dashes, a name in any case") {
  const Caller dashed{"key-u", "7d0c2f3e-0000-4000-8000-00000000000a", {}, {}};
  CHECK(played(
            {get(dashed, "/tenant/7D0C2F3E00004000800000000000000A/resource", record_of("acme", 1)),
             get(kAcme, "/tenant/ACME/resource", record_of("acme", 2))})
            .empty());
}

TEST_CASE("equal ids of two tenants are not equal objects") {
  // Both count their orders from 1001; acme reads its own.
  CHECK(played({with_header(get(kGlobex, "/v1/orders/1001", record_of("globex", 1)), "X-Tenant-ID",
                            "globex"),
                with_header(get(kAcme, "/v1/orders/1001", record_of("acme", 1)), "X-Tenant-ID",
                            "acme")})
            .empty());
}

TEST_CASE("the server may ignore the selector and serve the caller's own data") {
  CHECK(played({get(kAcme, "/tenant/acme/resource", record_of("acme", 1)),
                get(kAcme, kResource, record_of("acme", 1))})
            .empty());
  CHECK(played({get(kAcme, kResource, R"({"tenant_id":"acme","name":"something"})")}).empty());
}

TEST_CASE("what every tenant gets is no tenant's data") {
  const std::string plans =
      R"([{"plan":"small","text":"five users"},{"plan":"large","text":"fifty users"},
                               {"plan":"huge","text":"all users"}])";
  const auto ask = [&](const Caller& who, const std::string& tenant) {
    return get(who, "/tenant/" + tenant + "/plans", plans);
  };
  CHECK(played({ask(kAcme, "acme"), ask(kGlobex, "globex"), ask(kInitech, "initech"),
                ask(kAcme, "globex")})
            .empty());
  // Two tenants that have the same: the own reading shows it.
  CHECK(played({ask(kAcme, "acme"), ask(kGlobex, "globex"), ask(kAcme, "globex")}).empty());
}

TEST_CASE("what anybody may read is public") {
  const std::string target = "/tenant/globex/public/brochure";
  CHECK(played({get(kAnybody, target, record_of("globex", 1)),
                get(kAcme, target, record_of("globex", 1))})
            .empty());
  // An answer to a preflight shows nothing of that.
  Ask preflight = get(kAnybody, target, "");
  preflight.method = "OPTIONS";
  CHECK_FALSE(played({preflight, get(kAcme, target, record_of("globex", 1))}).empty());
}

TEST_CASE("a parent tenant may reach its children, not the other way round") {
  TenantOptions options;
  options.tree = {{"acme", {"acme-eu"}}, {"acme-eu", {"acme-fr"}}};
  const Caller child{"key-c", "acme-eu", {}, {}};
  CHECK(played({get(kAcme, "/tenant/acme-eu/x", kSilent), get(kAcme, "/tenant/acme-fr/x", kSilent)},
               options)
            .empty());
  CHECK(played({get(child, "/tenant/acme/x", kSilent)}, options) ==
        "GET /tenant/{id}/x path:tenant acme-eu>acme strong high x1");
}

TEST_CASE("HEAD and OPTIONS show nothing") {
  Ask ask = get(kAcme, kResource, "");
  ask.method = GENERATE("HEAD", "OPTIONS");
  CHECK(played({ask}).empty());
}

TEST_CASE("an object may refer to another tenant") {
  CHECK(played(
            {get(kAcme, "/v1/deals/7", R"({"tenant_id":"acme","partner":{"tenant_id":"globex"}})")})
            .empty());
  CHECK(played({get(kAcme, "/v1/me", R"({"name":"x y","memberships":[{"tenant_id":"globex"}]})")})
            .empty());
}

TEST_CASE("where no home tenant is known the coverage says so") {
  Scene scene;
  scene.play({get(kOpaque, "/v1/resource", record_of("globex", 1))});
  CHECK(scene.incidents().empty());
  CHECK(scene.correlator().not_assessed() ==
        std::map<std::string, std::string>{
            {"api.test", "home tenants of credentials are not known"}});
  scene.play({get(kAcme, "/tenant/acme/resource", record_of("acme", 1))});
  CHECK(scene.correlator().not_assessed().empty());
}

TEST_CASE("the order of a few packets does not change the incidents") {
  std::vector<Ask> asks = {
      get(kAcme, "/tenant/acme/resource", record_of("acme", 1)),
      get(kAcme, "/tenant/acme/profile", record_of("acme", 2)),
      get(kGlobex, kResource, record_of("globex", 1)),
      get(kGlobex, "/tenant/globex/profile", record_of("globex", 2)),
      get(kAcme, kResource, record_of("globex", 1)),
      get(kAcme, "/tenant/globex/profile", record_of("globex", 2)),
      get(kAcme, "/tenant/globex/ping", kEcho),
      get(kInitech, kResource, "", 403),
      get(kInitech, "/tenant/initech/resource", record_of("initech", 1)),
  };
  const std::string expected = played(asks);
  CHECK(expected ==
        "GET /tenant/{id}/ping path:tenant acme>globex strong high x1\n"
        "GET /tenant/{id}/profile path:tenant acme>globex proof high x1\n"
        "GET /tenant/{id}/resource path:tenant acme>globex proof high x1\n"
        "GET /tenant/{id}/resource path:tenant initech>globex attempt low x1");
  for (std::size_t i = 0; i + 1 < asks.size(); ++i) {
    for (std::size_t j = i + 1; j < asks.size(); ++j) {
      std::swap(asks[i], asks[j]);
      CHECK(played(asks) == expected);
      std::swap(asks[i], asks[j]);
    }
  }
}

TEST_CASE("memory is bounded and what is given up is counted") {
  constexpr std::size_t kLimit = 256 * 1024;
  Scene scene({}, kLimit);
  for (int i = 0; i < 3000; ++i) {
    const std::string tenant = "t" + std::to_string(i);
    const Caller who{"key-" + std::to_string(i), i % 2 == 0 ? tenant : "", {}, {}};
    scene.play({get(who, "/tenant/" + tenant + "/r" + std::to_string(i), record_of(tenant, i)),
                get(kAcme, "/tenant/" + tenant + "/r" + std::to_string(i), kEcho),
                get(kAcme, "/tenant/x" + tenant + "/r" + std::to_string(i), "", 403)});
  }
  CHECK(scene.correlator().held_bytes() <= kLimit);
  CHECK(scene.correlator().evicted() > 0);
}
