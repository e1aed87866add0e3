// The runs of a sweep over the ranks of an MPI job: rank 0 hands them out one by one and
// takes the answers in; each other rank makes one at a time, in a process of its own.
//
// Every rank reads the same files. One whose files differ, or that cannot read them, is
// left out, and said so.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <boost/mpi/communicator.hpp>

#include "cli/sweep_plan.h"
#include "cli/sweep_runs.h"

namespace twinfer {

// Rank 0's side.
class MpiRuns {
 public:
  // Waits until every rank has said whether it can work; those that cannot are named on
  // stderr. Throws std::runtime_error if none can.
  MpiRuns(boost::mpi::communicator world, const SweepPlan& plan);
  ~MpiRuns();  // sends the ranks home
  MpiRuns(const MpiRuns&) = delete;
  MpiRuns& operator=(const MpiRuns&) = delete;

  void make(const std::vector<std::size_t>& runs, const Deliver& deliver);

  [[nodiscard]] unsigned workers() const { return static_cast<unsigned>(able_.size()); }

 private:
  boost::mpi::communicator world_;
  std::vector<int> able_;  // ranks
};

// The side of every other rank: works until it is sent home.
void serve_mpi_runs(const boost::mpi::communicator& world, const SweepPlan& plan, ScenarioLoader& loader,
                    const std::string& batch);

// Rank 0, which cannot begin, sends every other rank home.
void send_ranks_home(const boost::mpi::communicator& world);

// Tells rank 0 that this rank cannot work, and why.
void refuse_mpi_runs(const boost::mpi::communicator& world, const std::string& why);

}  // namespace twinfer
