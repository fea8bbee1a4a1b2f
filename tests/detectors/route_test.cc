#include "detectors/route.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace leaktap {
namespace {

TEST_CASE("path_of and query_of take a request target apart") {
  auto [target, path, query] = GENERATE(table<std::string, std::string, std::string>({
      {"/", "/", ""},
      {"", "/", ""},
      {"*", "*", ""},
      {"/a/b?x=1&y=2", "/a/b", "x=1&y=2"},
      {"/a?x=1?y#frag?z", "/a", "x=1?y"},
      {"/a#frag?x=1", "/a", ""},
      {"?x=1", "/", "x=1"},
      {"http://api.example.com/a/b?x=1", "/a/b", "x=1"},
      {"http://api.example.com", "/", ""},
      {"http://api.example.com?x=1", "/", "x=1"},
      {"/login?next=http://h/p", "/login", "next=http://h/p"},
  }));
  CHECK(path_of(target) == path);
  CHECK(query_of(target) == query);
}

TEST_CASE("route_of keeps what handlers are named after") {
  const auto* const path = GENERATE(
      "/", "*", "/api/v1/users", "/api/v2.1/users/me", "/oauth2/token", "/login", "/users/",
      "/realms", "/getCustomerInvoicesByTenantId", "/internationalization",
      "/api/user-profile-settings-and-notification-preferences",
      "/api/v1/oauth2-client-registration", "/.well-known/openid-configuration", "/static/app.js",
      "/s3/buckets", "/web2/b2b", "/tenants/search", "/accounts/login", "/orgs/teams", "/graphql",
      "//double", "/1.0/status", "/robots.txt", "/sha256", "/a~b!$&'()*+,=:b");
  CHECK(route_of(path) == path);
}

TEST_CASE("route_of replaces what varies") {
  auto [path, route] = GENERATE(table<std::string, std::string>({
      {"/users/42", "/users/{id}"},
      {"/users/0/orders/17", "/users/{id}/orders/{id}"},
      {"/items/0f8fad5b-d9cb-469f-a165-70867728950e", "/items/{id}"},
      {"/items/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/items/{id}"},
      {"/items/507f1f77bcf86cd799439011/x", "/items/{id}/x"},
      {"/items/a1b2c3", "/items/{id}"},
      {"/reports/2024-01-31", "/reports/{id}"},
      {"/reports/2024-01-31T10:00:00Z", "/reports/{id}"},
      {"/by-mail/alice@example.com", "/by-mail/{id}"},
      {"/by-phone/+4930123456", "/by-phone/{id}"},
      {"/customers/me", "/customers/me"},
      {"/charges/ch_1NirD82eZvKYlo2C", "/charges/{id}"},
      {"/orders/order-8831", "/orders/{id}"},
      {"/orders/INV00042", "/orders/{id}"},
      {"/videos/dQw4w9WgXcQ", "/videos/{id}"},
      {"/t/Zk3VqXw8-LrTn_Y2Gm5Hs", "/t/{id}"},
      {"/t/ZkVqXwLrTnYGmHsPdRfCbJ", "/t/{id}"},
      {"/static/main.3f2a9c1b.js", "/static/{id}"},
      {"/blog/my-first-post-2024", "/blog/{id}"},
      {"/tenant/acme/resource", "/tenant/{id}/resource"},
      {"/Tenants/acme/orgs/b", "/Tenants/{id}/orgs/{id}"},
      {"/tenants/acme/v1/x", "/tenants/{id}/v1/x"},
      {"/odata/Orders(42)", "/odata/Orders({id})"},
      {"/odata/Orders('ALFKI')/Lines", "/odata/Orders({id})/Lines"},
  }));
  CHECK(route_of(path) == route);
}

TEST_CASE("route_of does not depend on how a path is written") {
  CHECK(route_of("/us%65rs/%34%32") == "/users/{id}");
  CHECK(route_of("/tenants/ac%6de/x") == "/tenants/{id}/x");
  CHECK(route_of("/users;sid=1/42;v=2") == "/users/{id}");
  CHECK(route_of("/a%2Fb/%20") == "/a%2Fb/%20");
  CHECK(route_of("/\xc3\xbc") == "/%C3%BC");
}

TEST_CASE("route_of ends long paths") {
  std::string path;
  for (int i = 0; i < 64; ++i) path += "/a";
  CHECK(route_of(path) == path);
  CHECK(route_of(path + "/b/c") == path + "/{*}");
  CHECK(route_of("/" + std::string(5000, 'a')) == "/{id}");
}

TEST_CASE("A route is its own route, and noise harms nothing") {
  std::mt19937 random(2);
  const std::string alphabet = "/ab9Z-_.;%2F()=@{}\x80";
  for (int round = 0; round < 20000; ++round) {
    std::string path = "/";
    for (std::size_t i = random() % 40; i > 0; --i) path += alphabet[random() % alphabet.size()];
    const std::string route = route_of(path);
    CHECK(route == route_of(path));
    CHECK(route.size() <= path.size() * 5);
  }
}

TEST_CASE("Tenant nouns in singular, plural and any case") {
  for (const auto* const noun : {"tenant", "Orgs", "WORKSPACES", "organisation", "companies"}) {
    CHECK(is_tenant_noun(noun));
  }
  for (const auto* const other : {"", "users", "tenant_id", "organizationsx", "orders"}) {
    CHECK_FALSE(is_tenant_noun(other));
  }
}

TEST_CASE("host_of names a service without port and case") {
  const std::uint8_t address[] = {10, 0, 0, 5};
  const Endpoint server{IpAddress::v4(Bytes(address, 4)), 8080};
  auto [authority, host] = GENERATE(table<std::string, std::string>({
      {"API.Example.com", "api.example.com"},
      {"api.example.com:8080", "api.example.com"},
      {"api.example.com.", "api.example.com"},
      {"api.example.com.:443", "api.example.com"},
      {"[2001:DB8::1]:443", "2001:db8::1"},
      {"[::1]", "::1"},
      {"[::1", "::1"},
      {"2001:db8::1", "2001:db8::1"},
      {"user:pass@host:1", "host"},
      {"", "10.0.0.5"},
      {":80", "10.0.0.5"},
      {"...", "10.0.0.5"},
  }));
  CHECK(host_of(authority, server) == host);
  CHECK(host_of(std::string(9000, 'a'), server).size() == 255);
}

}  // namespace
}  // namespace leaktap
