#include "report/chrome_trace.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/report/rows.h"
#include "tests/support/temporary_folder.h"

using namespace twinfer;
using nlohmann::json;

namespace {

using TrackId = std::pair<int, int>;

// Two stages, back to back in time so that sums of doubles meet. Request 1
// leaves after the first stage.
RunRows pipeline_rows(std::uint64_t requests) {
  RunRows rows;
  for (std::uint64_t i = 0; i < requests; ++i) {
    const double start_s = 0.048 * static_cast<double>(i);
    rows.results.push_back(returned_row(i, start_s, 0.2, i == 1 ? 0 : 2));
    rows.results.back().result_return_s = 0.01;
    rows.stages.push_back(stage_row(i, 0, "pi", start_s));
    if (i != 1) rows.stages.push_back(stage_row(i, 1, "pc", start_s + 0.062));
  }
  return rows;
}

struct Parsed {
  std::map<TrackId, std::string> names;
  std::map<TrackId, std::vector<json>> slices;
  std::map<int, std::string> processes;
};

// Fails the test on an event that a viewer would refuse.
Parsed parse(const std::string& text) {
  Parsed parsed;
  const json trace = json::parse(text);
  REQUIRE(trace.at("traceEvents").is_array());
  for (const json& event : trace["traceEvents"]) {
    REQUIRE(event.at("name").is_string());
    const std::string phase = event.at("ph");
    const int process = event.at("pid");
    if (phase == "M") {
      if (event["name"] == "process_name") parsed.processes[process] = event.at("args").at("name");
      if (event["name"] == "thread_name") parsed.names[{process, event.at("tid")}] = event.at("args").at("name");
      continue;
    }
    REQUIRE(phase == "X");
    REQUIRE(event.at("ts").is_number());
    REQUIRE(event.at("dur").is_number());
    CHECK(event["ts"].get<double>() >= 0);
    CHECK(event["dur"].get<double>() >= 0);
    parsed.slices[{process, event.at("tid")}].push_back(event);
  }
  return parsed;
}

double sum_us(const std::vector<json>& slices) {
  double sum = 0;
  for (const json& slice : slices) sum += slice["dur"].get<double>();
  return sum;
}

}  // namespace

TEST_CASE("a trace has one named track for each executor and each connection") {
  const Parsed parsed = parse(chrome_trace({{"sim lbc", "pi", pipeline_rows(3)}}));
  CHECK(parsed.processes == std::map<int, std::string>{{1, "sim lbc"}});
  CHECK(parsed.names == std::map<TrackId, std::string>{{{1, 1}, "pi -> pi: into stage 1"},
                                                       {{1, 2}, "pi: stage 1"},
                                                       {{1, 3}, "pi -> pi: results of stage 1"},
                                                       {{1, 4}, "pi -> pc: into stage 2"},
                                                       {{1, 5}, "pc: stage 2"},
                                                       {{1, 6}, "pc -> pi: results of stage 2"}});
}

TEST_CASE("what fills a track adds up to the rows") {
  const Parsed parsed = parse(chrome_trace({{"sim lbc", "pi", pipeline_rows(3)}}));
  // 3 requests pass stage 0, 2 stage 1: encode + transfer 6 ms, decode + compute 48 ms, result 10 ms
  CHECK(sum_us(parsed.slices.at({1, 1})) == doctest::Approx(3 * 6000));
  CHECK(sum_us(parsed.slices.at({1, 2})) == doctest::Approx(3 * 48000));
  CHECK(sum_us(parsed.slices.at({1, 3})) == doctest::Approx(1 * 10000));
  CHECK(sum_us(parsed.slices.at({1, 4})) == doctest::Approx(2 * 6000));
  CHECK(sum_us(parsed.slices.at({1, 5})) == doctest::Approx(2 * 48000));
  CHECK(sum_us(parsed.slices.at({1, 6})) == doctest::Approx(2 * 10000));
  const json& compute = parsed.slices.at({1, 2}).at(1);
  CHECK(compute["name"] == "compute 0");
  CHECK(compute["cat"] == "compute");
  CHECK(compute["ts"].get<double>() == doctest::Approx(30000));  // 2 + 4 + 8 + 16 ms
  CHECK(compute["args"]["request"] == 0);
}

