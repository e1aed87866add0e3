#include "core/sweep.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

using Texts = std::vector<std::string>;

class SweepFolder {
 public:
  SweepFolder() { folder.write("base.yaml", ""); }

  [[nodiscard]] Sweep load(const std::string& rest) const {
    return load_sweep(folder.write("s.yaml", "scenario: base.yaml\n" + rest));
  }
  [[nodiscard]] std::string error(const std::string& rest) const {
    return refusal_of(folder, [&] { static_cast<void>(runs_of(load(rest))); });
  }

  TemporaryFolder folder;
};

std::vector<Texts> points_of(const Sweep& sweep) {
  std::vector<Texts> points;
  for (const SweepRun& run : runs_of(sweep)) points.push_back(run.point);
  return points;
}

TEST_CASE_FIXTURE(SweepFolder, "a sweep of the required fields has the stated defaults") {
  const Sweep sweep = load("axes: {requests: [1, 2]}");
  CHECK(sweep.name == "s");
  CHECK(sweep.scenario == folder.path() / "base.yaml");
  CHECK(sweep.text == "scenario: base.yaml\naxes: {requests: [1, 2]}");
  CHECK(sweep.mode == Mode::kSim);
  CHECK(sweep.replications == 1);
  CHECK_FALSE(sweep.keep_rows);
  CHECK(sweep.run_timeout.si() == 600);
}

TEST_CASE_FIXTURE(SweepFolder, "axes are crossed, the first one slowest, replications fastest") {
  const Sweep sweep = load("axes: {policy: [a, b], requests: [1, 2]}\nreplications: 2");
  CHECK(points_of(sweep) ==
        std::vector<Texts>{
            {"a", "1"}, {"a", "1"}, {"a", "2"}, {"a", "2"}, {"b", "1"}, {"b", "1"}, {"b", "2"}, {"b", "2"}});
  CHECK(runs_of(sweep)[3].replication == 1);
  CHECK(describe(sweep, runs_of(sweep)[3]) == "policy=a, requests=2, replication 1");
}

TEST_CASE_FIXTURE(SweepFolder, "zipped axes advance together") {
  const Sweep sweep = load("axes: {model: [x, y], policy: [a, b], requests: [1, 2]}\nzip: [[model, requests]]");
  CHECK(points_of(sweep) == std::vector<Texts>{{"x", "a", "1"}, {"x", "b", "1"}, {"y", "a", "2"}, {"y", "b", "2"}});
}

TEST_CASE_FIXTURE(SweepFolder, "a filter skips the runs that have one of its values on each of its axes") {
  const Sweep sweep = load("axes: {policy: [a, b], requests: [1, 2, 3]}\nskip: [{policy: a, requests: [2, 3]}]");
  CHECK(points_of(sweep) == std::vector<Texts>{{"a", "1"}, {"b", "1"}, {"b", "2"}, {"b", "3"}});
}

