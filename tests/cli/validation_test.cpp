// A pair made of runs of which some failed.
#include "cli/validation.h"

#include <doctest/doctest.h>

#include "tests/report/worlds.h"
#include "tests/support/tiny.h"

using namespace twinfer;

namespace {

StoredRun complete(std::int64_t id) {
  StoredRun run;
  run.info.id = id;
  run.info.status = "complete";
  run.info.plan = "a[1-2]";
  run.rows = world_of(20, 1);
  return run;
}

StoredRun failed(const std::string& error) {
  StoredRun run;
  run.info.status = "failed";
  run.info.error = error;
  return run;
}

struct Validated {
  tiny::World world{tiny::chain({100, 4}, {}), tiny::mesh({"a", "b"}, 100, 0.5), {{0, 1}, {0, 1}}};
  Scenario scenario = tiny::scenario(world);

  [[nodiscard]] std::vector<std::string> failures(const std::vector<StoredRun>& simulated,
                                                  const std::vector<StoredRun>& measured) const {
    return validate_pair(scenario, "local", simulated, measured).failures;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Validated, "a simulation that failed beside others is named, and the others are compared") {
  const ValidatedPair pair =
      validate_pair(scenario, "local", {complete(1), failed("out of memory"), complete(2)}, {complete(3)});
  CHECK(pair.failures == std::vector<std::string>{"one of several simulated runs: out of memory"});
  CHECK(pair.sim_runs == std::vector<std::int64_t>{1, 2});
  CHECK(pair.fidelity);
}

TEST_CASE_FIXTURE(Validated, "requests that were lost are named beside what failed before") {
  StoredRun lossy = complete(3);
  lossy.rows.results[5].status = Status::kFailed;
  CHECK(failures({complete(1), failed("out of memory")}, {lossy}) ==
        std::vector<std::string>{"one of several simulated runs: out of memory", "1 measured requests failed"});
}

TEST_CASE_FIXTURE(Validated, "a pair without a side says why") {
  CHECK(failures({}, {complete(1)}) == std::vector<std::string>{"simulated run: not made"});
  CHECK(failures({complete(1)}, {failed("")}) == std::vector<std::string>{"live run: did not end"});
}
