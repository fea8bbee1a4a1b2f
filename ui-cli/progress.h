// How far a scan has come: one line on a terminal, rewritten in place.
#pragma once

#include <chrono>
#include <string>

#include "sensor/sensor.h"
#include "ui-cli/terminal.h"

namespace leaktap {

// "[#####     ]  52 %  1.2 GB  8,123,456 packets  12,345 exchanges  7 incidents  410 MB/s  0:02
// left", without what does not fit into the terminal's width, the least important first.
std::string progress_line(const Progress& progress, std::chrono::duration<double> elapsed,
                          const Terminal& terminal);

// Writes to standard error; nothing at all where that is no terminal.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool wanted);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& progress);
  // Takes the line away.
  void clear();

 private:
  Terminal terminal_;
  bool active_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point started_, latest_;
};

}  // namespace leaktap
