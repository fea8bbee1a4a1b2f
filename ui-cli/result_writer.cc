#include "ui-cli/result_writer.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace leaktap {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

ResultWriter::ResultWriter(std::FILE* file, std::string path, std::string temporary)
    : file_(file), path_(std::move(path)), temporary_(std::move(temporary)) {}

ResultWriter::ResultWriter(ResultWriter&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      error_(other.error_) {}

ResultWriter::~ResultWriter() {
  if (file_ == nullptr || file_ == stdout) return;
  std::fclose(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

ResultWriter ResultWriter::to_standard_output() { return {stdout, "standard output", {}}; }

Result<ResultWriter> ResultWriter::to_file(const std::string& path) {
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return fail(fmt::format("{} is a folder", path));
  const bool directly = exists && !S_ISREG(status.st_mode);
  const std::string temporary = directly ? "" : fmt::format("{}.{}.partial", path, getpid());
  if (exists && !directly && access(path.c_str(), W_OK) != 0) {
    return fail(fmt::format("cannot write {}: {}", path, reason(errno)));
  }
  std::FILE* const file = std::fopen(directly ? path.c_str() : temporary.c_str(), "wbe");
  if (file == nullptr) return fail(fmt::format("cannot write {}: {}", path, reason(errno)));
  return ResultWriter(file, path, temporary);
}

void ResultWriter::write(std::string_view text) {
  if (error_ != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

void ResultWriter::flush() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
}

Status ResultWriter::finish() {
  flush();
  std::FILE* const file = std::exchange(file_, nullptr);
  if (file != stdout) {
    if (std::fclose(file) != 0 && error_ == 0) error_ = errno;
    if (error_ == 0 && !temporary_.empty() && std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      error_ = errno;
    }
    if (error_ != 0 && !temporary_.empty()) unlink(temporary_.c_str());
  }
  if (error_ != 0 && error_ != EPIPE) {
    return fail(fmt::format("cannot write {}: {}", path_, reason(error_)));
  }
  return {};
}

}  // namespace leaktap
