#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "storage/incident_store.h"
#include "storage/incident_writer.h"
#include "support.h"

namespace leaktap {
using namespace test;

namespace {

constexpr auto kReadOnly = IncidentStore::Mode::ReadOnly;

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

std::vector<Incident> thousand_incidents() {
  std::vector<OwnedFinding> findings;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    findings.push_back(finding(i % 9));
    findings.back().route = "/r" + std::to_string(i);
  }
  return fold(findings);
}

}  // namespace

TEST_CASE("The database and the files beside it are the owner's alone") {
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    TemporaryFolder folder;
    const mode_t before = ::umask(mask);
    IncidentStore store = open_store(folder.path("x.db"));
    const Status saved = store.save_run(run(), {capture("a", 0, 9)}, fold({finding(1)}));
    ::umask(before);
    REQUIRE(saved.has_value());
    CHECK(folder.files() == std::vector<std::string>{"x.db", "x.db-shm", "x.db-wal"});
    for (const std::string& name : folder.files()) CHECK(mode_of(folder.path(name)) == 0600);
  }
}

TEST_CASE("An empty file becomes a database of the owner's alone") {
  TemporaryFolder folder;
  std::ofstream(folder.path("x.db")).flush();
  ::chmod(folder.path("x.db").c_str(), 0644);
  IncidentStore store = open_store(folder.path("x.db"));
  CHECK(mode_of(folder.path("x.db")) == 0600);
}

TEST_CASE("Odd names are file names") {
  TemporaryFolder folder;
  const std::string before = std::filesystem::current_path().string();
  std::filesystem::current_path(folder.path());
  for (const std::string name : {"file:x?mode=memory", "a%41#b?.db", "-x"}) {
    { IncidentStore store = open_store(name); }
    CHECK(std::filesystem::exists(folder.path(name)));
    CHECK(open_error(name, kReadOnly) == "no error");
  }
  std::filesystem::current_path(before);
}

TEST_CASE("A process killed at any moment of a transaction leaves a valid database") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  {
    IncidentStore store = open_store(path);
    REQUIRE(store.save_run(run(), {capture("a", 0, 9)}, fold({finding(1)})).has_value());
  }
  const std::vector<Incident> incidents = thousand_incidents();
  for (const std::size_t written : {0U, 1U, 500U, 1000U}) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto database = Database::open(path, Database::Access::ReadWrite);
      if (!database) _exit(1);
      database->execute("PRAGMA cache_size = 10");  // so that pages reach the WAL before the commit
      Transaction transaction(*database, Transaction::Kind::Write);
      IncidentWriter writer(*database, IncidentWriter::Mode::Replace);
      writer.put_run(run(), {capture("a", 0, 9)});
      for (std::size_t i = 0; i < written; ++i) writer.put(incidents[i]);
      if (written == incidents.size()) writer.finish();
      _exit(database->status() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);
    IncidentStore store = open_store(path, kReadOnly);
    CHECK(full_texts(store) == full_texts(fold({finding(1)})));
    IncidentStore writer = open_store(path);
    CHECK(lines(writer).size() == 1);
  }
  auto check = Database::open(path, Database::Access::ReadWrite);
  Statement integrity = check->prepare("PRAGMA integrity_check");
  REQUIRE(integrity.step());
  CHECK(integrity.text(0) == "ok");
  Statement foreign_keys = check->prepare("PRAGMA foreign_key_check");
  CHECK(!foreign_keys.step());
}

TEST_CASE("A process killed while it writes keeps what it had committed") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = IncidentStore::open(path, IncidentStore::Mode::ReadWrite);
    for (std::uint64_t i = 0; store; ++i) {
      if (!store->add_live(run(), capture("live", 0, 9), fold({finding(i)}))) _exit(1);
      if (::write(ends[1], "x", 1) != 1) _exit(1);
    }
    _exit(1);
  }
  ::close(ends[1]);
  std::array<char, 50> committed{};
  std::size_t calls = 0;
  while (calls < committed.size()) {
    const ssize_t got = ::read(ends[0], committed.data(), committed.size() - calls);
    REQUIRE(got > 0);
    calls += static_cast<std::size_t>(got);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  IncidentStore store = open_store(path, kReadOnly);
  CHECK(listed(store).at(0).incident.count >= calls);
}

TEST_CASE("A reader sees the last commit while a writer writes") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  IncidentStore store = open_store(path);
  REQUIRE(store.save_run(run(), {capture("a", 0, 9)}, fold({finding(1)})).has_value());
  Database other = Database::open(path, Database::Access::ReadWrite).value();
  Transaction writing(other, Transaction::Kind::Write);
  other.execute("UPDATE incidents SET status = 'resolved'");
  IncidentStore reader = open_store(path, kReadOnly);
  CHECK(listed(reader).at(0).incident.status == "open");
  REQUIRE(writing.commit().has_value());
  CHECK(listed(reader).at(0).incident.status == "resolved");
}

TEST_CASE("A reader creates no files and sees what is written after it opened") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  {
    IncidentStore store = open_store(path);
    REQUIRE(store.save_run(run(), {capture("a", 0, 9)}, fold({finding(1)})).has_value());
  }
  IncidentStore reader = open_store(path, kReadOnly);
  CHECK(listed(reader).at(0).incident.count == 1);
  CHECK(folder.files() == std::vector<std::string>{"x.db"});
  CHECK(reader.save_run(run(), {}, {}).error().message.starts_with("cannot write " + path));
  {
    IncidentStore store = open_store(path);
    REQUIRE(store.save_run(run(), {capture("b", 10, 19)}, fold({finding(11)})).has_value());
    CHECK(listed(reader).at(0).incident.count == 2);
  }
  IncidentStore later = open_store(path, kReadOnly);
  CHECK(listed(later).at(0).incident.count == 2);
}

}  // namespace leaktap
