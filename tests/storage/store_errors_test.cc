#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>

#include "storage/incident_store.h"
#include "storage/schema.h"
#include "support.h"

namespace leaktap {
using namespace test;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What `body` says when it is run without root's rights, in a process of its own.
template <typename Body>
std::string as_nobody(Body body) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) _exit(2);
    const std::string text = body();
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 3);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  return text;
}

constexpr auto kReadOnly = IncidentStore::Mode::ReadOnly;

}  // namespace

TEST_CASE("What is no leaktap database is refused and left alone") {
  TemporaryFolder folder;
  const std::string path = folder.path("other");
  const std::string kind = GENERATE("text", "header only", "other application");
  INFO(kind);
  if (kind == "text") std::ofstream(path) << "not a database";
  if (kind == "header only") std::ofstream(path) << std::string("SQLite format 3\0", 16);
  if (kind == "other application") {
    std::ofstream(path).flush();
    execute(path, "PRAGMA application_id = 7; CREATE TABLE incidents (x)");
  }
  const std::string before = content_of(path);
  CHECK(open_error(path) == path + " is not a leaktap database; choose another --db");
  CHECK(open_error(path, kReadOnly) == path + " is not a leaktap database; choose another --db");
  CHECK(content_of(path) == before);
  CHECK(folder.files() == std::vector<std::string>{"other"});
}

TEST_CASE("A damaged database is an error") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  { IncidentStore store = open_store(path); }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(3900, 'x');
  file.close();
  IncidentStore reader = open_store(path, kReadOnly);
  const std::string expected = path + " is damaged; restore it from a copy or choose another --db";
  CHECK(reader.list({}).error().message == expected);
  IncidentStore writer = open_store(path);
  CHECK(writer.save_run(run(), {}, {}).error().message == expected);
}

TEST_CASE("A database of a newer leaktap is refused") {
  TemporaryFolder folder;
  const std::string path = folder.path("leaktap.db");
  { IncidentStore store = open_store(path); }
  execute(path, "PRAGMA user_version = 9");
  const std::string expected = path +
                               " was written by a newer leaktap (schema 9, this one knows 1);"
                               " update leaktap or choose another --db";
  CHECK(open_error(path) == expected);
  CHECK(open_error(path, kReadOnly) == expected);
}

TEST_CASE("A database of an older leaktap is brought up to date by a writer") {
  TemporaryFolder folder;
  const std::string path = folder.path("leaktap.db");
  std::ofstream(path).flush();
  execute(path, "PRAGMA application_id = " + std::to_string(kApplicationId));
  CHECK(
      open_error(path, kReadOnly) ==
      path +
          " has schema 0, this leaktap reads 1; leaktap scan with this --db brings it up to date");
  { IncidentStore store = open_store(path); }
  CHECK(open_error(path, kReadOnly) == "no error");
}

TEST_CASE("A locked database is an error after five seconds") {
  TemporaryFolder folder;
  const std::string path = folder.path("leaktap.db");
  IncidentStore store = open_store(path);
  Database other = Database::open(path, Database::Access::ReadWrite).value();
  Transaction writing(other, Transaction::Kind::Write);
  const Status status = store.save_run(run(), {}, {});
  REQUIRE(!status.has_value());
  CHECK(status.error().message ==
        path + " is locked by another process; wait for it to end or choose another --db");
}

TEST_CASE("Folders, missing files and missing folders are named") {
  TemporaryFolder folder;
  CHECK(open_error(folder.path()) == folder.path() + " is a folder; give --db the path of a file");
  CHECK(open_error(folder.path("x.db"), kReadOnly) ==
        "there is no database " + folder.path("x.db") +
            "; leaktap scan makes one, --db names another one");
  CHECK(open_error(folder.path("no/x.db")) ==
        "cannot create " + folder.path("no/x.db") +
            ": no such file or directory; choose another --db");
  CHECK(folder.files().empty());
}

TEST_CASE("Without the right to write, a database can be read and the reason is told") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  {
    IncidentStore store = open_store(path);
    REQUIRE(store.save_run(run(), {capture("a", 0, 9)}, fold({finding(1)})).has_value());
  }
  ::chmod(path.c_str(), 0444);
  ::chmod(folder.path().c_str(), 0555);
  CHECK(as_nobody([&] {
          auto store = IncidentStore::open(path, kReadOnly);
          if (!store) return store.error().message;
          const auto incidents = store->list({});
          return incidents ? std::to_string(incidents->size()) : incidents.error().message;
        }) == "1");
  CHECK(as_nobody([&] { return open_error(path); }) ==
        "cannot write " + path + ": permission denied; run as its owner or choose another --db");
  const std::string other = folder.path("new.db");
  CHECK(as_nobody([&] { return open_error(other); }) ==
        "cannot create " + other + ": permission denied; choose another --db");
  ::chmod(path.c_str(), 0000);
  CHECK(as_nobody([&] { return open_error(path, kReadOnly); }) ==
        "cannot open " + path + ": permission denied; run as its owner or choose another --db");
  ::chmod(path.c_str(), 0666);
  CHECK(as_nobody([&] { return open_error(path); }) ==
        "cannot write " + path +
            ": permission denied; make it and its folder writable or choose another --db");
  ::chmod(folder.path().c_str(), 0755);
}

TEST_CASE("A database that cannot be finished is removed") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  ::chmod(folder.path().c_str(), 0777);
  const std::string message = as_nobody([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2000, 2000};  // less than a page
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return open_error(path);
  });
  CHECK(message.find(path) != std::string::npos);
  CHECK(message != "no error");
  CHECK(folder.files().empty());
}

}  // namespace leaktap
