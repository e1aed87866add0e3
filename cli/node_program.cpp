#include "cli/node_program.h"

#include <cerrno>
#include <cmath>
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

struct SpawnActions {
  SpawnActions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnActions() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

// `input`: becomes the child's standard input; -1: it has this process's.
pid_t start(const std::filesystem::path& program, std::vector<std::string> arguments, const sigset_t& signals,
            int input) {
  SpawnActions actions;
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions.files, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions.files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_setsigmask(&actions.attributes, &signals);
  posix_spawnattr_setflags(&actions.attributes, POSIX_SPAWN_SETSIGMASK);
  arguments.insert(arguments.begin(), kName);
  pid_t child = 0;
  const int error =
      posix_spawn(&child, program.c_str(), &actions.files, &actions.attributes, as_argv(arguments).data(), environ);
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

BlockedSignals::BlockedSignals() {
  sigemptyset(&blocked_);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&blocked_, signal);
  sigprocmask(SIG_BLOCK, &blocked_, &before_);
}

BlockedSignals::~BlockedSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

std::optional<siginfo_t> BlockedSignals::wait(Seconds longest) const {
  const double whole_s = std::floor(longest.si());
  const timespec patience{static_cast<time_t>(whole_s), static_cast<long>((longest.si() - whole_s) * 1e9)};
  siginfo_t info{};
  if (sigtimedwait(&blocked_, &info, &patience) < 0) return std::nullopt;
  return info;
}

NodeProcess::NodeProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments, int input)
    : child_(start(program, arguments, signals_.before(), input)) {}

NodeProcess::~NodeProcess() {
  if (reaped_) return;
  kill(child_, SIGTERM);
  int status = 0;
  waitpid(child_, &status, 0);
}

std::optional<ProgramEnd> NodeProcess::wait(Seconds longest) {
  if (end_) return end_;
  const std::optional<siginfo_t> signal = signals_.wait(longest);
  if (signal && signal->si_signo != SIGCHLD) {
    interrupted_ = true;
    // The terminal's reach the child without us, since it is in the same group.
    if (signal->si_code != SI_KERNEL) kill(child_, signal->si_signo);
  }
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) != child_) return std::nullopt;
  reaped_ = true;
  end_ = ProgramEnd{exit_code(status), interrupted_};
  return end_;
}

ProgramEnd run_node_program(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  constexpr Seconds kTick(60);  // any: signals end a wait at once
  NodeProcess process(program, arguments);
  for (;;)
    if (const std::optional<ProgramEnd> end = process.wait(kTick)) return *end;
}

}  // namespace twinfer
