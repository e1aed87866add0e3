#include "live/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"

namespace twinfer {
namespace {

using Clock = std::chrono::steady_clock;

int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* argv, int stdout_fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before the request took hold
  dup2(stdout_fd, STDOUT_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments)
    : program_(program.string()) {
  if (access(program_.c_str(), X_OK) != 0) throw InputError(program_, "", "", std::strerror(errno));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw InputError(program_, "", "", std::strerror(errno));

  std::vector<std::string> texts{program_};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(argv.data(), ends[1], parent);
  close(ends[1]);
  stdout_ = ends[0];
  if (pid_ < 0) {
    close(stdout_);
    throw InputError(program_, "", "", std::strerror(errno));
  }
}

ChildProcess::~ChildProcess() {
  close(stdout_);
  kill(pid_, SIGTERM);
  if (ended_within(std::chrono::seconds(2))) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool ChildProcess::ended_within(std::chrono::milliseconds patience) const {
  const Clock::time_point deadline = Clock::now() + patience;
  for (;;) {
    const pid_t reaped = waitpid(pid_, nullptr, WNOHANG);
    if (reaped == pid_ || (reaped < 0 && errno == ECHILD)) return true;
    if (Clock::now() >= deadline) return false;
    const timespec pause{0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
}

std::string ChildProcess::first_line(std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  std::string line;
  for (;;) {
    pollfd wait{stdout_, POLLIN, 0};
    if (poll(&wait, 1, left_ms(deadline)) <= 0) throw InputError(program_, "", "", "did not start in time");
    char c = 0;
    if (read(stdout_, &c, 1) != 1) throw InputError(program_, "", "", "ended before it listened");
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace twinfer
