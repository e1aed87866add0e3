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

// Its bandwidth is another one from 120 s on.
void change_link(NodeWorld& world) {
  std::string platform = kTinyPlatform;
  const std::string link = "<link id=\"wire\"";
  platform.replace(platform.find(link), link.size(), link + " bandwidth_file=\"wire.txt\"");
  world.folder.write("platform.xml", platform);
  world.folder.write("wire.txt", "120 2560\n");
}

std::string refusal_of(NodeWorld& world, std::vector<std::string> options) {
  options.insert(options.begin(), {"validate", "s.yaml"});
  const Outcome outcome = world.run(options, {{"FAKE_NODE", "each"}});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  return outcome.err;
}

}  // namespace

TEST_CASE("a validation prints simulated and measured values, errors, verdict and what to try next") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  const Outcome outcome = emulated(world, "{p50_error: 0.1, throughput_error: 0.05}").run({"validate", "s.yaml"});
  CHECK(outcome.code == 0);
  // Latencies 6 and 6.625 s, measured 5 % longer: 1 / 1.05 - 1 = -4.8 %. Arrivals
  // are the same, so twenty requests take 19 * 6 + 6 s and 19 * 6 + 6.3 s: +0.25 %.
  // The stand-in adds what it lengthens to the queue: 0.05 * 6 s.
  CHECK(without_batch(outcome.out) ==
        "s: 20 requests of tiny, 1 in flight, seed 1, network model CM02\n"
        "\n"
        "              mean (ms)                 P50 (ms)                  P90 (ms)\n"
        "policy            sim     live  err %       sim     live  err %   sim  live  err %\n"
        "local         6000.00  6300.00   -4.8   6000.00  6300.00   -4.8     -     -      -\n"
        "split:1       6625.00  6956.25   -4.8   6625.00  6956.25   -4.8     -     -      -\n"
        "median size                       4.8                       4.8                  -\n"
        "\n"
        "              P95 (ms)           P99 (ms)           throughput (1/s)\n"
        "policy        sim  live  err %   sim  live  err %    sim  live  err %\n"
        "local           -     -      -     -     -      -   0.17  0.17   +0.2\n"
        "split:1         -     -      -     -     -      -   0.15  0.15   +0.2\n"
        "median size                  -                  -                 0.2\n"
        "\n"
        "              accuracy (%)         early exits (%)   sent (kB/request)\n"
        "policy          sim   live  diff   sim  live  diff    sim  live  err %\n"
        "local         100.0  100.0   0.0   0.0   0.0   0.0   0.00  0.00    0.0\n"
        "split:1       100.0  100.0   0.0   0.0   0.0   0.0   0.77  0.77    0.0\n"
        "median size                  0.0               0.0                 0.0\n"
        "\n"
        "          P50                 P95            throughput\n"
        "policy         err % [95 %]   err % [95 %]   err % [95 %]\n"
        "local     -4.8 [-4.8, -4.8]              -           +0.2\n"
        "split:1   -4.8 [-4.8, -4.8]              -           +0.2\n"
        "\n"
        "          simulated - measured (ms)\n"
        "policy    admission  hop wait  encode  transfer     queue  decode  compute  result wait  result return   "
        "latency\n"
        "local         0.000     0.000   0.000     0.000  -300.000   0.000    0.000        0.000          0.000  "
        "-300.000\n"
        "split:1       0.000     0.000   0.000     0.000  -331.250   0.000    0.000        0.000          0.000  "
        "-331.250\n"
        "\n"
        "ranked by    tau  same order  ties within %  twin's choice  live best  regret %\n"
        "mean        1.00      1 of 1            1.0  local          local           0.0\n"
        "P50         1.00      1 of 1            1.0  local          local           0.0\n"
        "throughput  1.00      1 of 1            1.0  local          local           0.0\n"
        "tau: Kendall's tau-b of the two rankings; regret: loss by taking the twin's choice, measured\n"
        "\n"
        "err: simulated against the mean of the live runs, [95 %] by moving-block bootstrap (1000 resamples);\n"
        "diff: in percentage points; in time: returned within the deadline\n"
        "No noise floor: each policy ran live once (--repeat 2)\n"
        "-: not known, or fewer than 10 requests beyond the percentile: P50 takes 20, P90 100, P95 200, P99 1000\n"
        "Exits taken: the same in all runs for every request\n"
        "Gates (P50 within 10.0 %, throughput within 5.0 %): passed\n"
        "Rows: ./twinfer-results.sqlite\n"
        "\n"
        "Try next\n"
        "  twinfer plan s.yaml --explain                                    why each policy cuts where it does\n"
        "  twinfer sim s.yaml --trace trace.json                            a timeline for Perfetto\n"
        "  twinfer export --store twinfer-results.sqlite --csv results-csv  the rows as CSV\n");
}

