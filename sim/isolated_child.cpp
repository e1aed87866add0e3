#include "sim/isolated_child.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr char kReturned = 'R';
constexpr char kBadInput = 'I';
constexpr char kThrew = 'E';
constexpr std::size_t kPrintedKept = 64 * 1024;  // the last words are at the end

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {ends[0], ends[1]};
}

void close_pipe(const Pipe& pipe) {
  ::close(pipe.read_end);
  ::close(pipe.write_end);
}

void write_all(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno != EINTR) ::_exit(2);  // nobody listens any more
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

std::string answer_of(const std::function<std::string()>& task) {
  try {
    return kReturned + task();
  } catch (const InputError& error) {
    return kBadInput + std::string(error.what());
  } catch (const std::exception& error) {
    return kThrew + std::string(error.what());
  } catch (...) {
    return kThrew + std::string("an exception without a text");
  }
}

[[noreturn]] void live_as_child(const std::function<std::string()>& task, int answer_fd, int print_fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed parent leaves no simulation behind
  if (::getppid() != parent) ::_exit(2);
  for (const int crash : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) ::signal(crash, SIG_DFL);  // not the parent's
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(print_fd, STDOUT_FILENO);
  ::dup2(print_fd, STDERR_FILENO);
  write_all(answer_fd, answer_of(task));
  ::_exit(0);  // not exit(): the parent's destructors and buffers are not ours
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

std::string describe_end(int status, const std::string& printed) {
  const std::string words = last_words(printed);
  if (!words.empty()) return words;
  if (WIFSIGNALED(status))
    return std::string("the child process was ended by a signal: ") + ::strsignal(WTERMSIG(status));
  return "the child process ended with exit code " + std::to_string(WEXITSTATUS(status)) + " and said nothing";
}

}  // namespace

IsolatedChild::IsolatedChild(const std::function<std::string()>& task) {
  const Pipe answer = make_pipe();
  Pipe print;
  try {
    print = make_pipe();
  } catch (...) {
    close_pipe(answer);
    throw;
  }
  std::fflush(nullptr);  // else the child holds, and may print, what we have buffered
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) live_as_child(task, answer.write_end, print.write_end, parent);
  const int fork_error = errno;
  if (pid_ < 0) {
    close_pipe(answer);
    close_pipe(print);
    throw std::system_error(fork_error, std::generic_category(), "fork");
  }
  ::close(answer.write_end);
  ::close(print.write_end);
  answer_fd_ = answer.read_end;
  print_fd_ = print.read_end;
}

IsolatedChild::~IsolatedChild() {
  if (answer_fd_ >= 0) ::close(answer_fd_);
  if (print_fd_ >= 0) ::close(print_fd_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

double IsolatedChild::age_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void IsolatedChild::read_from(int fd) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return;
  int& end = fd == answer_fd_ ? answer_fd_ : print_fd_;
  std::string& text = fd == answer_fd_ ? answer_ : printed_;
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (&text == &printed_ && text.size() > 2 * kPrintedKept) text.erase(0, text.size() - kPrintedKept);
    return;
  }
  ::close(end);
  end = -1;
}

void IsolatedChild::kill_after(Seconds timeout) {
  killed_after_ = timeout;
  ::kill(pid_, SIGKILL);
}

IsolatedOutcome IsolatedChild::outcome() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;

  if (killed_after_) {
    std::ostringstream text;
    text << "the child process was ended: it ran for more than " << killed_after_->si() << " s";
    return {false, {}, text.str(), false};
  }
  const bool answered = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !answer_.empty();
  if (!answered) return {false, {}, describe_end(status, printed_), false};
  const char kind = answer_.front();
  answer_.erase(0, 1);
  if (kind == kReturned) return {true, std::move(answer_), {}, false};
  return {false, {}, one_line(answer_), kind == kBadInput};
}

std::string last_words(const std::string& printed) {
  std::string critical;  // the first: what follows it are its consequences
  std::string thrown;
  std::string last;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find("/CRITICAL] "); at != std::string::npos && critical.empty())
      critical = line.substr(line.find("] ", at) + 2);
    if (const auto at = line.find("ERROR: AddressSanitizer"); at != std::string::npos) critical = line.substr(at);
    if (const auto at = line.find("what():  "); at != std::string::npos) thrown = line.substr(at + 9);
    if (line.find_first_not_of(" \t") != std::string::npos) last = line;
  }
  if (!critical.empty()) return critical;
  return thrown.empty() ? last : thrown;
}

}  // namespace twinfer
