// Workers that the coordinator starts itself: the real program, as processes.
#include "live/fleet.h"

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "live/fleet_members.h"
#include "tests/live/live_world.h"

namespace twinfer {
namespace {

const FleetOptions kOptions{.program = std::string(TWINFER_BIN_DIR) + "/twinfer-node",
                            .models_dir = std::string(TWINFER_SOURCE_DIR) + "/models"};

Scenario spawned_scenario(const LayerGraph& graph) {
  Scenario scenario = live_scenario(graph, {{"127.0.0.1", 0}, {"127.0.0.1", 0}});
  for (Device& device : scenario.platform.devices) device.endpoint = "spawn";
  return scenario;
}

bool is_running(pid_t pid) { return kill(pid, 0) == 0; }

TEST_CASE("started workers listen on loopback, run a plan, and are gone with their fleet") {
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = spawned_scenario(network.graph());
  scenario.requests = 5;
  std::vector<pid_t> children;
  {
    Fleet fleet(scenario.platform, all_devices(scenario), kOptions);
    for (const auto& [id, member] : fleet.members().by_device) {
      CHECK(member.endpoint.host == "127.0.0.1");
      children.push_back(member.child->pid());
      CHECK(is_running(children.back()));
    }
    const LiveOutcome outcome =
        run_live(fleet, scenario, plan_of({{0, 1, 4}, {1, 5, network.graph().last()}}), ignore_rows);
    CHECK(outcome.error == "");
    CHECK(outcome.rows.results.size() == 5);
  }
  REQUIRE(children.size() == 2);
  for (const pid_t child : children) CHECK_FALSE(is_running(child));
}

TEST_CASE("a worker that is killed in the middle of a run fails what is open, and nothing hangs") {
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = spawned_scenario(network.graph());
  scenario.requests = 500;
  scenario.pd_num = 4;
  scenario.live.emulate = Emulation::kAll;
  scenario.live.dilation = 8;
  Fleet fleet(scenario.platform, all_devices(scenario), kOptions);
  const pid_t victim = fleet.members().by_device.at(1).child->pid();
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, 4}, {1, 5, network.graph().last()}}),
                                       [&](const RunRows&) { kill(victim, SIGKILL); });

  CHECK(outcome.fleet_lost);
  CHECK(outcome.error.find("closed the connection") != std::string::npos);
  REQUIRE(outcome.rows.results.size() == 500);
  CHECK(outcome.rows.results.front().status == Status::kOk);
  CHECK(outcome.rows.results.back().status == Status::kFailed);
}

TEST_CASE("a program that ends before it listens is named") {
  Platform platform = tiny::mesh({"pi"}, 1);
  CHECK_THROWS_WITH_AS(Fleet(platform, {0}, {.program = "/bin/true", .models_dir = {}}),
                       "/bin/true: ended before it listened", InputError);
}

}  // namespace
}  // namespace twinfer