TEST_CASE_FIXTURE(SweepFolder, "ranges and logarithmic ranges give the values that a person would write") {
  const Sweep sweep = load("axes: {x: {range: [0.1, 0.5], step: 0.1}, y: {log: [0.13, 100], count: 4}}");
  CHECK(sweep.axes[0].values == Texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
  // 0.13 (100 / 0.13)^(1/3) = 1.1913, 0.13 (100 / 0.13)^(2/3) = 10.914
  CHECK(sweep.axes[1].values == Texts{"0.13", "1.191", "10.91", "100"});
}

TEST_CASE_FIXTURE(SweepFolder, "a value may be a list or a map") {
  const Sweep sweep = load("axes: {chain: [[pi, pc], [pc]], exits: [{rule: none}, {threshold: 0.5}]}");
  CHECK(sweep.axes[0].values == Texts{"[pi, pc]", "[pc]"});
  CHECK(sweep.axes[1].values == Texts{"{rule: none}", "{threshold: 0.5}"});
}

TEST_CASE_FIXTURE(SweepFolder, "a run changes the fields of its axes, and its policy is the only one") {
  const Sweep sweep = load("axes: {policy: ['split:3'], arrivals.rate_hz: [5]}");
  CHECK(changes_of(sweep, runs_of(sweep).front()) ==
        std::vector<FieldChange>{{"policies", "['split:3']"}, {"arrivals.rate_hz", "5"}});
}

TEST_CASE_FIXTURE(SweepFolder, "the scenario's policies are the last axis unless the sweep has one of them") {
  Sweep sweep = load("axes: {requests: [1]}");
  add_policy_axis(sweep, {"a", "b"});
  CHECK(points_of(sweep) == std::vector<Texts>{{"1", "a"}, {"1", "b"}});
  Sweep own = load("axes: {policy: [c]}");
  add_policy_axis(own, {"a", "b"});
  CHECK(points_of(own) == std::vector<Texts>{{"c"}});
}

TEST_CASE("replications have seeds of their own, the first one the scenario's") {
  CHECK(replication_seed(7, 0) == 7);
  std::set<std::uint64_t> seeds;
  for (std::uint64_t replication = 0; replication < 1000; ++replication) {
    seeds.insert(replication_seed(7, replication));
    seeds.insert(replication_seed(8, replication));
  }
  CHECK(seeds.size() == 2000);
  CHECK(*seeds.rbegin() < std::uint64_t{1} << 53);
}

TEST_CASE_FIXTURE(SweepFolder, "an axis may repeat a value that another axis beside it tells apart") {
  CHECK(points_of(load("axes: {x: [1, 1], y: [2, 3]}\nzip: [[x, y]]")) == std::vector<Texts>{{"1", "2"}, {"1", "3"}});
}

TEST_CASE_FIXTURE(SweepFolder, "a wrong sweep is refused with file, field and value") {
  CHECK(error("axes: {}") == "s.yaml: axes: `(a map)`: must have at least one axis");
  CHECK(error("axes: {x: []}") == "s.yaml: axes.x: `(a list)`: must have at least one value");
  CHECK(error("axes: {x: [1, 1]}") == "s.yaml: axes.x: `1`: is listed twice");
  CHECK(error("axes: {x: [1, 1], y: [2, 2]}\nzip: [[x, y]]") == "s.yaml: axes.x: `1, 2`: is listed twice");
  CHECK(error("axes: {x: {steps: 3}}") ==
        "s.yaml: axes.x: `(a map)`: must be a list of values, {range: [FROM, TO], step: S} or {log: [FROM, TO], count: "
        "N}");
  CHECK(error("axes: {x: {range: [2, 1], step: 1}}") ==
        "s.yaml: axes.x.range: `(a list)`: must go upwards: FROM is above TO");
  CHECK(error("axes: {x: {range: [1, 2], step: 0}}") == "s.yaml: axes.x.step: `0`: must be above 0");
  CHECK(error("axes: {x: {range: [1, 2], step: 1e-9}}") == "s.yaml: axes.x.step: `1e-9`: makes too many values");
  CHECK(error("axes: {x: {log: [0, 1], count: 2}}") == "s.yaml: axes.x.log: `(a list)`: must go upwards from above 0");
  CHECK(error("axes: {x: {log: [1, 2], count: 1}}") ==
        "s.yaml: axes.x.count: `1`: must be a whole number from 2 to 100000");
  CHECK(error("axes: {x: {range: [a, 2], step: 1}}") == "s.yaml: axes.x.range: `a`: must be a finite number");
  CHECK(error("axes: {x: [1]}\nzip: [[x, y]]") == "s.yaml: zip: `y`: is no axis of this sweep");
  CHECK(error("axes: {x: [1], y: [1, 2]}\nzip: [[x, y]]") == "s.yaml: zip: `y`: has 2 values, x has 1");
  CHECK(error("axes: {x: [1], y: [2]}\nzip: [[x, y], [y]]") == "s.yaml: zip: `y`: is listed twice");
  CHECK(error("axes: {x: [1]}\nskip: [{y: 1}]") == "s.yaml: skip[0].y: `1`: is no axis of this sweep");
  CHECK(error("axes: {x: [1]}\nskip: [{x: 2}]") == "s.yaml: skip[0].x: `2`: is no value of this axis");
  CHECK(error("axes: {x: [1]}\nskip: [{x: 1}]") == "s.yaml: skip: leaves no run");
  CHECK(error("axes: {x: [1]}\nreplications: 0") ==
        "s.yaml: replications: `0`: must be a whole number from 1 to 100000");
  CHECK(error("axes: {x: {range: [1, 1001], step: 1}, y: {range: [1, 1000], step: 1}}") ==
        "s.yaml: axes: `1001000 runs`: at most 1000000");
  CHECK(error("axes: {x: [1]}\nmode: both") == "s.yaml: mode: `both`: must be one of sim, live");
  CHECK(error("axes: {x: [1]}\naxis: 3") == "s.yaml: axis: is no field that is known here");
}

}  // namespace
}  // namespace twinfer
