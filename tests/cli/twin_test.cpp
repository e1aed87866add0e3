// `twinfer twin` with a live side whose every request takes a second.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/node_world.h"

using namespace twinfer;
using nlohmann::json;

namespace {

const std::map<std::string, std::string> kRuns{{"FAKE_NODE", "runs"}};

}  // namespace

TEST_CASE("a twin prints a line for each window, why it drifted, and a summary") {
  NodeWorld world(Node::kFake);
  const Outcome outcome = world.run({"twin", "s.yaml", "-p", "local"}, kRuns);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("   returned (s)  requests   predicted (ms)    measured (ms)   err %  plan\n") == 0);
  CHECK(outcome.out.find("local: pi[1-3]\n  drift: +5000.00 ms of the mean, of which compute +6000.00 ms\n") !=
        std::string::npos);
  CHECK(
      outcome.out.find("\n1 windows, 1 of them predicted: error 500.0 % at the median, 500.0 % at most, 1 beyond 10 %; "
                       "0 changes of plans\n") != std::string::npos);
  CHECK(world.has("twinfer-results.sqlite"));
}

TEST_CASE("as JSON a window is a line") {
  NodeWorld world(Node::kFake);
  const Outcome outcome = world.run({"twin", "s.yaml", "-p", "local", "--json", "--every", "20"}, kRuns);
  CHECK(outcome.code == 0);
  const json window = json::parse(outcome.out);
  CHECK(window["from_s"] == 0);
  CHECK(window["to_s"] == 20);
  CHECK(window["policy"] == "local");
  CHECK(window["plan"] == "pi[1-3]");
  CHECK(window["drifted"] == true);
  CHECK(window["measured"]["mean_s"] == 1);
  CHECK(window["predicted"]["mean_s"].get<double>() == doctest::Approx(6));
  CHECK(window["better"].is_null());
}

TEST_CASE("with --act the live side is told to change to a plan that is better, and its answer counts") {
  NodeWorld world(Node::kFake);
  world.set("requests", "4");
  const Outcome outcome = world.run({"twin", "s.yaml", "--act", "--every", "20"}, {{"FAKE_NODE", "steered"}});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("\n  better: split:1, by a mean of ") != std::string::npos);
  CHECK(outcome.out.find("split:1: pi[1-1] pc[2-3]\n") != std::string::npos);
  CHECK(outcome.out.find("; 1 change of plans\n") != std::string::npos);
}

TEST_CASE("a live side that fails ends the twin with its code") {
  NodeWorld world(Node::kFake);
  world.set("policies", "[remote]");
  CHECK(world.run({"twin", "s.yaml"}, kRuns).code == 1);
  const Outcome refused = world.run({"twin", "s.yaml"}, {{"FAKE_NODE", "refuses"}});
  CHECK(refused.code == 2);
  CHECK(refused.err == "twinfer-node: s.yaml: live.dilation: `1`: must be larger\n");
  CHECK(refused.out.empty());
}

TEST_CASE("a twin that cannot be is refused in one line, and writes nothing") {
  NodeWorld world(Node::kFake);
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"twin", "s.yaml"});
    const Outcome outcome = world.run(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(error({"--every", "0"}) == "twinfer: --every `0`: must be from 0.1 to 86400 seconds\n");
  CHECK(error({"--every", "1e9"}) == "twinfer: --every `1e+09`: must be from 0.1 to 86400 seconds\n");
  CHECK(error({"--band", "-1"}) == "twinfer: --band `-1`: must be above 0\n");
  CHECK(error({"--margin", "0.2"}) == "twinfer: --margin is for --act\n");
  CHECK(error({"--act", "--margin", "1"}) == "twinfer: --margin `1`: must be below 1\n");
  CHECK(error({"--act", "-p", "local"}) == "twinfer: s.yaml: policies: --act needs policies with different plans\n");
  world.set("replan", "{on_bandwidth_change: 0.2}");
  CHECK(error({}) == "twinfer: s.yaml: replan: is the scenario's own; a standing twin changes plans with --act\n");
  CHECK_FALSE(world.has("twinfer-results.sqlite"));
}
