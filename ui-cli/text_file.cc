#include "ui-cli/text_file.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace leaktap {

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  const auto wrong = [&](const std::string& reason) {
    return fail(fmt::format("cannot read {}: {}", path, reason));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (file == nullptr) return wrong(std::generic_category().message(errno));
  std::string text(max_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return wrong(std::generic_category().message(errno));
  if (text.size() > max_bytes) return wrong(fmt::format("it is larger than {} bytes", max_bytes));
  return text;
}

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace leaktap
