#include "cli/progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace twinfer {

ProgressLine::ProgressLine(std::string task) : task_(std::move(task)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(std::size_t done, std::size_t all, const std::string& note) const {
  if (!terminal_) return;
  fmt::print(stderr, "\r\033[K{}: {} of {}{}{}", task_, done, all, note.empty() ? "" : ", ", note);
  std::fflush(stderr);
}

}  // namespace twinfer
