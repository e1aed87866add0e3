#include "report/page.h"

#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "report/page_rows.h"
#include "report/sweep_store.h"
#include "tests/report/rows.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

// A store that a test fills.
class StoreFile {
 public:
  TemporaryFolder folder;
  std::filesystem::path file = folder / "r.sqlite";

  // A run of one's own, of `latencies_s` by request; each arrives a second after the one before.
  std::int64_t add_run(RunInfo run, const std::vector<double>& latencies_s, const Measures& measures = {}) const {
    RunRows rows;
    for (std::uint64_t request = 0; request < latencies_s.size(); ++request) {
      rows.results.push_back(returned_row(request, static_cast<double>(request), latencies_s[request]));
      rows.stages.push_back(stage_row(request, 0, "pi", static_cast<double>(request)));
    }
    ResultStore store(file);
    const std::int64_t id = store.begin_run(run);
    store.add_rows(id, rows);
    store.end_run(id, "complete", "", measures);
    return id;
  }

  void add_sweep(const std::string& name, const std::vector<double>& p95_s) const {
    SweepStore store(file);
    std::vector<SweptRun> runs;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < p95_s.size(); ++i) {
      SweptRun& run = runs.emplace_back();
      run.key = name + std::to_string(i);
      run.point = {"10", "nsc"};
      run.replication = i;
      run.info = run_info("swept", "nsc");
      run.info.status = "complete";
      run.measures = {{"p95_latency_s", p95_s[i]}, {"transfer_s", 1}, {"encode_s", 1}, {"mean_latency_s", 2}};
      keys.push_back(run.key);
    }
    store.begin({name, "scenario: s.yaml\n", {{"rate", {"5", "10"}}, {"policy", {"nsc"}}}}, keys);
    store.add(name, runs);
  }

  [[nodiscard]] ordered_json data(const PageScope& scope = {}) const {
    return page_data(runs_on_page(file, scope), {});
  }

  [[nodiscard]] std::string error(const PageScope& scope = {}) const {
    return refusal_of(folder, [&] { static_cast<void>(runs_on_page(file, scope)); });
  }
};

RunInfo simulated(const std::string& policy) {
  RunInfo run = run_info("b1", policy);
  run.mode = Mode::kSim;
  return run;
}

TEST_CASE_FIXTURE(StoreFile, "a sweep is shown as means with intervals, measures in a reader's order") {
  add_sweep("rates", {1, 3});
  const ordered_json set = data()["sets"][0];
  CHECK(set["title"] == "sweep rates");
  CHECK(set["sweep_text"] == "scenario: s.yaml\n");
  CHECK(set["axes"] ==
        ordered_json::parse(R"([{"name":"rate","values":["5","10"]},{"name":"policy","values":["nsc"]}])"));
  std::vector<std::string> names;
  for (const ordered_json& measure : set["measures"]) names.push_back(measure["name"]);
  CHECK(names == std::vector<std::string>{"p95_latency_s", "mean_latency_s", "encode_s", "transfer_s"});
  CHECK(set["measures"][0] ==
        ordered_json::parse(
            R"({"name":"p95_latency_s","heading":"P95 latency","unit":"ms","scale":1000.0,"component":false})"));
  CHECK(set["measures"][2]["component"] == true);
  // Mean 2; standard error sqrt(2) / sqrt(2) = 1; t of one degree of freedom 12.706.
  REQUIRE(set["points"].size() == 1);
  CHECK(set["points"][0]["at"] == std::vector<std::string>{"10", "nsc"});
  CHECK(set["points"][0]["runs"] == 2);
  CHECK(set["points"][0]["cells"][0][0] == 2.0);
  CHECK(set["points"][0]["cells"][0][1].get<double>() == doctest::Approx(12.706).epsilon(1e-4));
  CHECK(set["points"][0]["cells"][0][2] == 2);
}

TEST_CASE_FIXTURE(StoreFile, "a page holds every sweep and the newest runs beside them, or what is asked for") {
  add_sweep("rates", {1});
  add_sweep("loads", {2});
  add_run(simulated("lbc"), {0.1}, {{"p95_latency_s", 0.1}});
  RunInfo again = simulated("lbc");
  again.batch = "b2";
  add_run(again, {0.2}, {{"p95_latency_s", 0.2}});
  const auto titles = [&](const PageScope& scope) {
    std::vector<std::string> list;
    for (const PageSet& set : runs_on_page(file, scope).sets) list.push_back(set.title);
    return list;
  };
  CHECK(titles({}) == std::vector<std::string>{"sweep loads", "sweep rates", "single runs"});
  CHECK(titles({"rates", ""}) == std::vector<std::string>{"sweep rates"});
  CHECK(titles({"", "b1"}) == std::vector<std::string>{"batch b1"});
  CHECK(data()["sets"][2]["points"][0]["cells"][0][0] == 0.2);
  CHECK(data({"", "b1"})["sets"][0]["points"][0]["cells"][0][0] == 0.1);
  CHECK(data()["header"]["runs"] == 4);
}

