#include "report/fidelity_gates.h"

#include <doctest/doctest.h>

#include "tests/report/worlds.h"

using namespace twinfer;

namespace {

using Lines = std::vector<std::string>;

// Means 12.5 against 14.5 ms: -13.8 %; computing is 8 in place of 10 ms.
const Fidelity& faster() {
  static const Fidelity kFaster = compare_worlds({world_of(40, 0.008)}, {world_of(40, 0.010)}, kQuestion);
  return kFaster;
}

}  // namespace

TEST_CASE("an error beyond its gate names the component that errs, one at the gate passes") {
  CHECK(beyond_gates(faster(), Gates{}).empty());
  CHECK(beyond_gates(faster(), Gates{.mean_error = 0.138}).empty());
  CHECK(beyond_gates(faster(), Gates{.mean_error = 0.1}) ==
        Lines{"mean error -13.8 % is beyond the gate of 10.0 %: compute -2.00 ms of -2.00 ms"});
  CHECK(beyond_gates(faster(), Gates{.p50_error = 0.01}) ==
        Lines{"P50 error -13.8 % is beyond the gate of 1.0 %: compute -2.00 ms of -2.00 ms"});
}

TEST_CASE("a gate on what is not known fails, and says how many requests it takes") {
  CHECK(beyond_gates(faster(), Gates{.p95_error = 0.1}) ==
        Lines{"P95 error is not known: 40 requests returned, it takes 200, gate 10.0 %"});
  CHECK(beyond_gates(faster(), Gates{.attainment_error = 0.1}) == Lines{"attainment error is not known, gate 10.0 %"});
}

TEST_CASE("components have a gate of their own, relative to the mean latency") {
  CHECK(beyond_gates(faster(), Gates{.component_error = 0.14}).empty());
  CHECK(beyond_gates(faster(), Gates{.component_error = 0.1}) ==
        Lines{"compute is off by -13.8 % of the mean latency, beyond the gate of 10.0 %"});
}

TEST_CASE("requests that failed or that one run lacks are told, gates or not") {
  CHECK(lost_requests(faster()).empty());
  RunRows live = world_of(40, 0.010);
  live.results[2] = failed_row(2, 0);
  CHECK(lost_requests(compare_worlds({world_of(40, 0.008)}, {live}, kQuestion)) == Lines{"1 measured requests failed"});
  CHECK(lost_requests(compare_worlds({world_of(39, 0.008)}, {world_of(40, 0.010)}, kQuestion)) ==
        Lines{"requests in one of the runs only: 1"});
  CHECK(lost_requests(compare_worlds({{}}, {{}}, kQuestion)) == Lines{"the runs have no request in common"});
}

TEST_CASE("a decision beyond its gates says what was chosen and what it loses") {
  Decision decision;
  decision.measure = 1;
  decision.pairs = rank_pairs({2, 1, 3}, {1, 2, 3}, 0);  // tau 1 / 3
  decision.simulated_best = "b";
  decision.measured_best = "a";
  decision.regret = 0.05;
  CHECK(beyond_gates(decision, Gates{}).empty());
  CHECK(beyond_gates(decision, Gates{.tau = 0.3, .regret = 0.05}).empty());
  CHECK(beyond_gates(decision, Gates{.tau = 0.9, .regret = 0.02}) ==
        Lines{"policies by P50: tau 0.33 is below the gate of 0.9",
              "policies by P50: choosing b in place of a loses 5.0 %, beyond the gate of 2.0 %"});
}

TEST_CASE("over a grid tau counts all scenarios' pairs, and regret is the mean") {
  DecisionsOverall overall;
  overall.measure = 1;
  overall.scenarios = 12;
  overall.pairs = rank_pairs({2, 1, 3}, {1, 2, 3}, 0);
  overall.mean_regret = 0.03;
  overall.worst_regret = 0.5;
  CHECK(beyond_gates(overall, Gates{}).empty());
  CHECK(beyond_gates(overall, Gates{.tau = 0.3, .regret = 0.04}).empty());
  CHECK(beyond_gates(overall, Gates{.tau = 0.9, .regret = 0.02}) ==
        Lines{"policies by P50: tau 0.33 over 12 scenarios is below the gate of 0.9",
              "policies by P50: the twin's choices lose 3.0 % on average, beyond the gate of 2.0 %"});
}

TEST_CASE("gates are told in words") {
  CHECK(gates_text({}).empty());
  CHECK(gates_text(
            Gates{.p50_error = 0.1, .throughput_error = 0.05, .component_error = 0.2, .tau = 0.9, .regret = 0.02}) ==
        "P50 within 10.0 %, throughput within 5.0 %, components within 20.0 % of the latency, tau at least 0.9, "
        "regret at most 2.0 %");
}
