// A worker that the coordinator starts itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace twinfer {

// Ends with its parent, however the parent ends (PR_SET_PDEATHSIG); is ended and
// reaped by the destructor. Its stderr is the parent's.
class ChildProcess {
 public:
  // Throws InputError if `program` cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The first line that it prints on stdout. Throws InputError if it ends or
  // stays silent instead.
  std::string first_line(std::chrono::milliseconds patience);

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[nodiscard]] bool ended_within(std::chrono::milliseconds patience) const;

  std::string program_;
  pid_t pid_ = 0;
  int stdout_ = -1;
};

}  // namespace twinfer
