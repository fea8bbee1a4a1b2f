#include "ui-cli/fingerprint_key.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/ui-cli/scratch_folder.h"

namespace leaktap {
namespace {

const std::string kDigits = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";

mode_t mode_of(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("The default key is made once, for this user only") {
  const ScratchFolder folder;
  const ScopedVariable state("XDG_STATE_HOME", folder.path("state").c_str());
  const Result<LoadedKey> first = load_fingerprint_key({});
  const Result<LoadedKey> second = load_fingerprint_key({});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->key == second->key);
  CHECK(first->key != FingerprintKey{});
  CHECK(first->warning.empty());
  CHECK(mode_of(folder.path("state/leaktap/fingerprint.key")) == 0600);
  CHECK(mode_of(folder.path("state/leaktap")) == 0700);
  CHECK(folder.read("state/leaktap/fingerprint.key").size() == 65);
}

TEST_CASE("Processes that start at once agree on the key") {
  const ScratchFolder folder;
  const ScopedVariable state("XDG_STATE_HOME", folder.path("state").c_str());
  std::vector<Result<LoadedKey>> keys(4, fail("not run"));
  std::vector<std::thread> threads;
  for (auto& key : keys) threads.emplace_back([&key] { key = load_fingerprint_key({}); });
  for (std::thread& thread : threads) thread.join();
  const Result<LoadedKey> later = load_fingerprint_key({});
  REQUIRE(later);
  for (const auto& key : keys) {
    REQUIRE(key);
    CHECK(key->key == later->key);
  }
}

TEST_CASE("Without XDG_STATE_HOME the key lives in the home folder; without that there is a cure") {
  const ScratchFolder folder;
  const ScopedVariable state("XDG_STATE_HOME", nullptr);
  {
    const ScopedVariable home("HOME", folder.path("home").c_str());
    REQUIRE(load_fingerprint_key({}));
    CHECK(mode_of(folder.path("home/.local/state/leaktap/fingerprint.key")) == 0600);
  }
  const ScopedVariable home("HOME", nullptr);
  CHECK(load_fingerprint_key({}).error().message ==
        "HOME is not set, so there is no place for the fingerprint key; "
        "give --fingerprint-key FILE or env:NAME");
}

TEST_CASE("A key can come from a file") {
  const ScratchFolder folder;
  const std::string path = folder.write("key", kDigits + "\n");
  chmod(path.c_str(), 0600);
  const Result<LoadedKey> key = load_fingerprint_key(path);
  REQUIRE(key);
  CHECK(key->key[1] == 0x11);
  CHECK(key->key[16] == 0xff);
  CHECK(key->warning.empty());
  chmod(path.c_str(), 0640);
  CHECK(load_fingerprint_key(path)->warning ==
        "the fingerprint key " + path + " is open to others; run `chmod 600 " + path + "`");
}

TEST_CASE("A file without a key is refused, and its content not shown") {
  const ScratchFolder folder;
  for (const std::string& content : {std::string(), std::string("abc"), kDigits + "00",
                                     std::string(64, 'g'), std::string(1000, '0')}) {
    const std::string path = folder.write("key", content);
    const Result<LoadedKey> key = load_fingerprint_key(path);
    REQUIRE_FALSE(key);
    CHECK(key.error().message == path +
                                     " holds no fingerprint key: it must be 64 hex digits; "
                                     "`openssl rand -hex 32` makes one");
  }
  CHECK(load_fingerprint_key(folder.path("missing")).error().message ==
        "cannot read the fingerprint key " + folder.path("missing") +
            ": No such file or directory");
}

TEST_CASE("A key can come from the environment") {
  const ScopedVariable variable("LEAKTAP_TEST_KEY", kDigits.c_str());
  const Result<LoadedKey> key = load_fingerprint_key("env:LEAKTAP_TEST_KEY");
  REQUIRE(key);
  CHECK(key->key[2] == 0x22);
  CHECK(load_fingerprint_key("env:LEAKTAP_TEST_NONE").error().message ==
        "--fingerprint-key: the variable LEAKTAP_TEST_NONE is not set");
  const ScopedVariable wrong("LEAKTAP_TEST_KEY", "hunter2");
  const std::string message = load_fingerprint_key("env:LEAKTAP_TEST_KEY").error().message;
  CHECK(message.find("hunter2") == std::string::npos);
}

}  // namespace leaktap
