#include <regex>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "report/result_store.h"
#include "tests/cli/command_world.h"

using namespace twinfer;
using nlohmann::json;

namespace {

// Everything but the line that names the batch.
std::string without_batch(const std::string& text) {
  return std::regex_replace(text, std::regex(", batch .*\n"), "\n");
}

std::vector<RunInfo> runs_in(const CommandWorld& world) {
  return ResultStore(world.folder.path() / "twinfer-results.sqlite", StoreAccess::kRead).runs();
}

}  // namespace

// One request at a time. local: 2 + 3 + 1 = 6 s. split:1: 2 on pi, 0.5 + 512 / 256
// on the wire, 0.5 + 0.125 on pc, 0.5 + 256 / 256 back: 6.625 s.
TEST_CASE("a simulation prints a row for each policy and stores its rows") {
  const CommandWorld world;
  const Outcome outcome = world.run({"sim", "s.yaml"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(without_batch(outcome.out) ==
        "s: 10 requests of tiny, 1 in flight, seed 1, network model CM02\n"
        "\n"
        "policy   P50 (ms)  P95 (ms)  P99 (ms)  mean (ms)  throughput (1/s)  accuracy (%)  early exits (%)  "
        "sent (kB/request)  plan\n"
        "local     6000.00   6000.00   6000.00    6000.00              0.17        100.00              0.0  "
        "             0.00  pi[1-3]\n"
        "split:1   6625.00   6625.00   6625.00    6625.00              0.15        100.00              0.0  "
        "             0.77  pi[1-1] pc[2-3]\n"
        "\n"
        "Rows: ./twinfer-results.sqlite\n");

  const std::vector<RunInfo> runs = runs_in(world);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].policy == "local");
  CHECK(runs[1].policy == "split:1");
  CHECK(runs[0].batch == runs[1].batch);
  for (const RunInfo& run : runs) {
    CHECK(run.mode == Mode::kSim);
    CHECK(run.status == "complete");
    CHECK(run.network_model == "CM02");
    CHECK(run.seed == 1);
  }
  CHECK(runs[1].plan == "pi[1-1] pc[2-3]");
  CHECK(runs[1].predicted_latency_s == 6.625);
  const ResultStore store(world.folder.path() / "twinfer-results.sqlite", StoreAccess::kRead);
  CHECK(store.rows(runs[1].id).results.size() == 10);
  CHECK(store.rows(runs[1].id).stages.size() == 20);
}

TEST_CASE("a stored run carries a scenario from which it can be run again") {
  CommandWorld world;
  CHECK(world.run({"sim", "s.yaml", "-p", "split:1"}).code == 0);
  const Scenario again = load_scenario(world.folder.write("again.yaml", runs_in(world)[0].scenario_text), {});
  CHECK(again.policies == std::vector<std::string>{"split:1"});
  CHECK(again.requests == 10);
}

TEST_CASE("equal seeds give equal rows, another seed others") {
  CommandWorld world;
  world.set("arrivals", "{process: poisson, rate_hz: 0.2}");
  const auto requests_csv = [&](const std::string& seed) {
    world.set("seed", seed);
    std::filesystem::remove(world.folder.path() / "twinfer-results.sqlite");
    CHECK(world.run({"sim", "s.yaml"}).code == 0);
    CHECK(world.run({"export", "--csv", "csv"}).code == 0);
    return world.folder.read("csv/requests.csv") + world.folder.read("csv/stages.csv");
  };
  const std::string first = requests_csv("7");
  CHECK(first == requests_csv("7"));
  CHECK(first != requests_csv("8"));
}

TEST_CASE("a comparison marks the best of each column where they differ") {
  const CommandWorld world;
  const Outcome outcome = world.run({"compare", "s.yaml"});
  CHECK(outcome.code == 0);
  CHECK(without_batch(outcome.out) ==
        "s: 10 requests of tiny, 1 in flight, seed 1, network model CM02\n"
        "\n"
        "policy   P50 (ms)  P95 (ms)  P99 (ms)  mean (ms)  throughput (1/s)  accuracy (%)  early exits (%)  "
        "sent (kB/request)  plan\n"
        "local    6000.00*  6000.00*  6000.00*   6000.00*             0.17*        100.00              0.0  "
        "            0.00*  pi[1-3]\n"
        "split:1  6625.00   6625.00   6625.00    6625.00              0.15         100.00              0.0  "
        "            0.77   pi[1-1] pc[2-3]\n"
        "\n"
        "* best of its column\n"
        "Rows: ./twinfer-results.sqlite\n");
}

