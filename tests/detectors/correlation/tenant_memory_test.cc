#include "detectors/correlation/tenant_memory.h"

#include <catch2/catch.hpp>

#include "detectors/correlation/leaf_hash.h"

using namespace leaktap;

TEST_CASE("BoundedMap forgets what was put in first") {
  BoundedMap<int> map(2);
  map.at(1) = 10;
  map.at(2) = 20;
  map.at(1) = 11;
  map.at(3) = 30;
  CHECK(map.find(1) == nullptr);
  CHECK(*map.find(2) == 20);
  CHECK(*map.find(3) == 30);
  CHECK(map.evicted() == 1);
  map.at(1) = 12;
  CHECK(*map.find(1) == 12);
  CHECK(map.find(2) == nullptr);
}

TEST_CASE("LeafHash tells parts and keys apart") {
  const auto hash = [](std::uint64_t key, std::string_view a, std::string_view b) {
    return LeafHash(key).add(a).add(b).value();
  };
  CHECK(hash(0, "ab", "c") == hash(0, "ab", "c"));
  CHECK(hash(0, "ab", "c") != hash(0, "a", "bc"));
  CHECK(hash(0, "", "abc") != hash(0, "abc", ""));
  CHECK(hash(0, "ab", "c") != hash(1, "ab", "c"));
  CHECK(hash(0, "12345678", "") != hash(0, std::string_view("12345678\0", 9), ""));
  CHECK(hash(0, std::string(300, 'x'), "") != hash(0, std::string(301, 'x'), ""));
}

TEST_CASE("a tree of tenants is followed to its root, even if it is none") {
  TenantOptions options;
  options.tree = {{"a", {"b"}}, {"b", {"c"}}, {"x", {"y"}}, {"y", {"x"}}};
  const TenantNames names(options);
  CHECK(names.is_within(names.id_of("c"), names.id_of("a")));
  CHECK_FALSE(names.is_within(names.id_of("a"), names.id_of("c")));
  CHECK_FALSE(names.is_within(names.id_of("x"), names.id_of("a")));
}

TEST_CASE("a credential's use is learned from twenty requests on three routes") {
  CredentialUse use;
  const auto accept = [&use](std::uint64_t tenant, const char* route, int count) {
    Observation seen;
    seen.route = route;
    for (int i = 0; i < count; ++i) {
      use.add(tenant, {"path:tenant", "t"}, seen);
      ++use.accepted;
    }
  };
  accept(1, "/a", 18);
  accept(1, "/b", 1);
  CHECK_FALSE(use.is_learned());
  accept(1, "/b", 1);
  CHECK_FALSE(use.is_learned());
  accept(1, "/c", 1);
  CHECK(use.is_learned());
  accept(2, "/c", 1);
  CHECK(use.is_learned());
  accept(2, "/c", 1);
  CHECK_FALSE(use.is_learned());
  CHECK(use.most_used()->id == 1);
}
