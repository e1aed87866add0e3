// The other programs: twinfer-node, which runs networks, and twinfer-mpi, which sweeps
// over many machines. Where they are and how twinfer hands over to them.
#pragma once

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

// Beside this executable, else in PATH, else $TWINFER_NODE. Throws UsageError
// if it is nowhere: this build or package then has no live side.
std::filesystem::path find_node_program();

// Becomes `twinfer-node argv...`: worker, profile and model, arguments unchanged.
// Returns only by throwing.
[[noreturn]] void become_node_program(int argc, char** argv);

// Becomes `twinfer-mpi argv...`, which lies beside this executable or in PATH. Returns
// only by throwing.
[[noreturn]] void become_mpi_program(int argc, char** argv);

// How a program ended that was waited for.
struct ProgramEnd {
  int code = 0;              // its exit code
  bool interrupted = false;  // meanwhile a signal asked this process to end, which it outlived
};

// Blocks the signals that a wait for a child takes up itself, and gives them back.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  [[nodiscard]] const sigset_t& before() const { return before_; }
  // The next of them; nothing after `longest`, or where another one came between.
  [[nodiscard]] std::optional<siginfo_t> wait(Seconds longest) const;

 private:
  sigset_t blocked_{};
  sigset_t before_{};
};

// A program that goes on while this one does something else. Its stdout goes nowhere.
class NodeProcess {
 public:
  // `input`: a file that becomes its standard input. Throws std::system_error if it cannot be started.
  NodeProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments, int input = -1);
  // Ends it by SIGTERM, if it goes on still.
  ~NodeProcess();
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  // How it ended; nothing if it goes on after `longest`, or came to be looked after before. SIGINT,
  // SIGTERM and SIGHUP are passed on to it. Throws std::runtime_error if a signal ended it.
  std::optional<ProgramEnd> wait(Seconds longest);

 private:
  BlockedSignals signals_;
  pid_t child_;
  bool interrupted_ = false;
  bool reaped_ = false;
  std::optional<ProgramEnd> end_;
};

// Runs `program` with `arguments` and waits, as NodeProcess does: this program prints the result.
ProgramEnd run_node_program(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace twinfer