TEST_CASE_FIXTURE(StoreFile, "a store, sweep or batch that is not there or empty is told in one line") {
  CHECK(error() == "r.sqlite: no such result store");
  { const ResultStore store(file); }
  CHECK(error() == "r.sqlite: holds no runs that have ended");
  CHECK(error({"rates", ""}) == "r.sqlite: sweep: `rates`: is not there; known: (none)");
  CHECK(error({"", "b9"}) == "r.sqlite: batch: `b9`: is not there; the newest: (none)");
  for (const char* batch : {"b1", "b2", "b3", "b4"}) {
    RunInfo run = simulated("lbc");
    run.batch = batch;
    add_run(run, {0.1});
  }
  CHECK(error({"", "b9"}) == "r.sqlite: batch: `b9`: is not there; the newest: b4, b3, b2");
}

TEST_CASE_FIXTURE(StoreFile, "the header tells failed and unfinished runs, and why they failed") {
  add_run(simulated("lbc"), {0.1});
  ResultStore store(file);
  store.begin_run(simulated("das"));
  store.end_run(store.begin_run(simulated("nsc")), "failed", "no route");
  const ordered_json header = data()["header"];
  CHECK(header["complete"] == 1);
  CHECK(header["failed"] == 1);
  CHECK(header["running"] == 1);
  CHECK(header["failures"] == ordered_json::parse(R"([{"run":3,"name":"nsc","error":"no route"}])"));
  CHECK(header["scenarios"] == std::vector<std::string>{"quick, start"});
  CHECK(header["machines"] == std::vector<std::string>{"host, CPU, 2 cores"});
  CHECK(header["commits"] == std::vector<std::string>{"abc"});
  CHECK(header["first"] == "2026-01-31T12:00:00Z");
}

TEST_CASE_FIXTURE(StoreFile, "runs of a sweep are named by what sets them apart, the first of every point first") {
  SweepStore store(file);
  store.begin({"rates", "", {{"arrivals.rate_hz", {"5", "10"}}, {"policy", {"nsc"}}}}, {"a", "b", "c", "d"});
  std::vector<SweptRun> runs;
  for (const auto& [key, rate, replication] :
       {std::tuple{"a", "10", 1}, {"b", "10", 0}, {"c", "5", 1}, {"d", "5", 0}}) {
    SweptRun& run = runs.emplace_back();
    run.key = key;
    run.point = {rate, "nsc"};
    run.replication = static_cast<std::uint64_t>(replication);
    run.info = run_info("swept", "nsc");
    run.info.status = "complete";
    run.rows.results = {returned_row(0, 0, 0.1)};
  }
  store.add("rates", runs);
  const ordered_json distributions = data()["distributions"];
  std::vector<std::string> names;
  for (const ordered_json& run : distributions) names.push_back(run["name"]);
  CHECK(names == std::vector<std::string>{"rate_hz 5, replication 0", "rate_hz 10, replication 0",
                                          "rate_hz 5, replication 1", "rate_hz 10, replication 1"});
}

TEST_CASE("a distribution has every latency with its share, and at most 201 of them") {
  CHECK(distribution_of({}).empty());
  CHECK(distribution_of({0.5}) == ordered_json::parse("[[0.5,1.0]]"));
  CHECK(distribution_of({0.4, 0.1, 0.2, 0.2}) == ordered_json::parse("[[0.1,0.25],[0.2,0.5],[0.2,0.75],[0.4,1.0]]"));
  std::vector<double> many;
  for (int i = 0; i < 1001; ++i) many.push_back(i);
  const ordered_json points = distribution_of(many);
  REQUIRE(points.size() == 201);  // every fifth
  CHECK(points[1][0] == 5.0);
  CHECK(points[200] == ordered_json::parse("[1000.0,1.0]"));
}

