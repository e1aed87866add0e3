// Validation of a sweep and over loads, with a live side in which every request takes a second.
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "report/sweep_store.h"
#include "tests/cli/node_world.h"

using namespace twinfer;
using nlohmann::json;

namespace {

const std::map<std::string, std::string> kRuns{{"FAKE_NODE", "runs"}};

struct GridWorld : NodeWorld {
  GridWorld() : NodeWorld(Node::kFake) { grid("axes: {requests: [20, 21], policy: [local, remote]}\n"); }

  void grid(const std::string& rest) const { folder.write("grid.yaml", "scenario: s.yaml\n" + rest); }

  [[nodiscard]] Outcome validate(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"validate", "grid.yaml", "--store", "g.sqlite"});
    return run(options, kRuns);
  }

  [[nodiscard]] std::vector<SweptRun> runs() const {
    return SweepStore(folder.path() / "g.sqlite", StoreAccess::kRead).runs("grid");
  }
};

}  // namespace

TEST_CASE_FIXTURE(GridWorld, "a grid pairs every run of a sweep, and a run that failed is a named pair") {
  const Outcome outcome = validate({"--json"});
  CHECK(outcome.code == 1);
  const json report = json::parse(outcome.out);
  CHECK(report.at("axes") == json({"requests"}));
  REQUIRE(report.at("pairs").size() == 4);
  const json local = report.at("pairs").at(0);
  CHECK(local.at("point") == json({{"requests", "20"}}));
  CHECK(local.at("policy") == "local");
  CHECK(local.at("live_runs").size() == 2);  // native: two, for the noise floor
  // 2 + 3 + 1 s simulated, 1 s measured
  CHECK(local.at("measures").at("p50_latency_s").at("error").get<double>() == doctest::Approx(5));
  CHECK(local.at("measures").at("p50_latency_s").at("noise") == 0);
  CHECK(report.at("pairs").at(1).at("failures") == json({"live run: worker pc is gone"}));
  CHECK(report.at("failures") ==
        json({"requests 20, remote: live run: worker pc is gone", "requests 21, remote: live run: worker pc is gone"}));
  CHECK(report.at("overall").at("measures").at("p50_latency_s").at("pairs") == 2);
  CHECK(report.at("scenarios").size() == 2);
}

TEST_CASE_FIXTURE(GridWorld, "a grid that is started again makes only what is missing") {
  CHECK(validate().code == 1);
  const std::size_t first = runs().size();
  CHECK(first == 4 + 2 * 4);  // simulated, and live twice
  CHECK(validate().code == 1);
  CHECK(runs().size() == first);
  CHECK(validate({"--repeat", "3"}).code == 1);
  CHECK(runs().size() == first + 4);
  CHECK(validate({"--repeat", "2"}).code == 1);  // more than asked for now is no stranger
  CHECK(runs().size() == first + 4);
  std::size_t live = 0;
  for (const SweptRun& run : runs()) {
    CHECK(run.info.seed == 1);
    live += run.point.back() == "live" ? 1 : 0;
  }
  CHECK(live == 12);
}

// Live requests compute for a second on pi, one after the other; a plan is said to take 6.
TEST_CASE_FIXTURE(GridWorld, "rehearsed, a grid predicts each pair by rehearsals of it, which the store keeps") {
  grid("axes: {requests: [60], policy: [local]}\n");
  const auto validated = [this](std::vector<std::string> options) {
    options.insert(options.begin(), {"validate", "grid.yaml", "--store", "g.sqlite", "--json"});
    const Outcome outcome = run(options, {{"FAKE_NODE", "each"}});
    CHECK(outcome.err.empty());
    CHECK(outcome.code == 0);
    return json::parse(outcome.out).at("pairs").at(0);
  };
  const json pair = validated({"--rehearse", "12"});
  CHECK(pair.at("measures").at("p50_latency_s").at("error").get<double>() == doctest::Approx(0).epsilon(1e-6));
  std::map<std::string, std::vector<SweptRun>> by_mode;
  for (const SweptRun& run : runs()) by_mode[run.point.back()].push_back(run);
  CHECK(by_mode["sim"].size() == 1);
  CHECK(by_mode["live"].size() == 2);
  REQUIRE(by_mode["rehearsal"].size() == 2);
  REQUIRE(by_mode["rehearsed"].size() == 1);
  CHECK(pair.at("sim_runs") == json({by_mode["rehearsed"][0].info.id}));
  // 12 s are two requests of 6 s, and 50 is the least. Other traffic each time, and never the run's own.
  std::set<std::uint64_t> seeds{1};
  for (const SweptRun& rehearsal : by_mode["rehearsal"]) {
    CHECK(ResultStore(folder.path() / "g.sqlite", StoreAccess::kRead).rows(rehearsal.info.id).results.size() == 50);
    CHECK(rehearsal.info.mode == Mode::kLive);
    CHECK(seeds.insert(rehearsal.info.seed).second);
  }
  // All of them came before all runs.
  for (const SweptRun& run : by_mode["live"]) {
    CHECK(run.info.seed == 1);
    for (const SweptRun& rehearsal : by_mode["rehearsal"]) CHECK(rehearsal.info.id < run.info.id);
  }
  // Without, the twin is as it was: 6 s.
  CHECK(validated({"--no-run"}).at("measures").at("p50_latency_s").at("error").get<double>() == doctest::Approx(5));
  CHECK(validated({"--rehearse", "7"}) == pair);  // none is made again
  CHECK(runs().size() == 6);
  CHECK(validated({"--rehearse", "7", "--repeat", "3"}).at("live_runs").size() == 3);
  CHECK(runs().size() == 6 + 3);
}

