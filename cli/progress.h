// Progress of something long on one line of a terminal; anywhere else silent, or
// a line each time if that is wanted.
#pragma once

#include <string>

namespace twinfer {

class ProgressLine {
 public:
  explicit ProgressLine(std::string task, bool lines_in_logs = false);
  // Clears the line, so that what comes next starts clean.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // "task: 12 of 50, note".
  void show(std::size_t done, std::size_t all, const std::string& note = "") const;

 private:
  std::string task_;
  bool terminal_;
  bool lines_in_logs_;
};

}  // namespace twinfer
