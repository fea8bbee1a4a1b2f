#include "storage/sqlite.h"

#include <catch2/catch.hpp>

#include "support.h"

namespace leaktap {
using namespace test;

TEST_CASE("After the first error a database does nothing until the next transaction") {
  Database database = Database::open(":memory:", Database::Access::ReadWrite).value();
  database.execute("CREATE TABLE t (x INTEGER)");
  {
    Transaction transaction(database, Transaction::Kind::Write);
    database.prepare("INSERT INTO t VALUES (?1)").run(1);
    database.execute("no SQL");
    database.prepare("INSERT INTO t VALUES (?1)").run(2);
    const Status status = transaction.commit();
    REQUIRE(!status.has_value());
    CHECK(status.error().message.starts_with("cannot use :memory:: "));
  }
  Statement count = database.prepare("SELECT COUNT(*) FROM t");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 0);
}

TEST_CASE("Values are read back as they were bound") {
  Database database = Database::open(":memory:", Database::Access::ReadWrite).value();
  Statement query = database.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6");
  const std::vector<std::uint8_t> bytes{0, 1, 255};
  REQUIRE(query.find(UINT64_MAX, "text", Bytes{bytes}, nullptr, std::optional<int>{}, at(7)));
  CHECK(static_cast<std::uint64_t>(query.integer(0)) == UINT64_MAX);
  CHECK(query.text(1) == "text");
  CHECK(std::vector<std::uint8_t>(query.blob(2).begin(), query.blob(2).end()) == bytes);
  CHECK(query.is_null(3));
  CHECK(query.is_null(4));
  CHECK(query.time(5) == at(7));
}

TEST_CASE("A full disk is an error that names the file, and leaves the database as it was") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  { IncidentStore store = open_store(path); }
  Database database = Database::open(path, Database::Access::ReadWrite).value();
  database.execute("CREATE TABLE big (x); PRAGMA max_page_count = 40");
  {
    Transaction transaction(database, Transaction::Kind::Write);
    database.execute("INSERT INTO big VALUES (zeroblob(1000000))");
    CHECK(transaction.commit().error().message ==
          "cannot write " + path + ": the disk is full; free some space or choose another --db");
  }
  Statement count = database.prepare("SELECT COUNT(*) FROM big");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 0);
}

}  // namespace leaktap
