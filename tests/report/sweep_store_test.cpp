#include "report/sweep_store.h"

#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include "tests/report/rows.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

const SweepInfo kSweep{"rates", "axes: ...", {{"arrivals.rate_hz", {"5", "10"}}, {"policy", {"nsc", "lbc"}}}};

SweptRun swept(const std::string& key, const std::vector<std::string>& point, double p95_s,
               const std::string& status = "complete") {
  SweptRun run;
  run.key = key;
  run.point = point;
  run.info = run_info("batch", point.back());
  run.info.status = status;
  run.info.error = status == "failed" ? "timed out" : "";
  if (status == "complete") run.measures = {{"p95_latency_s", p95_s}, {"wall_s", 0.5}};
  return run;
}

struct TwoStores {
  TemporaryFolder folder;
  std::filesystem::path a = folder / "a.sqlite", b = folder / "b.sqlite";

  static void fill(const std::filesystem::path& file, const std::vector<SweptRun>& runs,
                   const SweepInfo& sweep = kSweep) {
    SweepStore store(file);
    store.begin(sweep, {"k1", "k2", "k3"});
    store.add(sweep.name, runs);
  }
};

TEST_CASE_FIXTURE(TwoStores, "runs of a sweep come back by point and replication, with their measures and rows") {
  SweptRun second = swept("k2", {"5", "nsc"}, 0.25);
  second.replication = 1;
  second.rows.results.push_back(returned_row(0, 0, 0.5));
  second.rows.stages.push_back(stage_row(0, 0, "pi", 0.1));
  fill(a, {second, swept("k1", {"5", "nsc"}, 1.0 / 3), swept("k3", {"10", "lbc"}, 0, "failed")});

  const SweepStore store(a, StoreAccess::kRead);
  REQUIRE(store.sweeps().size() == 1);
  CHECK(store.sweeps()[0].text == kSweep.text);
  REQUIRE(store.sweeps()[0].axes.size() == 2);
  CHECK(store.sweep("rates").axes[0].field == "arrivals.rate_hz");
  CHECK(store.sweep("rates").axes[1].values == std::vector<std::string>{"nsc", "lbc"});
  CHECK(refusal_of([&] { static_cast<void>(store.sweep("speeds")); }) ==
        a.string() + ": sweep: `speeds`: is not there; known: rates");
  const std::vector<SweptRun> runs = store.runs("rates");
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].key == "k3");
  CHECK(runs[0].info.error == "timed out");
  CHECK(runs[1].key == "k1");
  CHECK(runs[1].measures == Measures{{"p95_latency_s", 1.0 / 3}, {"wall_s", 0.5}});
  CHECK(runs[2].replication == 1);
  CHECK(ResultStore(a, StoreAccess::kRead).rows(runs[2].info.id).stages.size() == 1);
  CHECK(store.statuses("rates") ==
        std::map<std::string, std::string>{{"k1", "complete"}, {"k2", "complete"}, {"k3", "failed"}});
  CHECK(store.statuses("other").empty());
}

TEST_CASE_FIXTURE(TwoStores, "a sweep may grow, but no other may take its name") {
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  SweepStore store(a);
  store.begin(kSweep, {"k1", "k4", "k5"});
  CHECK(refusal_of([&] { store.begin(kSweep, {"k4"}); }) ==
        a.string() +
            ": sweep: `rates`: has 1 runs there that this sweep does not make: its file, its scenario, what that "
            "names, or the program has changed; give the sweep another name or store");
  CHECK(refusal_of([&] {
          store.begin({"rates", "", {{"policy", {"lbc"}}}}, {"k1"});
        }) == a.string() + ": sweep: `rates`: is there with other axes; give the sweep another name or store");
}

TEST_CASE_FIXTURE(TwoStores, "a run that another process stored first is not stored twice") {
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  SweepStore store(a);
  store.add("rates", {swept("k2", {"5", "lbc"}, 1), swept("k1", {"5", "nsc"}, 7)});
  CHECK(store.statuses("rates").size() == 2);
  CHECK(store.runs("rates").back().measures.at("p95_latency_s") == 1);
  CHECK(ResultStore(a).runs().size() == 2);
}

TEST_CASE_FIXTURE(TwoStores, "failed runs are forgotten with all that belongs to them") {
  fill(a, {swept("k1", {"5", "nsc"}, 1), swept("k2", {"5", "lbc"}, 1, "failed")});
  SweepStore(a).forget_failed("rates");
  CHECK(SweepStore(a).statuses("rates") == std::map<std::string, std::string>{{"k1", "complete"}});
  CHECK(ResultStore(a).runs().size() == 1);
}

