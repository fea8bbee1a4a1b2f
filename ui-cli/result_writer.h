// Where results go: standard output or the file of -o.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "capture/result.h"

namespace leaktap {

// A file is written under another name beside it and takes its place in finish(), so that a run
// that fails leaves what was there before. Devices and pipes are written to directly.
class ResultWriter {
 public:
  static ResultWriter to_standard_output();
  // An Error if the file could not be written: found before the work, not after it.
  static Result<ResultWriter> to_file(const std::string& path);
  ResultWriter(ResultWriter&& other) noexcept;
  ResultWriter& operator=(ResultWriter&&) = delete;
  ~ResultWriter();

  void write(std::string_view text);
  // What was written so far is on its way to the reader.
  void flush();
  // Nobody reads any more: the reader of the pipe has gone, or the disk is full.
  [[nodiscard]] bool failed() const { return error_ != 0; }
  // An Error if something could not be written. A reader that went away is none.
  Status finish();

 private:
  ResultWriter(std::FILE* file, std::string path, std::string temporary);

  std::FILE* file_;
  std::string path_;       // for messages
  std::string temporary_;  // the name until finish(); empty if written directly
  int error_ = 0;
};

}  // namespace leaktap
