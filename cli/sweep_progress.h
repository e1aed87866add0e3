// How far a sweep is, on one line of stderr that overwrites itself; nothing unless
// stderr is a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace twinfer {

class SweepProgress {
 public:
  SweepProgress(std::string name, std::size_t all);
  ~SweepProgress();  // clears the line
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  void add(bool failed);

  [[nodiscard]] std::size_t failed() const { return failed_; }
  [[nodiscard]] double elapsed_s() const;

 private:
  void show() const;

  std::string name_;
  std::size_t all_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = start_;
};

}  // namespace twinfer