// Local requests of 6 s follow one another: twenty of forty before the change at 120 s.
TEST_CASE("where links change, both worlds are compared between the changes, too") {
  NodeWorld world(Node::kFake);
  change_link(world);
  world.set("requests", "40");
  const Outcome outcome = emulated(world, "{}").run({"validate", "s.yaml", "-p", "local"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("Between changes of bandwidth:\n"
                         "                                    P50 (ms)\n"
                         "policy  arrived from (s)  plan          sim     live  err %\n"
                         "local                  0  pi[1-3]   6000.00  6300.00   -4.8\n"
                         "local                120  pi[1-3]   6000.00  6300.00   -4.8\n") != std::string::npos);
  const Outcome plain = NodeWorld(Node::kFake).run({"validate", "s.yaml", "-p", "local"});
  CHECK(plain.out.find("Between changes") == std::string::npos);
}

// On pi layers took 1 s in place of 6: of split:1 its first layer takes a sixth of what is stated.
TEST_CASE("refitted to the run of one policy, the twin predicts the others and not itself") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  const Outcome outcome = world.run({"validate", "s.yaml", "--refit", "local", "--json"}, {{"FAKE_NODE", "each"}});
  CHECK(outcome.err.empty());
  const json report = json::parse(outcome.out);
  REQUIRE(report["pairs"].size() == 1);
  CHECK(report["pairs"][0]["policy"] == "split:1");
  // 6.625 s as stated, of which the first layer on pi took 2.
  CHECK(report["pairs"][0]["measures"]["p50_latency_s"]["sim"].get<double>() == doctest::Approx(6.625 - 2 + 2.0 / 6));
  const Outcome text = world.run({"validate", "s.yaml", "--refit", "local"}, {{"FAKE_NODE", "each"}});
  CHECK(text.out.find(", refitted to run 6 (local): 20 requests of tiny") != std::string::npos);
  CHECK(text.out.find("\nlocal ") == std::string::npos);
}

TEST_CASE("rehearsed, every plan is predicted by what its own rehearsals measured") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  const Outcome outcome =
      world.run({"validate", "s.yaml", "-p", "local", "--rehearse", "3", "--json"}, {{"FAKE_NODE", "each"}});
  CHECK(outcome.err.empty());
  const json report = json::parse(outcome.out);
  REQUIRE(report["pairs"].size() == 1);
  CHECK(report["pairs"][0]["live_runs"].size() == 2);
  CHECK(report["pairs"][0]["measures"]["p50_latency_s"]["sim"].get<double>() == doctest::Approx(1));
  CHECK(report["pairs"][0]["measures"]["p50_latency_s"]["live"] == 1);
}

TEST_CASE("a policy whose rehearsals failed is a pair without a prediction") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  const Outcome outcome =
      world.run({"validate", "s.yaml", "-p", "remote", "--rehearse", "3", "--json"}, {{"FAKE_NODE", "runs"}});
  CHECK(outcome.code == 1);
  CHECK(json::parse(outcome.out)["failures"] == json({"remote: simulated run: rehearsal 1: worker pc is gone"}));
}

TEST_CASE("a rehearsal that cannot be is refused in one line") {
  NodeWorld world(Node::kFake);
  const auto error = [&](const std::vector<std::string>& options) { return refusal_of(world, options); };
  CHECK(error({"--rehearse", "-1"}) == "twinfer: --rehearse `-1`: must be seconds above 0\n");
  CHECK(error({"--rehearse", "3", "--refit", "local"}) == "twinfer: --rehearse: not with --refit\n");
  change_link(world);
  CHECK(error({"--rehearse", "3"}) ==
        "twinfer: s.yaml: --rehearse: links of the platform change, so that a rehearsal tells no one bandwidth of "
        "them\n");
}

TEST_CASE("a refit that cannot be is refused in one line") {
  NodeWorld world(Node::kFake);
  const auto error = [&](const std::vector<std::string>& options) { return refusal_of(world, options); };
  CHECK(error({"--refit", "nsc"}) == "twinfer: s.yaml: --refit: `nsc`: is none of the policies: local, split:1\n");
  CHECK(error({"--refit", "local", "-p", "local"}) ==
        "twinfer: s.yaml: --refit: `local`: is the only policy: nothing is left to predict\n");
  CHECK(error({"--refit", "local", "--loads", "0.5"}) == "twinfer: --refit: not with --loads\n");
  change_link(world);
  CHECK(error({"--refit", "local"}) ==
        "twinfer: s.yaml: --refit: `local`: links of the platform change, so that a run tells no one bandwidth of "
        "them\n");
}

