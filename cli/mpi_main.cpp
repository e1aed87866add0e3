// twinfer-mpi: `twinfer sweep` over the ranks of an MPI job.
#include <cstdlib>
#include <cstring>

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>

#include "cli/command_line.h"
#include "cli/mpi_runs.h"
#include "cli/sweep_job.h"

namespace twinfer {
namespace {

void check_mode(const SweepPlan& plan) {
  if (plan.sweep.mode == Mode::kLive) throw UsageError("a sweep of live runs needs the machine to itself: no MPI");
}

// Rank 0 says what is wrong; the others say it to rank 0, and go home.
int serve(const boost::mpi::communicator& world, const cxxopts::ParseResult& arguments) {
  std::optional<SweepJob> job;
  try {
    job.emplace(arguments);
    check_mode(job->plan());
  } catch (const std::exception& error) {
    refuse_mpi_runs(world, error.what());
    return 0;
  }
  serve_mpi_runs(world, job->plan(), job->loader(), job->batch());
  return 0;
}

int own(const boost::mpi::communicator& world, const cxxopts::ParseResult& arguments) {
  std::optional<SweepJob> job;
  try {
    job.emplace(arguments);
    check_mode(job->plan());
  } catch (...) {
    send_ranks_home(world);
    throw;
  }
  MpiRuns ranks(world, job->plan());
  try {
    return job->run(
        [&ranks](const std::vector<std::size_t>& runs, const Deliver& deliver) { ranks.make(runs, deliver); },
        ranks.workers());
  } catch (...) {
    // Ranks are in the middle of runs whose answers nobody takes any more.
    const int code = main_guard("twinfer", [&]() -> int { throw; });
    boost::mpi::environment::abort(code);
    return code;
  }
}

int run(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], "sweep") != 0) throw UsageError("the only command is `twinfer-mpi sweep SWEEP`");
  const boost::mpi::communicator world;
  const auto arguments = parse_sweep_command(argc - 1, argv + 1);
  if (!arguments) return 0;
  return world.rank() == 0 ? own(world, *arguments) : serve(world, *arguments);
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  setenv("OMPI_MCA_mpi_warn_on_fork", "0", 0);  // children simulate and never speak MPI
  const boost::mpi::environment environment(argc, argv, /*abort_on_exception=*/false);
  return twinfer::main_guard("twinfer", [&] { return twinfer::run(argc, argv); });
}