TEST_CASE("events of a track never overlap, not even by a rounded digit") {
  for (const auto& [track, slices] : parse(chrome_trace({{"sim", "pi", pipeline_rows(1000)}})).slices) {
    std::int64_t free_ns = 0;
    for (const json& slice : slices) {
      const auto start_ns = static_cast<std::int64_t>(slice["ts"].get<double>() * 1e3 + 0.5);
      CHECK(start_ns >= free_ns);
      free_ns = start_ns + static_cast<std::int64_t>(slice["dur"].get<double>() * 1e3 + 0.5);
    }
  }
}

TEST_CASE("a job that starts a fraction of a nanosecond before the last one's end is put after it") {
  // 1.0000000006 s ends at 1,000,000,001 ns; 1.0000000004 s would start at 1,000,000,000 ns.
  RunRows rows = pipeline_rows(0);
  for (std::uint64_t i = 0; i < 2; ++i) {
    rows.stages.push_back(stage_row(i, 0, "pi", 0.1 * static_cast<double>(i)));
    rows.stages.back().decode_s = 0;
  }
  rows.stages[0].compute_start_s = 0;
  rows.stages[0].compute_s = 1.0000000006;
  rows.stages[1].compute_start_s = 1.0000000004;
  const std::vector<json> jobs = parse(chrome_trace({{"sim", "pi", rows}})).slices.at({1, 2});
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0]["dur"].get<double>() == 1000000.001);
  CHECK(jobs[1]["ts"].get<double>() == 1000000.001);
}

TEST_CASE("each run is a process of its own, and a failed request has no result") {
  RunRows failed;
  failed.results = {failed_row(0, 0)};
  failed.stages = {stage_row(0, 0, "pi", 0)};
  const Parsed parsed = parse(chrome_trace({{"sim lbc", "pi", pipeline_rows(1)}, {"live lbc", "pi", failed}}));
  CHECK(parsed.processes == std::map<int, std::string>{{1, "sim lbc"}, {2, "live lbc"}});
  CHECK(parsed.names.count({2, 2}) == 1);
  CHECK(parsed.names.count({2, 3}) == 0);
}

TEST_CASE("a trace that cannot be written is refused and leaves nothing") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "none/trace.json";
  CHECK_THROWS_WITH_AS(save_chrome_trace({}, file),
                       (file.string() + ": cannot be written (No such file or directory)").c_str(), InputError);
  save_chrome_trace({}, folder / "trace.json");
  CHECK(parse("{\"traceEvents\": []}").slices.empty());
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  CHECK(files == 1);
}

TEST_CASE("replicas and the connections between them have tracks of their own") {
  RunRows rows;
  for (std::uint64_t i = 0; i < 2; ++i) {
    rows.results.push_back(returned_row(i, 0, 0.2, 2));
    rows.stages.push_back(stage_row(i, 0, i == 0 ? "pc" : "jetson", 0));
    rows.stages.push_back(stage_row(i, 1, "cloud", 0.062));
  }
  const Parsed parsed = parse(chrome_trace({{"sim", "pi", rows}}));
  CHECK(parsed.names == std::map<TrackId, std::string>{{{1, 1}, "pi -> jetson: into stage 1"},
                                                       {{1, 2}, "pi -> pc: into stage 1"},
                                                       {{1, 3}, "jetson: stage 1"},
                                                       {{1, 4}, "pc: stage 1"},
                                                       {{1, 5}, "jetson -> cloud: into stage 2"},
                                                       {{1, 6}, "pc -> cloud: into stage 2"},
                                                       {{1, 7}, "cloud: stage 2"},
                                                       {{1, 8}, "cloud -> pi: results of stage 2"}});
}