TEST_CASE("a percentile with fewer than ten requests beyond it is no number, and a gate on it fails") {
  NodeWorld world(Node::kFake);
  world.set("requests", "19");
  const Outcome outcome = emulated(world, "{p50_error: 0.1}").run({"validate", "s.yaml", "-p", "local"});
  CHECK(outcome.code == 1);
  CHECK(outcome.out.find("local    6000.00  6300.00   -4.8     -     -      -     -     -      -\n") !=
        std::string::npos);
  CHECK(outcome.out.find("  local: P50 error is not known: 19 requests returned, it takes 20, gate 10.0 %\n") !=
        std::string::npos);
}

TEST_CASE("an error beyond a gate fails the validation and names the component, unless gates are off") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  emulated(world, "{p50_error: 0.01}");
  const Outcome outcome = world.run({"validate", "s.yaml"});
  CHECK(outcome.code == 1);
  // 1 / 1.05 - 1 = -4.8 %
  CHECK(outcome.out.find("Gates (P50 within 1.0 %): FAILED\n"
                         "  local: P50 error -4.8 % is beyond the gate of 1.0 %: queue -300.00 ms of -300.00 ms\n"
                         "  split:1: P50 error -4.8 % is beyond the gate of 1.0 %: queue -331.25 ms of -331.25 ms\n") !=
        std::string::npos);
  CHECK(world.run({"validate", "s.yaml", "--gate"}).code == 1);
  CHECK(world.run({"validate", "s.yaml", "--no-gates"}).code == 0);
}

TEST_CASE("--gate asks for limits, and --repeat for a live run") {
  const NodeWorld world(Node::kFake);
  const auto refused = [&world](const std::vector<std::string>& options, const std::string& error) {
    std::vector<std::string> command{"validate", "s.yaml"};
    command.insert(command.end(), options.begin(), options.end());
    const Outcome outcome = world.run(command);
    CHECK(outcome.code == 2);
    CHECK(outcome.err == error);
    CHECK_FALSE(world.has("twinfer-results.sqlite"));
  };
  refused({"--gate"}, "twinfer: s.yaml: gates: --gate needs limits to hold, and the scenario states none\n");
  refused({"--gate", "--no-gates"}, "twinfer: --gate and --no-gates contradict each other\n");
  refused({"--repeat", "0"}, "twinfer: --repeat `0`: must be from 1 to 20\n");
}

TEST_CASE("a native scenario runs live twice, in turns, and the error stands beside the noise") {
  NodeWorld world(Node::kFake);
  world.set("requests", "20");
  const Outcome outcome = world.run({"validate", "s.yaml", "--json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "resolved s\nresolved s\n");
  const json result = json::parse(outcome.out);
  CHECK(result.at("passed") == true);
  const json local = result.at("pairs").at(0);
  CHECK(local.at("policy") == "local");
  CHECK(local.at("live_runs") == json({3, 5}));  // local, split:1 simulated; local, split:1, local, split:1
  const json p50 = local.at("measures").at("p50_latency_s");
  CHECK(p50.at("sim") == 6);
  CHECK(p50.at("live_runs").at(1).get<double>() == doctest::Approx(6.6));
  CHECK(p50.at("error").get<double>() == doctest::Approx(1 / 1.075 - 1));
  CHECK(p50.at("noise").get<double>() == doctest::Approx(0.05 / 1.075));
  CHECK(p50.at("error_in_noise").get<double>() == doctest::Approx(1.5));
  CHECK(p50.at("interval").at(0).get<double>() == doctest::Approx(1 / 1.075 - 1));
  CHECK(local.at("measures").at("p95_latency_s").at("error").is_null());
  CHECK(local.at("components").at("queue_s").at("live").get<double>() == doctest::Approx(0.075 * 6));
  // 6 s against 6.625 s, measured so much longer that the order is the same
  const json by_p50 = result.at("scenarios").at(0).at("decisions").at(1);
  CHECK(by_p50.at("by") == "p50_latency_s");
  CHECK(by_p50.at("tau") == 1);
  CHECK(by_p50.at("regret") == 0);
  CHECK(result.at("overall").at("measures").at("p50_latency_s").at("pairs") == 2);
}

TEST_CASE("a validation repeats its live runs as often as asked") {
  NodeWorld world(Node::kFake);
  const Outcome outcome = emulated(world, "").run({"validate", "s.yaml", "-p", "local", "--repeat", "3"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "resolved s\nresolved s\nresolved s\n");
  CHECK(outcome.out.find("noise %") != std::string::npos);
}

TEST_CASE("a native validation can take this machine's profiles first") {
  NodeWorld world(Node::kFake);
  const std::vector<std::string> validate{"validate", "s.yaml", "-p", "local", "--json", "--profile"};
  const Outcome outcome = world.run(validate, {{"FAKE_NODE", "measures"}});
  CHECK(outcome.code == 0);
  // pi takes 2 + 3 + 1 s before, and twice as long when measured anew
  CHECK(json::parse(outcome.out).at("pairs").at(0).at("measures").at("mean_latency_s").at("sim").get<double>() == 12);

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
