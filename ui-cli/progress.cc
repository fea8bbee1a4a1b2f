#include "ui-cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "ui-cli/wording.h"

namespace leaktap {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr auto kBetweenLines = std::chrono::milliseconds(100);

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 359999.0));
  const std::uint64_t minutes = whole / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, whole % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, whole % 60);
}

std::string bar(double part, Charset charset) {
  constexpr std::size_t kWidth = 20;
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kWidth));
  std::string text = "[";
  for (std::size_t i = 0; i < kWidth; ++i) {
    const bool full = i < filled;
    text += charset == Charset::Utf8 ? (full ? "█" : "░") : (full ? "#" : ".");
  }
  return fmt::format("{}] {:3.0f} %", text, part * 100);
}

}  // namespace

std::string progress_line(const Progress& progress, Seconds elapsed, const Terminal& terminal) {
  const double rate =
      elapsed.count() > 0 ? static_cast<double>(progress.bytes) / elapsed.count() : 0;
  std::vector<std::string> parts;
  const bool known = progress.total_bytes != 0 && progress.bytes <= progress.total_bytes;
  if (known) {
    parts.push_back(
        bar(static_cast<double>(progress.bytes) / static_cast<double>(progress.total_bytes),
            terminal.charset));
  }
  parts.push_back(byte_count(progress.bytes));
  if (known && rate > 0) {
    const auto left = static_cast<double>(progress.total_bytes - progress.bytes);
    parts.push_back(clock_text(left / rate) + " left");
  }
  parts.push_back(counted(progress.incidents, "incident"));
  parts.push_back(counted(progress.exchanges, "exchange"));
  parts.push_back(counted(progress.packets, "packet"));
  parts.push_back(byte_count(static_cast<std::uint64_t>(rate)) + "/s");
  std::string line;
  for (const std::string& part : parts) {
    const std::string longer = line.empty() ? part : line + "  " + part;
    // One column stays free: a line that fills the last one wraps on some terminals.
    if (terminal.width != 0 && columns_of(longer) >= terminal.width) break;
    line = longer;
  }
  return line;
}

ProgressDisplay::ProgressDisplay(bool wanted)
    : terminal_(terminal_of(STDERR_FILENO, ColorChoice::Never)),
      active_(wanted && terminal_.is_terminal),
      started_(std::chrono::steady_clock::now()),
      latest_(started_) {}

ProgressDisplay::~ProgressDisplay() { clear(); }

void ProgressDisplay::show(const Progress& progress) {
  if (!active_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - latest_ < kBetweenLines) return;
  latest_ = now;
  shown_ = true;
  const std::string line = "\r" + progress_line(progress, now - started_, terminal_) + "\x1b[K";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

void ProgressDisplay::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace leaktap