TEST_CASE_FIXTURE(GridWorld, "a pair whose rehearsal failed is a named pair") {
  grid("axes: {requests: [20], policy: [remote]}\n");
  const Outcome outcome = validate({"--json", "--rehearse", "1"});
  CHECK(outcome.code == 1);
  CHECK(json::parse(outcome.out).at("failures") == json({"remote: simulated run: rehearsal 1: worker pc is gone"}));
  CHECK(validate({"--json", "--rehearse", "1", "--retry-failed"}).code == 1);
  CHECK(runs().size() == 1 + 2 + 2 + 1);
}

TEST_CASE_FIXTURE(GridWorld, "a plan's rehearsals are those of every policy that planned it") {
  grid("axes: {requests: [20], policy: ['split:3', local]}\n");
  const Outcome outcome =
      run({"validate", "grid.yaml", "--store", "g.sqlite", "--json", "--rehearse", "1"}, {{"FAKE_NODE", "each"}});
  // All runs of `split:3` fail, but `local`, which plans the same, has rehearsed.
  CHECK(json::parse(outcome.out).at("failures") == json({"split:3: live run: worker pi is gone"}));
}

TEST_CASE_FIXTURE(GridWorld, "sampled costs are drawn several times, and their mean is the prediction") {
  grid("axes: {requests: [20], policy: [local]}\n");
  set("costs", "sampled");
  const json report = json::parse(validate({"--json"}).out);
  CHECK(report.at("pairs").at(0).at("sim_runs").size() == 8);
  CHECK(runs().size() == 8 + 2);
  set("live", "{emulate: compute}");  // which draws the simulated costs
  const Outcome emulated = run({"validate", "grid.yaml", "--store", "e.sqlite", "--json"}, kRuns);
  CHECK(json::parse(emulated.out).at("pairs").at(0).at("sim_runs").size() == 1);
}

