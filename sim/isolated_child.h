// One forked child: its two pipes, its end, and what that end means.
//
// The answer pipe carries one letter (how the task ended) and then its text; the
// print pipe carries whatever the child wrote to stdout and stderr.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

#include "sim/isolated.h"

namespace twinfer {

// Owns a process: one that is still running when its owner goes is killed.
class IsolatedChild {
 public:
  explicit IsolatedChild(const std::function<std::string()>& task);
  ~IsolatedChild();
  IsolatedChild(const IsolatedChild&) = delete;
  IsolatedChild& operator=(const IsolatedChild&) = delete;

  // The pipe ends to wait on; -1 once the child has closed its side.
  [[nodiscard]] int answer_fd() const { return answer_fd_; }
  [[nodiscard]] int print_fd() const { return print_fd_; }
  [[nodiscard]] bool closed() const { return answer_fd_ < 0 && print_fd_ < 0; }
  [[nodiscard]] double age_s() const;

  // Takes what lies ready in the pipe `fd`, one of the two. Does not block if
  // poll() said that it is readable.
  void read_from(int fd);
  void kill_after(Seconds timeout);

  // Waits for the end of the process. REQUIRES: closed(). Call once.
  IsolatedOutcome outcome();

 private:
  pid_t pid_ = -1;  // -1 once waited for
  int answer_fd_ = -1;
  int print_fd_ = -1;
  std::string answer_;
  std::string printed_;  // the end of it
  std::optional<Seconds> killed_after_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// The line of a dead library's output that says why: SimGrid's critical message
// without its log prefix, else the text of an uncaught exception, else the last line.
std::string last_words(const std::string& printed);

}  // namespace twinfer
