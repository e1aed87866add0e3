// With a live side that is exactly 5 % slower than the simulation.
#include <regex>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/node_world.h"

using namespace twinfer;
using nlohmann::json;

namespace {

std::string without_batch(const std::string& text) {
  return std::regex_replace(text, std::regex(", batch .*\n"), "\n");
}

NodeWorld& emulated(NodeWorld& world, const std::string& gates) {
  world.set("live", "{emulate: true}");
  world.set("gates", gates);
  return world;
}

}  // namespace

TEST_CASE("a validation prints simulated and measured values, errors, verdict and what to try next") {
  NodeWorld world(Node::kFake);
  const Outcome outcome = emulated(world, "{p50_error: 0.1, throughput_error: 0.05}").run({"validate", "s.yaml"});
  CHECK(outcome.code == 0);
  // Latencies 6 and 6.625 s, measured 5 % longer: 1 / 1.05 - 1 = -4.8 %. Arrivals
  // are the same, so ten requests take 9 * 6 + 6 s and 9 * 6 + 6.3 s: +0.5 %.
  CHECK(without_batch(outcome.out) ==
        "s: 10 requests of tiny, 1 in flight, seed 1, network model CM02\n"
        "\n"
        "          P50 (ms)                  P95 (ms)                  throughput (1/s)    accuracy (%)         "
        "early exits (%)   sent (kB/request)\n"
        "policy        sim     live  err %       sim     live  err %    sim  live  err %     sim   live  diff   "
        "sim  live  diff    sim  live  err %\n"
        "local     6000.00  6300.00   -4.8   6000.00  6300.00   -4.8   0.17  0.17   +0.5   100.0  100.0   0.0   "
        "0.0   0.0   0.0   0.00  0.00    0.0\n"
        "split:1   6625.00  6956.25   -4.8   6625.00  6956.25   -4.8   0.15  0.15   +0.5   100.0  100.0   0.0   "
        "0.0   0.0   0.0   0.77  0.77    0.0\n"
        "\n"
        "err: simulated against measured; diff: in percentage points\n"
        "Exits taken: the same in both runs for every request\n"
        "Gates (P50 within 10.0 %, throughput within 5.0 %): passed\n"
        "Rows: ./twinfer-results.sqlite\n"
        "\n"
        "Try next\n"
        "  twinfer plan s.yaml --explain                                    why each policy cuts where it does\n"
        "  twinfer sim s.yaml --trace trace.json                            a timeline for Perfetto\n"
        "  twinfer export --store twinfer-results.sqlite --csv results-csv  the rows as CSV\n");
}

TEST_CASE("an error beyond a gate fails the validation, unless gates are off") {
  NodeWorld world(Node::kFake);
  emulated(world, "{p50_error: 0.01}");
  const Outcome outcome = world.run({"validate", "s.yaml"});
  CHECK(outcome.code == 1);
  // 1 / 1.05 - 1 = -4.8 %
  CHECK(outcome.out.find("Gates (P50 within 1.0 %): FAILED\n"
                         "  local: P50 error -4.8 % is beyond the gate of 1.0 %\n"
                         "  split:1: P50 error -4.8 % is beyond the gate of 1.0 %\n") != std::string::npos);
  CHECK(world.run({"validate", "s.yaml", "--no-gates"}).code == 0);
}

TEST_CASE("a native scenario runs live twice and prints the noise beside the error") {
  const NodeWorld world(Node::kFake);
  const Outcome outcome = world.run({"validate", "s.yaml", "-p", "local", "--json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "resolved s\nresolved s\n");
  const json local = json::parse(outcome.out).at("policies").at(0);
  CHECK(local.at("sim_against_live").at("p50_error").get<double>() == doctest::Approx(1 / 1.05 - 1));
  CHECK(local.at("live_against_live").at("p50_error").get<double>() == doctest::Approx(1.10 / 1.05 - 1));
  const Outcome table = world.run({"validate", "s.yaml", "-p", "local"});
  CHECK(table.out.find("noise %") != std::string::npos);
  CHECK(table.out.find("+4.8") != std::string::npos);
}

TEST_CASE("a native validation can take this machine's profiles first") {
  NodeWorld world(Node::kFake);
  const std::vector<std::string> validate{"validate", "s.yaml", "-p", "local", "--json", "--profile"};
  const Outcome outcome = world.run(validate, {{"FAKE_NODE", "measures"}});
  CHECK(outcome.code == 0);
  // pi takes 2 + 3 + 1 s before, and twice as long when measured anew
  CHECK(json::parse(outcome.out).at("policies").at(0).at("sim_against_live").at("tested").at("p50_s").get<double>() ==
        12);

  const Outcome failed = world.run(validate);  // this fake cannot profile
  CHECK(failed.code == 5);
  CHECK(failed.out.empty());
  world.set("live", "{emulate: true}");
  const Outcome refused = world.run(validate);
  CHECK(refused.code == 2);
  CHECK(refused.err ==
        "twinfer: --profile: the scenario emulates its devices, so their profiles are not this machine's\n");
}

TEST_CASE("a live run that failed fails the validation and is named") {
  NodeWorld world(Node::kFake);
  emulated(world, "{p50_error: 0.1}");
  const Outcome outcome = world.run({"validate", "s.yaml"}, {{"FAKE_NODE", "fails"}});
  CHECK(outcome.code == 1);
  CHECK(outcome.out.find("FAILED\n  local: live run: worker pc is gone\n  split:1: live run: worker pc is gone\n") !=
        std::string::npos);
  CHECK(outcome.err == "resolved s\n");
}

TEST_CASE("components show where simulated and measured time goes") {
  NodeWorld world(Node::kFake);
  const Outcome outcome = emulated(world, "").run({"validate", "s.yaml", "-p", "split:1", "--components"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("policy   component      sim (ms)  live (ms)  sim - live (ms)\n"
                         "split:1  admission         0.000      0.000            0.000\n") != std::string::npos);
  CHECK(outcome.out.find("split:1  compute        2625.000   2625.000            0.000\n") != std::string::npos);
}
