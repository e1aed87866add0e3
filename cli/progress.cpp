#include "cli/progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace twinfer {

ProgressLine::ProgressLine(std::string task, bool lines_in_logs)
    : task_(std::move(task)), terminal_(isatty(STDERR_FILENO) == 1), lines_in_logs_(lines_in_logs) {}

ProgressLine::~ProgressLine() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(std::size_t done, std::size_t all, const std::string& note) const {
  if (!terminal_ && !lines_in_logs_) return;
  fmt::print(stderr, "{}{}: {} of {}{}{}{}", terminal_ ? "\r\033[K" : "", task_, done, all, note.empty() ? "" : ", ",
             note, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace twinfer