TEST_CASE_FIXTURE(StoreFile, "a timeline has the first fifty requests, each slice with its request and time") {
  add_run(simulated("lbc"), std::vector<double>(60, 0.1));
  const ordered_json timeline = data()["timelines"][0];
  CHECK(timeline["name"] == "lbc");
  REQUIRE(timeline["tracks"].size() == 2);  // results return in no time
  CHECK(timeline["tracks"][0]["name"] == "source -> pi: into stage 1");
  CHECK(timeline["tracks"][0]["slices"].size() == 100);  // encode and transfer
  CHECK(timeline["tracks"][0]["slices"][3] == ordered_json::parse(R"([1,"transfer",1.002,0.004])"));
}

TEST_CASE_FIXTURE(StoreFile, "a simulated run is held against the live one of the same plan, and live against live") {
  add_run(simulated("lbc"), {0.2, 0.2, 0.2});
  add_run(run_info("b2", "lbc"), {0.3, 0.3, 0.3});
  CHECK_FALSE(data()["twins"][0]["noise"].is_object());
  add_run(run_info("b3", "lbc"), {0.25, 0.25, 0.25});
  add_run(run_info("b3", "nsc"), {0.25});  // never simulated
  const ordered_json twins = data()["twins"];
  REQUIRE(twins.size() == 1);
  CHECK(twins[0]["policy"] == "lbc");
  CHECK(twins[0]["live_run"] == 3);
  CHECK(twins[0]["error"]["p50_error"].get<double>() == doctest::Approx(-0.2));        // 0.2 against 0.25
  CHECK(twins[0]["noise"]["p50_error"].get<double>() == doctest::Approx(-1.0 / 6.0));  // 0.25 against 0.3
  CHECK(twins[0]["sim"].size() == 3);
}

TEST_CASE_FIXTURE(StoreFile, "runs of other plans or samples are never held against each other") {
  add_run(simulated("lbc"), {0.2});
  RunInfo other = run_info("b2", "lbc");
  other.predicted_latency_s *= 2;
  add_run(other, {0.2});
  CHECK(data()["twins"].empty());
  ResultStore store(file);
  const std::int64_t live = store.begin_run(run_info("b3", "lbc"));
  RunRows rows{{returned_row(0, 0, 0.2)}, {}};
  rows.results[0].sample = 7;
  store.add_rows(live, rows);
  store.end_run(live, "complete", "");
  CHECK(data()["twins"][0]["problem"] == "request 0: `100`: the other run replays sample 7");
}

TEST_CASE_FIXTURE(StoreFile, "each plan is named once, and runs without one not at all") {
  add_run(simulated("lbc"), {0.2});
  add_run(run_info("b2", "lbc"), {0.2});
  RunInfo failed = simulated("nsc");
  failed.plan.clear();
  add_run(failed, {});
  const std::vector<PlanToDraw> plans = plans_of(runs_on_page(file, {}));
  REQUIRE(plans.size() == 1);
  CHECK(plans[0].plan.plan == "pi[1-4] cloud[5-12]");
  CHECK(plans[0].scenario_text == "name: \"quick\"\nseed: 1\n");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE_FIXTURE(StoreFile, "no text of a store can end the data or begin a tag") {
  const std::string evil = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>&amp;\"'{{script}}";
  RunInfo run = simulated(evil);
  run.scenario = evil;
  run.machine = evil + "\xff";  // no UTF-8
  run.plan = evil;
  add_run(run, {0.1}, {{evil, 1}});
  const ordered_json data = page_data(runs_on_page(file, {}), {{evil, evil, evil, "<svg onload='alert(1)'/>", evil}});
  const std::string page = page_html(data);
  const std::string empty = page_html(ordered_json::object());
  for (const char* part : {"<script", "</script>", "<!--", "<img", "<svg", "&amp;"})
    CHECK_MESSAGE(count(page, part) == count(empty, part), part);

  const std::string begin = "id=\"data\">";
  const std::size_t from = page.find(begin) + begin.size();
  const ordered_json read = ordered_json::parse(page.substr(from, page.find("</script>", from) - from));
  CHECK(read["header"]["scenarios"][0] == evil);
  CHECK(read["header"]["machines"][0] == evil + "\xef\xbf\xbd");
  CHECK(read["plans"][0]["picture"] == "<svg onload='alert(1)'/>");
}

TEST_CASE("a page names no other file and no network address") {
  const std::string page = page_html(ordered_json::object());
  for (const char* part : {" src=\"", "href", "@import", "url(", "https:", "fetch(", "import("})
    CHECK_MESSAGE(count(page, part) == 0, part);
  CHECK(count(page, "http:") == count(page, "http://www.w3.org/2000/svg"));  // a name, never fetched
  CHECK(count(page, "default-src 'none'") == 1);
}

}  // namespace
}  // namespace twinfer