TEST_CASE_FIXTURE(TwoStores, "merging takes what is not there yet, once") {
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  SweptRun rich = swept("k2", {"5", "lbc"}, 2);
  rich.rows.results.push_back(returned_row(0, 0, 0.5));
  SweptRun slower = swept("k1", {"5", "nsc"}, 1);
  slower.measures["wall_s"] = 9;  // another machine
  fill(b, {slower, rich});
  {
    ResultStore store(b);
    const std::int64_t id = store.begin_run(run_info("alone", "dads"));
    store.add_rows(id, {{returned_row(3, 0, 1)}, {}});
    store.end_run(id, "complete", "", {{"requests", 1}});
  }
  CHECK(SweepStore(a).merge(b) == 2);
  CHECK(SweepStore(a).merge(b) == 0);
  const std::vector<SweptRun> runs = SweepStore(a).runs("rates");
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].measures.at("wall_s") == 0.5);  // its own
  const ResultStore store(a);
  CHECK(store.rows(runs[0].info.id).results.size() == 1);
  REQUIRE(store.runs_of("alone").size() == 1);
  CHECK(store.rows(store.runs_of("alone")[0].id).results[0].request == 3);
  CHECK(store.measures(store.runs_of("alone")[0].id) == Measures{{"requests", 1}});
}

TEST_CASE_FIXTURE(TwoStores, "a merged sweep has the values of both, those that were there first") {
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  fill(b, {swept("k2", {"20", "nsc"}, 1)}, {"rates", "", {{"arrivals.rate_hz", {"20", "5"}}, {"policy", {"nsc"}}}});
  SweepStore(a).merge(b);
  CHECK(SweepStore(a).sweep("rates").axes[0].values == std::vector<std::string>{"5", "10", "20"});
  CHECK(SweepStore(a).sweep("rates").axes[1].values == std::vector<std::string>{"nsc", "lbc"});
}

TEST_CASE_FIXTURE(TwoStores, "a run that failed here gives way to one that is complete there, not the other way") {
  fill(a, {swept("k1", {"5", "nsc"}, 0, "failed"), swept("k2", {"5", "lbc"}, 2)});
  fill(b, {swept("k1", {"5", "nsc"}, 1), swept("k2", {"5", "lbc"}, 0, "failed")});
  CHECK(SweepStore(a).merge(b) == 1);
  CHECK(SweepStore(a).statuses("rates") == std::map<std::string, std::string>{{"k1", "complete"}, {"k2", "complete"}});
}

TEST_CASE_FIXTURE(TwoStores, "stores that conflict are not merged at all") {
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  fill(b, {swept("k2", {"5", "lbc"}, 1), swept("k1", {"5", "nsc"}, 7)});
  CHECK(refusal_of([&] { SweepStore(a).merge(b); }) ==
        b.string() +
            ": sweep rates: `[\"5\",\"nsc\"] replication 0`: has other results in the store that is to take it in");
  CHECK(SweepStore(a).statuses("rates").size() == 1);

  const std::filesystem::path c = folder / "c.sqlite";
  fill(c, {swept("k2", {"lbc"}, 1)}, {"rates", "", {{"policy", {"lbc"}}}});
  CHECK(refusal_of([&] { SweepStore(a).merge(c); }) ==
        a.string() + ": sweep: `rates`: is there with other axes; give the sweep another name or store");
}

TEST_CASE_FIXTURE(TwoStores, "a store of version 1 is brought to version 2 by writing, and keeps its runs") {
  { ResultStore(a).begin_run(run_info("b", "lbc")); }
  SQLite::Database(a.string(), SQLite::OPEN_READWRITE)
      .exec("DROP TABLE measures; DROP TABLE sweep_runs; DROP TABLE sweeps; PRAGMA user_version = 1");
  CHECK(refusal_of([&] { const ResultStore store(a, StoreAccess::kRead); }) ==
        a.string() +
            ": user_version: `1`: is an older version; a command that writes to the store brings it to version 2");
  fill(a, {swept("k1", {"5", "nsc"}, 1)});
  CHECK(ResultStore(a, StoreAccess::kRead).runs().size() == 2);
}

}  // namespace
}  // namespace twinfer
