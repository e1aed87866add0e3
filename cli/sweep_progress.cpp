#include "cli/sweep_progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "report/table.h"

namespace twinfer {
namespace {

constexpr std::chrono::milliseconds kBetweenLines{200};  // a person reads no faster

}  // namespace

SweepProgress::SweepProgress(std::string name, std::size_t all)
    : name_(std::move(name)), all_(all), terminal_(isatty(STDERR_FILENO) != 0) {}

SweepProgress::~SweepProgress() {
  if (terminal_) fmt::print(stderr, "\r{:79}\r", "");
}

void SweepProgress::add(bool failed) {
  ++done_;
  failed_ += failed ? 1 : 0;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - shown_ < kBetweenLines) return;
  shown_ = now;
  show();
}

double SweepProgress::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void SweepProgress::show() const {
  const double rate_hz = static_cast<double>(done_) / elapsed_s();
  const double left_s = static_cast<double>(all_ - done_) / rate_hz;
  const std::string failures = failed_ == 0 ? "" : fmt::format(", {} failed", failed_);
  const std::string line = fmt::format("{}: {} of {} runs{}, {:.3g}/s, {} left", name_, done_, all_, failures, rate_hz,
                                       format_seconds(left_s));
  fmt::print(stderr, "\r{:79}", line.substr(0, 79));
  std::fflush(stderr);
}

}  // namespace twinfer
