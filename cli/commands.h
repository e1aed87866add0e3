// One function a subcommand, each in a file of its own name. `argv[0]` is the
// subcommand's name. Each returns the exit code: 0 success, 1 a gate or run
// failed; bad input and usage leave as InputError and UsageError, which the two
// mains turn into one line on stderr and exit code 2.
#pragma once

#include <stdexcept>

namespace twinfer {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// twinfer
int run_plan(int argc, char** argv);
int run_sim(int argc, char** argv);
int run_compare(int argc, char** argv);
int run_platform(int argc, char** argv);
int run_exits(int argc, char** argv);
int run_sweep(int argc, char** argv);
int run_table(int argc, char** argv);
int run_report(int argc, char** argv);
int run_store(int argc, char** argv);
int run_validate(int argc, char** argv);
int run_export(int argc, char** argv);
int run_calibrate(int argc, char** argv);
int run_twin(int argc, char** argv);
int run_live_handover(int argc, char** argv);  // in live.cpp; ends in twinfer-node's run_live_command

// twinfer-node
int run_worker(int argc, char** argv);
int run_live_command(int argc, char** argv);
int run_model(int argc, char** argv);
int run_profile(int argc, char** argv);
int run_node_calibrate(int argc, char** argv);

}  // namespace twinfer