TEST_CASE_FIXTURE(GridWorld, "medians over all pairs are held against the noise") {
  grid("axes: {requests: [20, 21], policy: [local]}\n");
  set("gates", "{noise: 1.25}");
  const Outcome outcome = validate();  // the runs are alike to the last bit: no error is allowed
  CHECK(outcome.code == 1);
  CHECK(outcome.out.find("Gates: FAILED\n"
                         "  P50: the median error of 500.00 % is beyond 1.25 noise floors, 0.00 %\n"
                         "  P95: the median error is not known: it takes 200 requests, 1.25 noise floors are "
                         "allowed\n") != std::string::npos);
  const Outcome once = run({"validate", "grid.yaml", "--store", "h.sqlite", "--repeat", "1"}, kRuns);
  CHECK(once.out.find("  P50: the median error has no noise floor to be held against: --repeat 2\n") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(GridWorld, "limits judge what is stored, and change none of it") {
  grid("axes: {requests: [20, 21], policy: [local]}\n");
  CHECK(validate().code == 0);
  const std::size_t runs_before = runs().size();
  set("gates", "{p50_error: 0.06, share: 0.9}");
  const Outcome outcome = validate();
  CHECK(outcome.code == 1);
  CHECK(runs().size() == runs_before);
  CHECK(outcome.out.find("Outside the limits, and the component that is off by most:\n"
                         "  requests 20, local: P50 error +500.0 % is beyond the gate of 6.0 %: compute +6000.00 ms of "
                         "+6000.00 ms\n") != std::string::npos);
  CHECK(outcome.out.find("Gates: FAILED\n  P50: 0 of 2 pairs are within their limit, 90.0 % must be\n") !=
        std::string::npos);
  CHECK(validate({"--no-gates"}).code == 0);
}

TEST_CASE_FIXTURE(GridWorld, "a part of a grid is made and reported alone, and no run is made if none is to be") {
  const json part = json::parse(validate({"--json", "--where", "requests=20", "--where", "policy=local"}).out);
  CHECK(part.at("pairs").size() == 1);
  CHECK(runs().size() == 3);
  const json all = json::parse(validate({"--json", "--no-run"}).out);
  CHECK(runs().size() == 3);
  REQUIRE(all.at("pairs").size() == 4);
  CHECK(all.at("pairs").at(2).at("failures") == json({"simulated run: not made"}));
}

TEST_CASE_FIXTURE(GridWorld, "what has no plan is not run live") {
  grid("axes: {policy: ['split:9', local]}\n");
  const Outcome outcome = validate({"--json"});
  CHECK(outcome.code == 1);
  const json failures = json::parse(outcome.out).at("failures");
  REQUIRE(failures.size() == 1);
  CHECK(failures.at(0).get<std::string>().starts_with("split:9: simulated run: "));
  CHECK(runs().size() == 2 + 2);
}

TEST_CASE_FIXTURE(GridWorld, "failed runs are made again if asked to") {
  CHECK(validate({"--repeat", "1"}).code == 1);
  const std::string first = runs().front().info.batch;
  CHECK(validate({"--repeat", "1", "--retry-failed"}).code == 1);
  CHECK(runs().size() == 8);
  for (const SweptRun& run : runs()) CHECK((run.info.batch == first) == (run.info.status == "complete"));
}

TEST_CASE_FIXTURE(GridWorld, "what a grid cannot do is refused in a line") {
  const auto refused = [this](const std::vector<std::string>& options, const std::string& error) {
    const Outcome outcome = validate(options);
    CHECK(outcome.code == 2);
    CHECK(outcome.err == error);
    CHECK_FALSE(has("g.sqlite"));
  };
  refused({"--where", "rate=1"}, "twinfer: grid.yaml: --where: `rate`: is no axis; known: requests, policy\n");
  refused({"--where", "requests=7"},
          "twinfer: grid.yaml: --where requests: `7`: is no value of this axis; known: 20, 21\n");
  refused({"--policy", "local"}, "twinfer: --policy: is for a scenario, and this is a sweep\n");
  refused({"--rehearse", "0"}, "twinfer: --rehearse `0`: must be seconds above 0\n");
  refused({"--repeat", "21"}, "twinfer: --repeat `21`: must be from 1 to 20\n");
  grid("axes: {requests: [20]}\nreplications: 2\n");
  refused({}, "twinfer: grid.yaml: replications: `2`: a validation repeats its live runs on one seed: --repeat\n");
  CHECK(run({"validate", "s.yaml", "--no-run"}).err == "twinfer: --no-run: is for a sweep, and this is a scenario\n");
}

TEST_CASE_FIXTURE(GridWorld, "a load curve asks for shares of what each plan sustains") {
  set("requests", "20");
  const std::vector<std::string> command{"validate", "s.yaml",   "-p",      "local",
                                         "--loads",  "0.25,0.5", "--store", "l.sqlite"};
  std::vector<std::string> as_json = command;
  as_json.emplace_back("--json");
  const json report = json::parse(run(as_json, kRuns).out);
  CHECK(report.at("axes") == json({"arrivals.load"}));
  REQUIRE(report.at("pairs").size() == 2);
  CHECK(report.at("pairs").at(1).at("point") == json({{"arrivals.load", "0.5"}}));
  CHECK(report.at("pairs").at(1).at("load") == 0.5);
  // The plan sustains one request in 6 s: at half of it, Poisson gaps of 12 s on average
  const ResultStore store(folder.path() / "l.sqlite", StoreAccess::kRead);
  const RunRows rows = store.rows(report.at("pairs").at(1).at("sim_runs").at(0).get<std::int64_t>());
  CHECK(rows.results.back().arrival_s > 20 * 12 * 0.5);
  CHECK(rows.results.back().arrival_s < 20 * 12 * 2);
  const std::string text = run(command, kRuns).out;
  CHECK(text.find("load (%)") != std::string::npos);
  for (const char* loads : {"0.5,x", "0", "0.5;1"})
    CHECK(run({"validate", "s.yaml", "--loads", loads}).err ==
          "twinfer: --loads `" + std::string(loads) + "`: must be shares of the capacity above 0, as 0.25,0.5\n");
}
