#include <string>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/scenario.h"
#include "tests/support/scenario_folder.h"

namespace twinfer {
namespace {

Scenario reload(const ScenarioFolder& in, const Scenario& scenario) {
  const auto file = in.folder.path() / "elsewhere/resolved.yaml";
  std::filesystem::create_directories(file.parent_path());
  save_resolved_scenario(scenario, file);
  return load_scenario(file,
                       [](const std::filesystem::path&) -> Platform { throw std::logic_error("not to be read"); });
}

void check_equal(const Platform& a, const Platform& b) {
  CHECK(a.file == b.file);
  REQUIRE(a.devices.size() == b.devices.size());
  for (DeviceId d = 0; d < a.devices.size(); ++d) {
    CHECK(a.devices[d].name == b.devices[d].name);
    CHECK(a.devices[d].speed_flops == b.devices[d].speed_flops);
    CHECK(a.devices[d].cores == b.devices[d].cores);
    CHECK(a.devices[d].memory == b.devices[d].memory);
    CHECK(a.devices[d].profile == b.devices[d].profile);
    CHECK(a.devices[d].endpoint == b.devices[d].endpoint);
    CHECK(a.devices[d].power == b.devices[d].power);
    CHECK(a.devices[d].price_per_hour == b.devices[d].price_per_hour);
  }
  REQUIRE(a.links.size() == b.links.size());
  for (LinkId l = 0; l < a.links.size(); ++l) {
    CHECK(a.links[l].name == b.links[l].name);
    CHECK(a.links[l].bandwidth == b.links[l].bandwidth);
    CHECK(a.links[l].latency == b.links[l].latency);
    CHECK(a.links[l].power == b.links[l].power);
  }
  CHECK(a.routes == b.routes);
}

TEST_CASE_FIXTURE(ScenarioFolder, "a resolved scenario loads as the same value, without the platform file") {
  platform.devices[0].speed_flops = 1e9 / 3;
  platform.devices[0].memory = Bytes(4e9);
  platform.devices[1].endpoint = "10.0.0.1:9000";
  platform.devices[1].power = DevicePower{Watts(0.1 + 0.2), Watts(2.5), Watts(6.4)};
  platform.devices[1].price_per_hour = 0.1 + 0.2;
  platform.links[0].bandwidth = BytesPerSecond(18.88e6 / 8);
  platform.links[0].latency = Seconds(0.1 + 0.2);
  platform.links[0].power = LinkPower{Watts(0), Watts(1.0 / 3)};
  platform.links[0].changes = {{Seconds(0.1 + 0.2), BytesPerSecond(1e6 / 3)}, {Seconds(20), BytesPerSecond(7)}};
  platform.routes[{0, 1}] = {1, 0};
  platform.devices[0].contention = 1.0 + 1.0 / 3;
  platform.devices[0].message_cores = 1e-8 / 3;
  set("replan", "{on_bandwidth_change: 0.30000000000000004, planning_ms: 2.5}");
  set("name", "'two words: 1'");
  set("data", "images/cifar10");
  set("source", "pc");
  set("target", "pi");
  set("chain", "[pc, pi]");
  set("policies", "[local, 'split:1', nsc]");
  set("constraints", "{must: {l2: pi}, mustnot: {l1: [pi], l3: [pc]}}");
  set("exits", "{rule: entropy, thresholds: {exit1: 0.30000000000000004}}");
  set("arrivals", "{process: poisson, rate_hz: 0.1}");
  set("scheduling", "{policy: fifo, pd_num: 7}");
  set("deadline_s", "0.7");
  set("min_accuracy", "0.875");
  set("seed", "9007199254740992");
  set("weights_seed", "5");
  set("costs", "sampled");
  set("network_model", "LV08");
  set("live", "{emulate: true, dilation: 2.5, timeout_s: 12}");
  set("gates", "{p50_error: 0.1, p95_error: 0.2}");
  const Scenario scenario = load();
  const Scenario read = reload(*this, scenario);

  CHECK(read.name == "two words: 1");
  CHECK(read.model == "tiny");
  CHECK(read.input_key == "tiny");
  CHECK(read.models_dir == scenario.models_dir);
  CHECK(read.data_dir == folder.path() / "images/cifar10");
  check_equal(read.platform, scenario.platform);
  CHECK(read.source == 1);
  CHECK(read.target == 0);
  CHECK(read.chain == scenario.chain);
  CHECK(read.policies == scenario.policies);
  CHECK(read.constraints.size() == 3);
  CHECK(read.constraints == scenario.constraints);
  CHECK(read.exits.rule == ExitRule::kEntropy);
  CHECK(read.exits.thresholds == scenario.exits.thresholds);
  CHECK(read.arrivals.process == ArrivalProcess::kPoisson);
  CHECK(read.arrivals.rate_hz == 0.1);
  CHECK(read.scheduling == "fifo");
  CHECK(read.pd_num == 7);
  CHECK(read.requests == 10);
  CHECK(read.deadline == scenario.deadline);
  CHECK(read.min_accuracy == scenario.min_accuracy);
  CHECK(read.seed == 9007199254740992);
  CHECK(read.weights_seed == 5);
  CHECK(read.costs == CostDraw::kSampled);
  CHECK(read.network_model == "LV08");
  CHECK(read.platform.links[0].changes == platform.links[0].changes);
  CHECK(read.platform.devices[0].contention == 1.0 + 1.0 / 3);
  CHECK(read.platform.devices[0].message_cores == 1e-8 / 3);
  CHECK(read.platform.devices[1].contention == 1);
  REQUIRE(read.replan);
  CHECK(read.replan->on_bandwidth_change == 0.1 + 0.2);
  CHECK(read.replan->planning == Seconds(0.0025));
  CHECK(read.live.emulate == Emulation::kAll);
  CHECK(read.live.dilation == 2.5);
  CHECK(read.live.timeout.si() == 12);
  CHECK(read.gates.p50_error == 0.1);
  CHECK(read.gates.p95_error == 0.2);
  CHECK(read.gates.throughput_error == std::nullopt);
  REQUIRE(read.trace);
  CHECK(read.trace->samples.size() == 2);
  CHECK(read.profiles[0]->layers.at("l2").compute.median().si() == 3);
  CHECK(resolved_text(read) == resolved_text(scenario));
}

TEST_CASE_FIXTURE(ScenarioFolder, "a resolved scenario keeps the throughput gate") {
  set("gates", "{throughput_error: 0.05}");
  const Scenario read = reload(*this, load());
  CHECK(read.gates.throughput_error == 0.05);
  CHECK(read.gates.p50_error == std::nullopt);
  CHECK(read.gates.p95_error == std::nullopt);
}

TEST_CASE_FIXTURE(ScenarioFolder, "a resolved scenario keeps what its scenario left to defaults") {
  const Scenario scenario = load();
  const Scenario read = reload(*this, scenario);
  CHECK(read.name == "s");
  CHECK(read.exits.rule == ExitRule::kNone);
  CHECK(read.arrivals.process == ArrivalProcess::kClosed);
  CHECK(read.pd_num == 1);
  CHECK(read.deadline == std::nullopt);
  CHECK(read.gates.p50_error == std::nullopt);
  CHECK(resolved_text(read) == resolved_text(scenario));
}

TEST_CASE_FIXTURE(ScenarioFolder, "a damaged resolved scenario is refused by field") {
  platform.devices[1].power = DevicePower{Watts(1), Watts(2), Watts(3)};
  platform.links[0].power = LinkPower{Watts(4), Watts(5)};
  platform.devices[0].price_per_hour = 7;
  platform.devices[0].message_cores = 8e-8;
  const std::string text = resolved_text(load());
  CHECK(error_of(replaced(text, "message_cores: 8e-08", "message_cores: -1")) ==
        "s.yaml: platform.devices[0].message_cores: `-1`: must be at least 0");
  CHECK(error_of(replaced(text, "epsilon: 2", "epsilon: 0.5")) ==
        "s.yaml: platform.devices[1].power_w.epsilon: `0.5`: must be at least 1");
  CHECK(error_of(replaced(text, "all_cores: 3", "all_cores: 1")) ==
        "s.yaml: platform.devices[1].power_w.all_cores: `1`: must be at least 2");
  CHECK(error_of(replaced(text, "idle: 1", "idle: -1")) ==
        "s.yaml: platform.devices[1].power_w.idle: `-1`: must be at least 0");
  CHECK(error_of(replaced(text, "price_per_hour: 7", "price_per_hour: -7")) ==
        "s.yaml: platform.devices[0].price_per_hour: `-7`: must be at least 0");
  CHECK(error_of(replaced(text, "busy: 5", "busy: 3")) ==
        "s.yaml: platform.links[0].power_w.busy: `3`: must be at least 4");
  CHECK(error_of(replaced(text, "speed_flops", "speed")) == "s.yaml: platform.devices[0].speed_flops: is missing");
  CHECK(error_of(replaced(text, "latency_s: 0.5", "latency_s: -1")) ==
        "s.yaml: platform.links[0].latency_s: `-1`: must be at least 0");
  CHECK(error_of(replaced(text, "links: [pi-pc]", "links: [pi-tv]")) ==
        "s.yaml: platform.routes[0].links: `(a list)`: pi-tv is no link of this platform");
  CHECK(error_of(replaced(text, "cores: 4", "cores: 0")) ==
        "s.yaml: platform.devices[0].cores: `0`: must be a whole number from 1 to 1000000");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a resolved scenario that cannot be written is refused") {
  CHECK_THROWS_WITH_AS(save_resolved_scenario(load(), "/nowhere/s.yaml"),
                       "/nowhere/s.yaml: cannot be written (No such file or directory)", InputError);
}

}  // namespace
}  // namespace twinfer
