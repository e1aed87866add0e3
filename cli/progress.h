// Progress of something long on one line of a terminal; silent anywhere else.
#pragma once

#include <string>

namespace twinfer {

class ProgressLine {
 public:
  explicit ProgressLine(std::string task);
  // Clears the line, so that what comes next starts clean.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // "task: 12 of 50, note".
  void show(std::size_t done, std::size_t all, const std::string& note = "") const;

 private:
  std::string task_;
  bool terminal_;
};

}  // namespace twinfer
