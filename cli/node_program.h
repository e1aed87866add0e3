// The other programs: twinfer-node, which runs networks, and twinfer-mpi, which sweeps
// over many machines. Where they are and how twinfer hands over to them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

// Runs `program` with `arguments` and waits. SIGINT, SIGTERM and SIGHUP are
// passed on to the child, whose end is then awaited. stdout of the child goes nowhere: this
// program prints the result. Throws std::runtime_error if it cannot be started or a signal
// ended it.
ProgramEnd run_node_program(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace twinfer