TEST_CASE("requests that missed their deadline are counted in a column of their own") {
  CommandWorld world;
  world.set("deadline_s", "6.5");
  const Outcome outcome = world.run({"sim", "s.yaml", "--json"});
  const json runs = json::parse(outcome.out).at("runs");
  CHECK(runs.at(0).at("summary").at("missed") == 0);
  CHECK(runs.at(1).at("summary").at("missed") == 10);
  const Outcome table = world.run({"sim", "s.yaml"});
  CHECK(table.out.find("sent (kB/request)  missed  plan\n") != std::string::npos);
  CHECK(table.out.find("  10  pi[1-1] pc[2-3]\n") != std::string::npos);
}

TEST_CASE("JSON is in SI units, with the components of the mean latency") {
  const CommandWorld world;
  const json result = json::parse(world.run({"sim", "s.yaml", "--json", "--store", "other.sqlite"}).out);
  CHECK(result.at("scenario") == "s");
  CHECK(result.at("store") == "other.sqlite");
  CHECK(world.has("other.sqlite"));
  const json run = result.at("runs").at(1);
  CHECK(run.at("policy") == "split:1");
  CHECK(run.at("mode") == "sim");
  CHECK(run.at("status") == "complete");
  CHECK(run.at("summary").at("p50_s").get<double>() == doctest::Approx(6.625));
  CHECK(run.at("summary").at("bytes_per_request") == 768);
  CHECK(run.at("components").at("compute_s").get<double>() == doctest::Approx(2.625));
  CHECK(run.at("components").at("transfer_s").get<double>() == doctest::Approx(2.5));
  CHECK(run.at("components").at("result_return_s").get<double>() == doctest::Approx(1.5));
}

// Per request: local 2 W x 6 s = 12 J on pi, at rest 1 W x 6 s. split:1, as the plan says, 15 J, at
// rest 11 W x 6.625 s; 360 / 3600 x 6.625 s x 1000 for pc.
TEST_CASE("energy and cost stand in the table where every run has them, and in JSON") {
  PoweredWorld world;
  world.set("policies", "[local, 'split:1']");
  const Outcome outcome = world.run({"compare", "s.yaml"});
  CHECK(outcome.out.find("sent (kB/request)  energy (mJ/request)  cost (/1000)  plan\n") != std::string::npos);
  CHECK(outcome.out.find("            12000.00*       0.0000*  pi[1-3]\n") != std::string::npos);
  CHECK(outcome.out.find("            15000.00      662.5000   pi[1-1] pc[2-3]\n") != std::string::npos);
  const json runs = json::parse(world.run({"sim", "s.yaml", "--json"}).out).at("runs");
  CHECK(runs.at(0).at("measures").at("total_energy_j").get<double>() == doctest::Approx(18));
  const json& split = runs.at(1).at("measures");
  CHECK(split.at("energy_j").get<double>() == doctest::Approx(15));
  CHECK(split.at("energy_j.pi").get<double>() == doctest::Approx(4));
  CHECK(split.at("energy_j.pc").get<double>() == doctest::Approx(5));
  CHECK(split.at("energy_j.links").get<double>() == doctest::Approx(6));
  CHECK(split.at("idle_energy_j").get<double>() == doctest::Approx(72.875));
  CHECK(split.at("cost").get<double>() == doctest::Approx(662.5));
}

TEST_CASE("energy that is not known of every run is left out of the table, not out of JSON") {
  PoweredWorld world;
  world.set("policies", "[local, 'split:1']");
  const std::string xml = world.folder.read("platform.xml");
  world.folder.write("platform.xml", replaced(xml, "<prop id=\"wattage_per_state\" value=\"10:18\"/>", ""));
  CHECK(world.run({"sim", "s.yaml"}).out.find("energy") == std::string::npos);
  CHECK(world.run({"sim", "s.yaml", "-p", "local"}).out.find("  energy (mJ/request)  ") != std::string::npos);
  const json runs = json::parse(world.run({"sim", "s.yaml", "--json"}).out).at("runs");
  CHECK(runs.at(0).at("measures").contains("energy_j"));
  CHECK_FALSE(runs.at(1).at("measures").contains("energy_j"));
}

TEST_CASE("a timeline has a process for each policy") {
  const CommandWorld world;
  const Outcome outcome = world.run({"sim", "s.yaml", "--trace", "trace.json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("Timeline: ./trace.json (open it in https://ui.perfetto.dev)\n") != std::string::npos);
  std::vector<std::string> processes;
  const json trace = json::parse(world.folder.read("trace.json"));
  for (const json& event : trace.at("traceEvents"))
    if (event.at("name") == "process_name") processes.push_back(event.at("args").at("name"));
  CHECK(processes == std::vector<std::string>{"sim local", "sim split:1"});
}

TEST_CASE("a timeline that cannot be written is refused, and the rows stay") {
  const CommandWorld world;
  const Outcome outcome = world.run({"sim", "s.yaml", "--trace", "none/trace.json"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "twinfer: none/trace.json: cannot be written (No such file or directory)\n");
  CHECK(runs_in(world).size() == 2);
}
