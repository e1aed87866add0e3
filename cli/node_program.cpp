#include "cli/node_program.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"

namespace twinfer {
namespace {

constexpr const char* kName = "twinfer-node";
constexpr const char* kMpiName = "twinfer-mpi";

bool is_program(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0;
}

std::vector<std::filesystem::path> candidates(const char* name) {
  std::vector<std::filesystem::path> places;
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!self.empty()) places.push_back(self.parent_path() / name);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    places.push_back(std::filesystem::path(folder.empty() ? "." : folder) / name);
  return places;
}

std::vector<char*> as_argv(std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return argv;
}

[[noreturn]] void fail(int error, const std::filesystem::path& program) {
  throw std::system_error(error, std::generic_category(), program.string() + " cannot be started");
}

// Blocks the signals that the wait takes up itself, and gives them back.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&blocked_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&blocked_, signal);
    sigprocmask(SIG_BLOCK, &blocked_, &before_);
  }
  ~BlockedSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  [[nodiscard]] const sigset_t& before() const { return before_; }
  // The next of them.
  [[nodiscard]] siginfo_t wait() const {
    siginfo_t info{};
    while (sigwaitinfo(&blocked_, &info) < 0) continue;  // one that is not among them came between
    return info;
  }

 private:
  sigset_t blocked_{};
  sigset_t before_{};
};

pid_t start(const std::filesystem::path& program, std::vector<std::string> arguments, const sigset_t& signals) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &files, &attributes, as_argv(arguments).data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) fail(error, program);
  return child;
}

[[noreturn]] void become(const std::filesystem::path& program, const char* name, int argc, char** argv) {
  std::vector<std::string> arguments{name};
  arguments.insert(arguments.end(), argv, argv + argc);
  execv(program.c_str(), as_argv(arguments).data());
  fail(errno, program);
}

int exit_code(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  throw std::runtime_error(std::string(kName) + " was ended by " + sigdescr_np(WTERMSIG(status)));
}

}  // namespace

std::filesystem::path find_node_program() {
  std::vector<std::filesystem::path> places = candidates(kName);
  if (const char* named = std::getenv("TWINFER_NODE"); named != nullptr) places.emplace_back(named);
  for (const std::filesystem::path& place : places)
    if (is_program(place)) return place;
  throw UsageError(
      "this build has no live side: twinfer-node is neither beside twinfer, nor in PATH, nor in TWINFER_NODE");
}

void become_node_program(int argc, char** argv) { become(find_node_program(), kName, argc, argv); }

void become_mpi_program(int argc, char** argv) {
  for (const std::filesystem::path& place : candidates(kMpiName))
    if (is_program(place)) become(place, kMpiName, argc, argv);
  throw UsageError("this build has no MPI side: twinfer-mpi is neither beside twinfer nor in PATH");
}

ProgramEnd run_node_program(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{kName};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const BlockedSignals signals;
  const pid_t child = start(program, std::move(all), signals.before());
  bool interrupted = false;
  for (;;) {
    const siginfo_t signal = signals.wait();
    if (signal.si_signo != SIGCHLD) {
      interrupted = true;
      // The terminal's reach the child without us, since it is in the same group.
      if (signal.si_code != SI_KERNEL) kill(child, signal.si_signo);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child && (WIFEXITED(status) || WIFSIGNALED(status)))
      return {exit_code(status), interrupted};
  }
}

}  // namespace twinfer
