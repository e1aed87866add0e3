// twinfer sweep: every run of a sweep file, into the store, each once however often
// the command is killed and started again. Under mpirun it becomes twinfer-mpi.
#include <cstdlib>
#include <string>

#include "cli/command_line.h"
#include "cli/node_program.h"
#include "cli/sweep_job.h"

namespace twinfer {
namespace {

// As the launchers of Open MPI, of MPICH and of Slurm say it.
bool is_one_of_many() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* size = std::getenv(name); size != nullptr && std::string(size) != "1") return true;
  return false;
}

}  // namespace

int run_sweep(int argc, char** argv) {
  const auto arguments = parse_sweep_command(argc, argv);
  if (!arguments) return 0;
  if (is_one_of_many()) become_mpi_program(argc, argv);
  SweepJob job(*arguments);
  if (job.plan().sweep.mode == Mode::kLive) {
    const std::filesystem::path node_program = find_node_program();
    return job.run(
        [&](const std::vector<std::size_t>& runs, const Deliver& deliver) {
          run_live_runs(job.plan(), runs, job.loader(), job.batch(), node_program, deliver);
        },
        1);
  }
  return job.run(
      [&](const std::vector<std::size_t>& runs, const Deliver& deliver) {
        simulate_runs(job.plan(), runs, job.loader(), job.batch(), job.jobs(), deliver);
      },
      job.jobs());
}

}  // namespace twinfer
