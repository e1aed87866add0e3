#include "report/pivot.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "report/sweep_store.h"
#include "tests/report/rows.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

using Texts = std::vector<std::string>;

Observation run(const std::string& rate, const std::string& policy, std::uint64_t replication, double p95_s) {
  return {{{"rate", rate}, {"policy", policy}}, replication, {{"p95_latency_s", p95_s}, {"accuracy", 0.5}}, false};
}

// Rates in the order of the sweep file, which is neither that of text nor of numbers.
Observations sample() {
  return {"s.sqlite",
          {{"rate", {"9", "10", "2"}}, {"policy", {"nsc", "lbc"}}},
          {run("10", "nsc", 0, 1), run("10", "nsc", 1, 3), run("10", "lbc", 0, 4), run("10", "lbc", 1, 8),
           run("2", "nsc", 0, 0.5)}};
}

TEST_CASE("a cell is the mean over replications, and rows and columns keep the order of the sweep") {
  const Pivot table = pivot(sample(), {"policy"}, {"rate"}, {"p95_latency_ms"});
  CHECK(table.rows == std::vector<Texts>{{"nsc"}, {"lbc"}});
  CHECK(table.columns == std::vector<Texts>{{"10"}, {"2"}});  // nothing ran at 9
  CHECK(table.cells[0][0].estimate->mean == 2000);
  CHECK(table.cells[0][0].estimate->count == 2);
  CHECK(table.cells[1][0].estimate->mean == 6000);
  CHECK_FALSE(table.cells[0][1].estimate->half_width.has_value());
  CHECK_FALSE(table.cells[1][1].estimate.has_value());
}

TEST_CASE("several measures stand side by side, in the units that are asked for") {
  const Pivot table = pivot(sample(), {"rate", "policy"}, {}, {"p95_latency_s", "accuracy_percent"});
  CHECK(table.rows == std::vector<Texts>{{"10", "nsc"}, {"10", "lbc"}, {"2", "nsc"}});
  CHECK(table.cells[2][0].estimate->mean == 0.5);
  CHECK(table.cells[2][1].estimate->mean == 50);
}

TEST_CASE("runs that differ in more than their seed are never averaged") {
  CHECK(refusal_of([] { pivot(sample(), {"policy"}, {}, {"p95_latency_s"}); }) ==
        "s.sqlite: axis: `rate`: differs within a cell (10, 2); put it into the rows or columns, or choose one value");
  const Observations chosen = where(sample(), "rate", {"10"});
  CHECK(pivot(chosen, {"policy"}, {}, {"p95_latency_s"}).cells[0][0].estimate->mean == 2);
}

TEST_CASE("runs that failed are counted and left out") {
  Observations observations = sample();
  observations.runs[1].failed = true;
  observations.runs[1].measures.clear();
  const Pivot table = pivot(observations, {"policy"}, {"rate"}, {"p95_latency_s"});
  CHECK(table.cells[0][0].estimate->count == 1);
  CHECK(table.cells[0][0].failed == 1);
  CHECK(table.failed == 1);
}

TEST_CASE("a difference pairs runs of equal seeds") {
  const Observations observations = where(sample(), "rate", {"10"});
  const Pivot table = pivot(observations, {"policy"}, {}, {"p95_latency_s"});
  const auto differences = paired_differences(observations, table, "policy", "nsc");
  CHECK_FALSE(differences[0][0].has_value());
  // 4 - 1 and 8 - 3: mean 4; of four sign patterns two are as far out.
  CHECK(differences[1][0]->difference.mean == 4);
  CHECK(differences[1][0]->p == 0.5);
}

TEST_CASE("p values are corrected within a column, whatever other columns there are") {
  // Six seeds, two rows beside the baseline, all differences of one sign: 2/64 each, doubled by Holm.
  Observations observations{"s.sqlite", {{"policy", {"a", "b", "c"}}}, {}};
  for (std::uint64_t seed = 0; seed < 6; ++seed)
    for (const char* policy : {"a", "b", "c"}) {
      const double value = static_cast<double>(policy[0] - 'a') * static_cast<double>(seed + 1);
      observations.runs.push_back({{{"policy", policy}}, seed, {{"x", value}, {"y", 2 * value}}, false});
    }
  const Pivot table = pivot(observations, {"policy"}, {}, {"x", "y"});
  const auto differences = paired_differences(observations, table, "policy", "a");
  for (const std::size_t row : {1, 2})
    for (const std::size_t column : {0, 1}) CHECK(differences[row][column]->p == doctest::Approx(4.0 / 64));
}

TEST_CASE("what is asked for and not there is named") {
  CHECK(refusal_of([] { pivot(sample(), {"speed"}, {}, {"accuracy"}); }) ==
        "s.sqlite: axis: `speed`: is not there; known: rate, policy");
  CHECK(refusal_of([] { pivot(sample(), {"rate"}, {"rate"}, {"accuracy"}); }) ==
        "s.sqlite: axis: `rate`: is asked for twice");
  CHECK(refusal_of([] {
          pivot(sample(), {"rate", "policy"}, {}, {"joules"});
        }) == "s.sqlite: measure: `joules`: is not there; known: accuracy, p95_latency_s");
  CHECK(refusal_of([] { where(sample(), "rate", {"7"}); }) ==
        "s.sqlite: rate: `7`: is no value of this axis; known: 9, 10, 2");
  const Pivot table = pivot(sample(), {"policy"}, {"rate"}, {"accuracy"});
  CHECK(refusal_of([&] { paired_differences(sample(), table, "rate", "9"); }) ==
        "s.sqlite: axis: `rate`: must be one of the rows to compare by it");
  CHECK(refusal_of([&] { paired_differences(sample(), table, "policy", "das"); }) ==
        "s.sqlite: policy: `das`: is no value of this axis; known: nsc, lbc");
}

TEST_CASE("a store of one sweep gives it, one of several asks which, one of none gives its newest runs") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  for (const double p95_s : {1.0, 2.0}) {  // the same run twice: the newer counts
    ResultStore store(file);
    store.end_run(store.begin_run(run_info("b", "lbc")), "complete", "", {{"p95_latency_s", p95_s}});
  }
  const Observations alone = load_observations(file, "");
  REQUIRE(alone.runs.size() == 1);
  CHECK(alone.runs[0].point ==
        std::map<std::string, std::string>{{"mode", "live"}, {"policy", "lbc"}, {"scenario", "quick, start"}});
  CHECK(alone.runs[0].measures.at("p95_latency_s") == 2);

  SweepStore store(file);
  store.begin({"first", "", {{"rate", {"1"}}}}, {"k"});
  SweptRun swept;
  swept.key = "k";
  swept.point = {"1"};
  swept.info = run_info("c", "nsc");
  swept.info.status = "complete";
  store.add("first", {swept});
  CHECK(load_observations(file, "").runs[0].point == std::map<std::string, std::string>{{"rate", "1"}});
  store.begin({"second", "", {{"rate", {"1"}}}}, {});
  CHECK(refusal_of([&] { load_observations(file, ""); }) ==
        file.string() + ": sweep: has several; choose one: first, second");
  CHECK(load_observations(file, "first").runs.size() == 1);
  CHECK(load_observations(file, "second").runs.empty());
}

}  // namespace
}  // namespace twinfer
