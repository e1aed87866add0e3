// twinfer sweep under mpirun, all ranks on this machine.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/sweep_world.h"

namespace twinfer {
namespace {

Outcome mpirun(const SweepWorld& world, const char* ranks, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--oversubscribe", "-n", ranks, world.program.string()});
  return world.run_program(TWINFER_MPIRUN, arguments,
                           {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                            {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                            {"ASAN_OPTIONS", "detect_leaks=0"}});  // Open MPI's own
}

TEST_CASE_FIXTURE(SweepWorld, "ranks make the rows that one machine makes, and none that are there") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "alone.sqlite", "-j", "2"}).code == 0);
  const Outcome first = mpirun(*this, "3", {"sweep", "rates.yaml", "--store", "ranks.sqlite"});
  INFO(first.err);
  REQUIRE(first.code == 0);
  CHECK(content("ranks.sqlite") == content("alone.sqlite"));
  const Outcome again = mpirun(*this, "2", {"sweep", "rates.yaml", "--store", "ranks.sqlite"});
  CHECK(again.out.find("12 are in ranks.sqlite") != std::string::npos);
  CHECK(again.out.find("\n0 runs made") != std::string::npos);
}

TEST_CASE_FIXTURE(SweepWorld, "a run that fails on a rank is stored as failed") {
  sweep("axes: {policy: [local, joint]}\n");
  static_cast<void>(run({"plan", "s.yaml"}));  // writes the scenario
  CHECK(mpirun(*this, "2", {"sweep", "rates.yaml", "--store", "r.sqlite"}).code == 1);
  REQUIRE(runs("r.sqlite").size() == 2);
  CHECK(runs("r.sqlite")[0].info.status == "failed");
}

TEST_CASE_FIXTURE(SweepWorld, "under MPI, too, a wrong sweep is refused in one line") {
  static_cast<void>(run({"plan", "s.yaml"}));
  const auto refused = [this](const char* ranks, const std::string& rest) {
    sweep(rest);
    const Outcome outcome = mpirun(*this, ranks, {"sweep", "rates.yaml", "--store", "r.sqlite"});
    CHECK(outcome.code != 0);
    CHECK_FALSE(has("r.sqlite"));
    return outcome.err.substr(0, outcome.err.find('\n'));
  };
  CHECK(refused("2", "axes: {requests: []}\n") ==
        "twinfer: rates.yaml: axes.requests: `(a list)`: must have at least one value");
  CHECK(refused("2", "axes: {requests: [1]}\nmode: live\n") ==
        "twinfer: a sweep of live runs needs the machine to itself: no MPI");
}

}  // namespace
}  // namespace twinfer
