// twinfer exits on the trace of two samples, both always right: the head is 0.5
// and 1 confident of them.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/command_world.h"

using namespace twinfer;

TEST_CASE("exits weighs a range of thresholds, with the latency of a scenario's plan") {
  // Leaving: layer 1, 2 s on pi, and the head, 0.25 s. Going on, as plan says: 6.875 s.
  const Outcome outcome =
      CommandWorld().run({"exits", "tiny", "--thresholds", "0.5:1:0.5", "--scenario", "s.yaml", "-p", "split:1"});
  CHECK(outcome.err.empty());
  CHECK(outcome.code == 0);
  CHECK(outcome.out ==
        "tiny, 2 recorded samples; accuracy of each exit alone (%): exit1 100.00, final 100.00\n"
        "Latency of single requests, plan split:1 pi[1-1] pc[2-3] in s.yaml\n"
        "\n"
        "                          Share of samples (%)\n"
        "Threshold  Accuracy (%)           exit1  final   Mean work (MFLOP)  Mean latency (ms)\n"
        "      0.5        100.00          100.00   0.00             0.00101               2250\n"
        "        1        100.00           50.00  50.00             0.00201               4562\n");
}

TEST_CASE("exits needs neither scenario nor network, and gives JSON in SI units") {
  const Outcome outcome = CommandWorld().run({"exits", "tiny", "--thresholds", "0.75", "--json"});
  REQUIRE(outcome.code == 0);
  const auto json = nlohmann::json::parse(outcome.out);
  CHECK(json["samples"] == 2);
  CHECK(json["plan"].is_null());
  REQUIRE(json["settings"].size() == 1);
  const auto& only = json["settings"][0];
  CHECK(only["thresholds"]["exit1"] == 0.75);
  CHECK(only["accuracy"] == 1);
  CHECK(only["shares"]["final"] == 0.5);
  CHECK(only["mean_flops"] == 2010);
  CHECK(only["mean_latency_s"].is_null());
}

TEST_CASE("exits says in JSON how often each exit alone is right") {
  const CommandWorld world;
  ExitTrace trace = tiny::trace(world.graph, {{0.5, 0.75}, {1, 0.25}});
  trace.samples[1].exits[0].predicted = 1;  // the head is wrong of one in two
  save_exit_trace(trace, world.graph, world.folder.path() / "models/exits/tiny.csv");
  const Outcome outcome = world.run({"exits", "tiny", "--json"});
  REQUIRE(outcome.code == 0);
  CHECK(nlohmann::json::parse(outcome.out)["exit_accuracy"] == nlohmann::json{{"exit1", 0.5}, {"final", 1}});
}

TEST_CASE("exits finds the thresholds that keep an accuracy, as a scenario takes them") {
  const CommandWorld world;
  const Outcome outcome = world.run({"exits", "tiny", "--min-accuracy", "1", "--scenario", "s.yaml"});
  REQUIRE(outcome.code == 0);
  const std::string end = "\nexits: {rule: max-softmax, thresholds: {exit1: 0.25}}\n";
  CHECK(outcome.out.ends_with(end));
  CommandWorld with_them;
  with_them.set("exits", "{rule: max-softmax, thresholds: {exit1: 0.25}}");
  CHECK(with_them.run({"plan", "s.yaml"}).code == 0);
}

TEST_CASE("bad input to exits is refused in one line with exit code 2") {
  CommandWorld world;
  const auto complaint = [&world](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "exits");
    const Outcome outcome = world.run(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(complaint({}) == "twinfer: missing MODEL; see `twinfer exits --help`\n");
  CHECK(complaint({"lenet"}) == "twinfer: MODEL: `lenet`: has no graph; known: tiny\n");
  CHECK(complaint({"../models/tiny"}) == "twinfer: MODEL: `../models/tiny`: must be a name, not a path\n");
  CHECK(complaint({"tiny", "--models", "none"}) == "twinfer: --models: `none`: no such folder\n");
  CHECK(complaint({"tiny", "--models", "s.yaml"}) == "twinfer: --models: `s.yaml`: no such folder\n");
  CHECK(complaint({"tiny", "-p", "local"}) == "twinfer: --policy needs --scenario; see `twinfer exits --help`\n");
  CHECK(complaint({"tiny", "--models", "models", "--scenario", "s.yaml"}) ==
        "twinfer: --models and --scenario exclude each other; see `twinfer exits --help`\n");
  CHECK(complaint({"tiny", "--thresholds", "0.5", "--min-accuracy", "0.5"}) ==
        "twinfer: --thresholds and --min-accuracy exclude each other; see `twinfer exits --help`\n");
  world.set("min_accuracy", "0.5");
  CHECK(complaint({"tiny", "--scenario", "s.yaml", "-p", "joint"}) ==
        "twinfer: --policy: `joint`: chooses thresholds itself; see `twinfer plan`\n");
  const std::string range = "must be a number of 0 to 1, or FIRST:LAST:STEP with at most 1000 of them\n";
  CHECK(complaint({"tiny", "--thresholds", "0.9:0.5:0.1"}) == "twinfer: --thresholds: `0.9:0.5:0.1`: " + range);
  CHECK(complaint({"tiny", "--thresholds", "0:1:0.001"}) == "twinfer: --thresholds: `0:1:0.001`: " + range);
  CHECK(complaint({"tiny", "--thresholds", "0.5:0.9"}) == "twinfer: --thresholds: `0.5:0.9`: " + range);
  CHECK(complaint({"tiny", "--thresholds", "1.1"}) == "twinfer: --thresholds: `1.1`: " + range);
  CHECK(complaint({"tiny", "--min-accuracy", "1.01"}) == "twinfer: minimum accuracy: `1.01`: must be 0 to 1\n");
  CHECK(complaint({"tiny", "--min-accuracy", "nan"}) == "twinfer: --min-accuracy: `nan`: must be a finite number\n");
  save_layer_graph({"other", tiny::chain({1024, 512}).layers(), {}}, world.folder.path() / "models/graphs/other.csv");
  CHECK(complaint({"other"}) == "twinfer: MODEL: `other`: has no recorded exits; known: tiny\n");
}

TEST_CASE("an accuracy that no thresholds reach is refused with the best there is") {
  CommandWorld world;
  ExitTrace trace = tiny::trace(world.graph, {{0.5, 0.75}, {1, 0.25}});
  for (ExitObservation& exit : trace.samples[0].exits) exit.predicted = 1;  // wrong everywhere
  save_exit_trace(trace, world.graph, world.folder.path() / "models/exits/tiny.csv");
  const Outcome outcome = world.run({"exits", "tiny", "--min-accuracy", "0.9"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "twinfer: minimum accuracy: `0.9`: no thresholds reach it; the best found have 0.5\n");
}
