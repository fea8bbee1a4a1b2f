#include "ui-cli/fingerprint_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "ui-cli/shown_names.h"

namespace leaktap {
namespace {

constexpr std::size_t kDigits = 2 * std::tuple_size_v<FingerprintKey>;

std::string reason(int error) { return std::generic_category().message(error); }

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

std::optional<std::string> environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<FingerprintKey> parse_key(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  if (text.size() != kDigits) return std::nullopt;
  FingerprintKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    key[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return key;
}

tl::unexpected<Error> no_key(const std::string& where) {
  return fail(
      fmt::format("{} holds no fingerprint key: it must be {} hex digits; "
                  "`openssl rand -hex {}` makes one",
                  where, kDigits, kDigits / 2));
}

Result<LoadedKey> from_environment(const std::string& name) {
  const auto value = environment(name);
  if (!value) {
    return fail(can_show_variable(name)
                    ? fmt::format("--fingerprint-key: the variable {} is not set", name)
                    : "--fingerprint-key: env: must be followed by the name of a variable that is "
                      "set");
  }
  const auto key = parse_key(*value);
  if (!key) return no_key("the variable " + name);
  return LoadedKey{*key, {}};
}

tl::unexpected<Error> unreadable(const std::string& path, int error) {
  return fail(fmt::format("cannot read the fingerprint key {}: {}",
                          can_show_path(path) ? path : "that --fingerprint-key names",
                          reason(error)));
}

Result<LoadedKey> from_file(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (file.number < 0 || fstat(file.number, &status) != 0) return unreadable(path, errno);
  std::array<char, 256> text{};
  const ssize_t count = read(file.number, text.data(), text.size());
  if (count < 0) return unreadable(path, errno);
  const auto key = parse_key(std::string_view(text.data(), static_cast<std::size_t>(count)));
  explicit_bzero(text.data(), text.size());
  if (!key) return no_key(path);
  LoadedKey loaded{*key, {}};
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    loaded.warning =
        fmt::format("the fingerprint key {} is open to others; run `chmod 600 {}`", path, path);
  }
  return loaded;
}

Status make_folders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      struct stat status {};
      const int error = errno;
      // A file system that is read only says so even of folders that are there.
      if (stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
      return fail(
          fmt::format("cannot create {} for the fingerprint key: {}; "
                      "give --fingerprint-key FILE or env:NAME",
                      folder, reason(error)));
    }
  }
  return {};
}

Result<std::string> random_key_text() {
  FingerprintKey key{};
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    return fail(fmt::format("cannot make a fingerprint key: {}", reason(errno)));
  }
  std::string text;
  for (const std::uint8_t byte : key) text += fmt::format("{:02x}", byte);
  return text + "\n";
}

// Written under a name of its own and then linked: of two processes that start at once, one makes
// the key and neither sees half of it.
Status create_file(const std::string& path) {
  const Status folders = make_folders(path);
  if (!folders) return folders;
  const Result<std::string> text = random_key_text();
  if (!text) return tl::unexpected(text.error());
  std::string temporary = path + ".XXXXXX";
  const Descriptor file{mkostemp(temporary.data(), O_CLOEXEC)};  // with mode 0600
  bool made =
      file.number >= 0 &&
      write(file.number, text->data(), text->size()) == static_cast<ssize_t>(text->size()) &&
      fsync(file.number) == 0;
  made = made && (link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  unlink(temporary.c_str());
  if (made) return {};
  return fail(
      fmt::format("cannot create the fingerprint key {}: {}; "
                  "give --fingerprint-key FILE or env:NAME",
                  path, reason(error)));
}

Result<std::string> default_path() {
  const std::string file = "/leaktap/fingerprint.key";
  // A relative path is to be ignored (XDG Base Directory Specification).
  const auto state = environment("XDG_STATE_HOME");
  if (state && state->front() == '/') return *state + file;
  const auto home = environment("HOME");
  if (home) return *home + "/.local/state" + file;
  return fail(
      "HOME is not set, so there is no place for the fingerprint key; "
      "give --fingerprint-key FILE or env:NAME");
}

}  // namespace

Result<LoadedKey> load_fingerprint_key(const std::optional<std::string>& choice) {
  constexpr std::string_view kEnvironment = "env:";
  if (choice && choice->starts_with(kEnvironment)) {
    return from_environment(choice->substr(kEnvironment.size()));
  }
  if (choice) return from_file(*choice);
  const Result<std::string> path = default_path();
  if (!path) return tl::unexpected(path.error());
  if (access(path->c_str(), F_OK) != 0) {
    const Status created = create_file(*path);
    if (!created) return tl::unexpected(created.error());
  }
  return from_file(*path);
}

}  // namespace leaktap
