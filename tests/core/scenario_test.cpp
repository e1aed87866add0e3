#include "core/scenario.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/scenario_folder.h"

namespace twinfer {
namespace {

TEST_CASE_FIXTURE(ScenarioFolder, "a scenario of the required fields has the stated defaults") {
  const Scenario s = load();
  CHECK(s.file == (folder.path() / "s.yaml").string());
  CHECK(s.name == "s");
  CHECK(s.model == "tiny");
  CHECK(s.input_key == "tiny");
  CHECK(s.models_dir == folder.path() / "models");
  CHECK(s.graph.size() == 4);
  CHECK(s.platform.devices.size() == 3);
  CHECK(s.chain == std::vector<DeviceId>{0, 1});
  CHECK(s.source == 0);
  CHECK(s.target == 1);
  CHECK(s.policies == std::vector<std::string>{"local", "split:1"});
  CHECK(s.replicas == 1);
  CHECK(s.exits.rule == ExitRule::kNone);
  CHECK(s.exits.thresholds.empty());
  CHECK(s.arrivals.process == ArrivalProcess::kClosed);
  CHECK(s.scheduling == "fifo");
  CHECK(s.pd_num == 1);
  CHECK(s.requests == 10);
  CHECK(s.deadline == std::nullopt);
  CHECK(s.seed == 1);
  CHECK(s.weights_seed == 1);
  CHECK(s.threads == 1);
  CHECK(s.costs == CostDraw::kMedian);
  CHECK(s.network_model == "CM02");
  CHECK(s.live.emulate == Emulation::kNothing);
  CHECK(s.live.dilation == 1);
  CHECK(s.live.timeout.si() == 30);
  CHECK(s.gates.p50_error == std::nullopt);
}

TEST_CASE_FIXTURE(ScenarioFolder, "profiles are loaded for source, target and chain alone") {
  const Scenario s = load();
  REQUIRE(s.profiles.size() == 3);
  CHECK(s.profiles[0]->device == "pi");
  CHECK(s.profiles[1]->device == "pc");
  CHECK_FALSE(s.profiles[2].has_value());
}

TEST_CASE_FIXTURE(ScenarioFolder, "a stated field replaces the default") {
  set("name", "mine");
  set("source", "pc");
  set("target", "pi");
  set("arrivals", "{process: periodic, rate_hz: 2.5}");
  set("scheduling", "{pd_num: 4}");
  set("deadline_s", "0.5");
  set("min_accuracy", "0.75");
  set("replicas", "3");
  set("seed", "7");
  set("weights_seed", "8");
  set("costs", "sampled");
  set("network_model", "LV08");
  set("live", "{emulate: true, dilation: 4, timeout_s: 5}");
  set("gates", "{p50_error: 0.1, p95_error: 0.2, throughput_error: 0.05, p99_error: 0.3, tau: 0.9, regret: 0.02}");
  const Scenario s = load();
  CHECK(s.name == "mine");
  CHECK(s.source == 1);
  CHECK(s.target == 0);
  CHECK(s.arrivals.process == ArrivalProcess::kPeriodic);
  CHECK(s.arrivals.rate_hz == 2.5);
  CHECK(s.pd_num == 4);
  CHECK(s.deadline->si() == 0.5);
  CHECK(s.min_accuracy == 0.75);
  CHECK(s.replicas == 3);
  CHECK(s.seed == 7);
  CHECK(s.weights_seed == 8);
  CHECK(s.costs == CostDraw::kSampled);
  CHECK(s.network_model == "LV08");
  CHECK(s.live.emulate == Emulation::kAll);
  CHECK(s.live.dilation == 4);
  CHECK(s.live.timeout.si() == 5);
  CHECK(s.gates.p50_error == 0.1);
  CHECK(s.gates.p95_error == 0.2);
  CHECK(s.gates.throughput_error == 0.05);
  CHECK(s.gates.p99_error == 0.3);
  CHECK(s.gates.tau == 0.9);
  CHECK(s.gates.regret == 0.02);
}

TEST_CASE_FIXTURE(ScenarioFolder, "one threshold holds for every head, thresholds for those named") {
  set("exits", "{threshold: 0.9}");
  CHECK(load().exits.rule == ExitRule::kMaxSoftmax);
  CHECK(load().exits.thresholds == std::map<ExitId, double>{{0, 0.9}});
  set("exits", "{rule: entropy, thresholds: {exit1: 1.5}}");
  CHECK(load().exits.rule == ExitRule::kEntropy);
  CHECK(load().exits.thresholds == std::map<ExitId, double>{{0, 1.5}});
  set("exits", "{rule: none, threshold: 0.9}");
  CHECK(load().exits.thresholds.empty());
}

TEST_CASE_FIXTURE(ScenarioFolder, "open arrivals have no window unless one is stated") {
  set("arrivals", "{process: poisson, rate_hz: 2}");
  CHECK(load().pd_num == 0);
  set("scheduling", "{pd_num: 0}");
  CHECK(load().pd_num == 0);
}

TEST_CASE_FIXTURE(ScenarioFolder, "arrivals are closed where none are stated") {
  set("arrivals", "");
  CHECK(load().arrivals.process == ArrivalProcess::kClosed);
}

TEST_CASE_FIXTURE(ScenarioFolder, "another input shape has graph and profiles of its own") {
  namespace fs = std::filesystem;
  fs::copy(folder.path() / "models/graphs/tiny.csv", folder.path() / "models/graphs/tiny-1x256.csv");
  fs::copy(folder.path() / "models/profiles/tiny", folder.path() / "models/profiles/tiny-1x256");
  set("input", "1x256");
  CHECK(load().input_key == "tiny-1x256");
  CHECK(load().model == "tiny");
}

TEST_CASE_FIXTURE(ScenarioFolder, "paths are looked up beside the scenario and in the folders above it") {
  const auto file = folder.write("deep/er/s.yaml", text());
  const Scenario s = load_scenario(file, [&](const std::filesystem::path& found) {
    CHECK(found == folder.path() / "platform.xml");
    return platform;
  });
  CHECK(s.models_dir == folder.path() / "models");
}

struct Bad {
  std::string field;
  std::string value;
  std::string message;
};

void check_each(ScenarioFolder& scenario, const std::vector<Bad>& cases) {
  for (const Bad& bad : cases) {
    CAPTURE(bad.field);
    CAPTURE(bad.value);
    ScenarioFolder fresh;
    fresh.set(bad.field, bad.value);
    CHECK(fresh.error() == "s.yaml: " + bad.message);
  }
  CHECK(scenario.error() == "no error");
}

TEST_CASE_FIXTURE(ScenarioFolder, "images are beside the scenario, or none, as an axis can say") {
  CHECK(load().data_dir.empty());
  set("data", "images");
  CHECK(load().data_dir == folder.path() / "images");
  set("data", "none");
  CHECK(load().data_dir.empty());
}

TEST_CASE_FIXTURE(ScenarioFolder, "a missing field is named") {
  check_each(*this, {{"model", "", "model: is missing"},
                     {"platform", "", "platform: is missing"},
                     {"chain", "", "chain: is missing"},
                     {"policies", "", "policies: is missing"},
                     {"requests", "", "requests: is missing"},
                     {"arrivals", "{process: poisson}", "arrivals.rate_hz: is missing"}});
}

TEST_CASE_FIXTURE(ScenarioFolder, "an unknown field is named, at every level") {
  check_each(*this, {{"reqests", "10", "reqests: is no field that is known here"},
                     {"arrivals", "{process: closed, rate: 3}", "arrivals.rate: is no field that is known here"},
                     {"arrivals", "{process: closed, rate_hz: 3}", "arrivals.rate_hz: is no field that is known here"},
                     {"exits", "{threshold: 0.9, max: 1}", "exits.max: is no field that is known here"},
                     {"scheduling", "{window: 3}", "scheduling.window: is no field that is known here"},
                     {"live", "{emulated: true}", "live.emulated: is no field that is known here"},
                     {"gates", "{p98_error: 0.1}", "gates.p98_error: is no field that is known here"}});
  CHECK(error_of(text() + "seed: 1\nseed: 2\n") == "s.yaml: seed: `1`: is given twice");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a field of the wrong type is refused") {
  check_each(*this, {{"model", "[tiny]", "model: `(a list)`: must be text"},
                     {"model", "{a: b}", "model: `(a map)`: must be text"},
                     {"name", "''", "name: must be text"},
                     {"platform", "[a]", "platform: `(a list)`: must be text"},
                     {"chain", "pi", "chain: `pi`: must be a list with at least one entry"},
                     {"chain", "[]", "chain: `(a list)`: must be a list with at least one entry"},
                     {"chain", "[pi, [pc]]", "chain: `(a list)`: must be a list of texts"},
                     {"policies", "[]", "policies: `(a list)`: must be a list with at least one entry"},
                     {"policies", "[local, {split: 1}]", "policies: `(a map)`: must be a list of texts"},
                     {"exits", "max-softmax", "exits: `max-softmax`: must be a map of fields"},
                     {"exits", "{thresholds: 0.5}", "exits.thresholds: `0.5`: must be a map of fields"},
                     {"arrivals", "closed", "arrivals: `closed`: must be a map of fields"},
                     {"scheduling", "fifo", "scheduling: `fifo`: must be a map of fields"},
                     {"live", "yes", "live: `yes`: must be a map of fields"},
                     {"live", "{emulate: maybe}", "live.emulate: `maybe`: must be one of true, false, compute"},
                     {"gates", "0.1", "gates: `0.1`: must be a map of fields"},
                     {"requests", "ten", "requests: `ten`: must be a finite number"},
                     {"requests", "[10]", "requests: `(a list)`: must be text"}});
}

TEST_CASE_FIXTURE(ScenarioFolder,
                  "a number that is negative, zero, not whole or not finite is refused where it must not be") {
  const std::string requests_range = "must be a whole number from 1 to 100000000";
  const std::string seed_range = "must be a whole number from 0 to 9007199254740992";
  check_each(*this,
             {{"requests", "0", "requests: `0`: " + requests_range},
              {"requests", "-3", "requests: `-3`: " + requests_range},
              {"requests", "1.5", "requests: `1.5`: " + requests_range},
              {"requests", "1e9", "requests: `1e9`: " + requests_range},
              {"requests", "nan", "requests: `nan`: must be a finite number"},
              {"requests", ".nan", "requests: `.nan`: must be a finite number"},
              {"seed", "-1", "seed: `-1`: " + seed_range},
              {"seed", "1e300", "seed: `1e300`: " + seed_range},
              {"weights_seed", "0.5", "weights_seed: `0.5`: " + seed_range},
              {"threads", "0", "threads: `0`: must be a whole number from 1 to 1024"},
              {"deadline_s", "0", "deadline_s: `0`: must be above 0"},
              {"deadline_s", "-1", "deadline_s: `-1`: must be above 0"},
              {"min_accuracy", "1.5", "min_accuracy: `1.5`: must be from 0 to 1"},
              {"deadline_s", "inf", "deadline_s: `inf`: must be a finite number"},
              {"arrivals", "{process: poisson, rate_hz: 0}", "arrivals.rate_hz: `0`: must be above 0"},
              {"arrivals", "{process: periodic, rate_hz: -2}", "arrivals.rate_hz: `-2`: must be above 0"},
              {"arrivals", "{process: periodic, rate_hz: nan}", "arrivals.rate_hz: `nan`: must be a finite number"},
              {"scheduling", "{pd_num: 0}", "scheduling.pd_num: `0`: must be a whole number from 1 to 100000000"},
              {"scheduling", "{pd_num: -1}", "scheduling.pd_num: `-1`: must be a whole number from 1 to 100000000"},
              {"live", "{emulate: true, dilation: 0.5}", "live.dilation: `0.5`: must be from 1 to 1e+06"},
              {"live", "{timeout_s: 0}", "live.timeout_s: `0`: must be above 0"},
              {"arrivals", "{process: poisson, load: 0}", "arrivals.load: `0`: must be above 0"},
              {"arrivals", "{process: poisson, load: 0.5, rate_hz: 1}",
               "arrivals.load: `0.5`: either `rate_hz` or `load` (share of what the plan sustains) must be given"},
              {"gates", "{tau: 1.5}", "gates.tau: `1.5`: must be from 0 to 1"},
              {"gates", "{regret: 0}", "gates.regret: `0`: must be above 0"},
              {"gates", "{p50_error: 0}", "gates.p50_error: `0`: must be above 0"},
              {"gates", "{throughput_error: nan}", "gates.throughput_error: `nan`: must be a finite number"},
              {"exits", "{threshold: 1.5}", "exits.threshold: `1.5`: must be from 0 to 1"},
              {"exits", "{threshold: -0.5}", "exits.threshold: `-0.5`: must be from 0 to 1"},
              {"exits", "{rule: entropy, threshold: -0.5}", "exits.threshold: `-0.5`: must be at least 0"},
              {"exits", "{thresholds: {exit1: nan}}", "exits.thresholds.exit1: `nan`: must be a finite number"}});
}

TEST_CASE_FIXTURE(ScenarioFolder, "a choice that is none is refused with the choices") {
  check_each(
      *this,
      {{"arrivals", "{process: bursts}", "arrivals.process: `bursts`: must be one of closed, periodic, poisson"},
       {"scheduling", "{policy: lifo}", "scheduling.policy: `lifo`: must be one of fifo"},
       {"exits", "{rule: margin, threshold: 0.5}", "exits.rule: `margin`: must be one of max-softmax, entropy, none"},
       {"costs", "mean", "costs: `mean`: must be one of median, sampled"},
       {"network_model", "TCP", "network_model: `TCP`: must be one of CM02, LV08"}});
}

TEST_CASE_FIXTURE(ScenarioFolder, "an unknown device is refused with the known ones") {
  const std::string known = "is no device of platform.xml; known: pi, pc, bare";
  check_each(*this, {{"chain", "[pi, tpu]", "chain: `tpu`: " + known},
                     {"source", "tpu", "source: `tpu`: " + known},
                     {"target", "tpu", "target: `tpu`: " + known},
                     {"chain", "[pi, pi]", "chain: `pi`: is listed twice"}});
}

TEST_CASE_FIXTURE(ScenarioFolder, "a policy listed twice is refused") {
  set("policies", "[local, nsc, local]");
  CHECK(error() == "s.yaml: policies: `local`: is listed twice");
}

TEST_CASE_FIXTURE(ScenarioFolder, "an unknown model is refused with the known ones") {
  set("model", "vgg11");
  CHECK(error() == "s.yaml: model: `vgg11`: has no graph models/graphs/vgg11.csv; known: tiny");
}

TEST_CASE_FIXTURE(ScenarioFolder, "an input shape that is none or has no graph is refused") {
  set("input", "1x3xN");
  CHECK(error() == "s.yaml: input: `1x3xN`: must be sizes like 1x3x224x224, each 1 to 1000000");
  set("input", "1x9");
  CHECK(error() == "s.yaml: model: `tiny`: has no graph models/graphs/tiny-1x9.csv; known: tiny");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a path that leads nowhere is refused") {
  set("platform", "no-such-platform.xml");
  CHECK(error() ==
        "s.yaml: platform: `no-such-platform.xml`: no such file beside the scenario or in a folder above it");
  set("platform", "platform.xml");
  set("models", "no-such-models");
  CHECK(error() == "s.yaml: models: `no-such-models`: no such file beside the scenario or in a folder above it");
}

TEST_CASE_FIXTURE(ScenarioFolder, "thresholds fit the exits of the model") {
  set("exits", "{thresholds: {exit9: 0.5}}");
  CHECK(error() == "s.yaml: exits.thresholds.exit9: `0.5`: is no exit of tiny; known: exit1");
  set("exits", "{thresholds: {final: 0.5}}");
  CHECK(error() == "s.yaml: exits.thresholds.final: `0.5`: is no exit of tiny; known: exit1");
  set("exits", "{rule: entropy}");
  CHECK(error() ==
        "s.yaml: exits.threshold: either `threshold` (for every exit) or `thresholds` (by exit) must be given");
  set("exits", "{threshold: 0.5, thresholds: {exit1: 0.5}}");
  CHECK(error() ==
        "s.yaml: exits.threshold: `0.5`: either `threshold` (for every exit) or `thresholds` (by exit) must be given");
}

TEST_CASE_FIXTURE(ScenarioFolder, "exits of a model without heads are refused") {
  save_layer_graph(tiny::chain({1024, 512, 256, 4}), folder.path() / "models/graphs/tiny.csv");
  set("exits", "{threshold: 0.5}");
  CHECK(error() == "s.yaml: exits: `(a map)`: tiny has no exit heads");
}

TEST_CASE_FIXTURE(ScenarioFolder, "exits need a recorded trace, and without exits there need be none") {
  std::filesystem::remove(folder.path() / "models/exits/tiny.csv");
  CHECK_FALSE(load().trace.has_value());
  set("exits", "{threshold: 0.5}");
  CHECK(error() == "s.yaml: exits: needs the recorded exit trace models/exits/tiny.csv, which is missing");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a broken exit trace is refused even where no exit is taken") {
  folder.write("models/exits/tiny.csv", "");
  CHECK(error() == "models/exits/tiny.csv: is empty");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a device that takes part needs a profile") {
  set("chain", "[pi, bare]");
  CHECK(error() == "platform.xml: device bare: has no property `profile`");
  platform.devices[2].profile = "toaster";
  CHECK(error() ==
        "platform.xml: device bare, profile: `toaster`: there is no models/profiles/tiny/toaster.csv; known: pc, pi");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a profile taken at another thread count or batch is refused") {
  set("threads", "2");
  CHECK(error() == "models/profiles/tiny/pi.csv: threads: `1`: the scenario runs 2 threads an executor");
  set("threads", "1");
  LatencyProfile batched = tiny::profile(graph, "pc", {0, 1, 1, 1});
  batched.batch = 8;
  save_profile(batched);
  CHECK(error() == "models/profiles/tiny/pc.csv: batch: `8`: the scenario runs batch 1");
}

TEST_CASE_FIXTURE(ScenarioFolder, "replanning needs a share, and has a planning time") {
  CHECK_FALSE(load().replan);
  set("replan", "{on_bandwidth_change: 0.2}");
  CHECK(load().replan->on_bandwidth_change == 0.2);
  CHECK(load().replan->planning == Seconds(0.005));
  set("replan", "{planning_ms: 1}");
  CHECK(error() == "s.yaml: replan.on_bandwidth_change: is missing");
  set("replan", "{on_bandwidth_change: 0}");
  CHECK(error().starts_with("s.yaml: replan.on_bandwidth_change: `0`: "));
}

TEST_CASE_FIXTURE(ScenarioFolder, "a link that follows a profile has no other bandwidth") {
  const std::string name = platform.links[0].name;
  platform.links[0].changes = {{Seconds(1), BytesPerSecond(1)}};
  set("links", "{" + name + ": {bandwidth_mbps: 5}}");
  CHECK(error() == "s.yaml: links." + name + ".bandwidth_mbps: `5`: follows a bandwidth profile in platform.xml");
  set("links", "{" + name + ": {latency_ms: 5}}");
  CHECK(load().platform.links[0].latency == Seconds(0.005));
}

TEST_CASE_FIXTURE(ScenarioFolder, "dilation without emulation is refused") {
  set("live", "{dilation: 4}");
  CHECK(error() == "s.yaml: live.dilation: `4`: needs `emulate: true`");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a file that is no scenario is refused") {
  CHECK(error_of("") == "s.yaml: is empty");
  CHECK(error_of("- a\n- b\n") == "s.yaml: must be a map of fields");
  CHECK(error_of("model: [tiny\n") == "s.yaml: line 2: is no valid YAML: end of sequence flow not found");
  CHECK(error_of("[a, b]: c\n") == "s.yaml: `(a list)`: field names must be text");
  const auto read = [this](const std::filesystem::path&) { return platform; };
  CHECK_THROWS_WITH_AS(load_scenario("/nowhere/s.yaml", read), "/nowhere/s.yaml: cannot be read", InputError);
  CHECK_THROWS_WITH_AS(load_scenario(folder.path(), read),
                       (folder.path().string() + ": is a folder, not a scenario").c_str(), InputError);
}

TEST_CASE("settings have the names that scenarios use") {
  CHECK(to_string(ArrivalProcess::kClosed) == "closed");
  CHECK(to_string(ArrivalProcess::kPeriodic) == "periodic");
  CHECK(to_string(ArrivalProcess::kPoisson) == "poisson");
  CHECK(to_string(ExitRule::kNone) == "none");
  CHECK(to_string(ExitRule::kMaxSoftmax) == "max-softmax");
  CHECK(to_string(ExitRule::kEntropy) == "entropy");
  CHECK(to_string(CostDraw::kMedian) == "median");
  CHECK(to_string(CostDraw::kSampled) == "sampled");
}

}  // namespace
}  // namespace twinfer
