#include "cli/calibration_task.h"

#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "cli/models_folder.h"
#include "core/data_files.h"
#include "core/error.h"
#include "sim/host_properties.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

constexpr double kUnknownSpeed_flops = 1e9;  // of hosts that nobody described; computing is taken from profiles

struct NamedWorker {
  std::string device;
  std::string endpoint;
};

std::vector<NamedWorker> named_workers(const cxxopts::ParseResult& arguments) {
  std::vector<NamedWorker> workers;
  if (arguments.count("workers") == 0) return workers;
  for (const std::string& text : arguments["workers"].as<std::vector<std::string>>()) {
    const std::size_t equals = text.find('=');
    const std::string endpoint = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (equals == 0 || !is_endpoint(endpoint))
      throw InputError("", "--workers", text, "must be DEVICE=HOST:PORT or DEVICE=spawn");
    workers.push_back({text.substr(0, equals), endpoint});
    const auto same = [&](const NamedWorker& worker) { return worker.device == workers.back().device; };
    if (std::ranges::count_if(workers, same) > 1)
      throw InputError("", "--workers", text, "names a device that is named before");
  }
  return workers;
}

void set_endpoints(Platform& platform, const std::vector<NamedWorker>& workers) {
  for (const NamedWorker& worker : workers)
    platform.devices[platform.device_named(worker.device, "", "--workers")].endpoint = worker.endpoint;
}

// YAML's double quotes.
std::string yaml_text(const fs::path& path) {
  std::string text = "\"";
  for (const char c : fs::absolute(path).string())
    text += (c == '"' || c == '\\') ? std::string{'\\', c} : std::string{c};
  return text + "\"";
}

void take_graph(CalibrationTarget& target, const LayerGraph& graph) {
  target.input_shape = graph.layer(0).output_shape;
  target.largest = Bytes(0);
  for (const Layer& layer : graph.layers()) target.largest = std::max(*target.largest, layer.output_bytes);
}

// All pairs of the devices that have a route, and the source with itself.
void take_ways(CalibrationTarget& target) {
  for (const DeviceId from : target.devices)
    for (const DeviceId to : target.devices)
      if (from != to && (target.own_topology || target.platform.has_route(from, to))) target.ways.push_back({from, to});
  if (target.own_topology) join_directly(target.platform, target.ways);
  if (!target.source) return;
  target.ways.push_back({*target.source, *target.source});
  add_loopback(target.platform, *target.source);
}

void from_scenario(CalibrationTarget& target, const cxxopts::ParseResult& arguments) {
  if (arguments.count("model") > 0 || arguments.count("input") > 0)
    throw UsageError("--model and --input are the scenario's; see `twinfer calibrate --help`");
  std::vector<FieldChange> changes;
  if (arguments.count("platform") > 0)
    changes.push_back({"platform", yaml_text(arguments["platform"].as<std::string>())});
  ScenarioLoader loader(read_platform);
  const Scenario scenario = loader.load(arguments["scenario"].as<std::string>(), changes);
  if (scenario.live.emulate != Emulation::kNothing && target.profiles_only)
    throw InputError(scenario.file, "live.emulate", to_string(scenario.live.emulate),
                     "emulated devices have the profiles that they are given: not with --profiles-only");
  if (scenario.live.emulate == Emulation::kAll && !target.links_only)
    throw InputError(scenario.file, "live.emulate", to_string(scenario.live.emulate),
                     "a run takes its links from the platform; --links-only measures this network all the same");
  if (scenario.live.emulate == Emulation::kCompute) target.links_only = true;
  std::set<DeviceId> devices(scenario.chain.begin(), scenario.chain.end());
  devices.insert({scenario.source, scenario.target});
  target.devices.assign(devices.begin(), devices.end());
  target.platform = scenario.platform;
  target.source = scenario.source;
  target.model = scenario.model;
  target.input_key = scenario.input_key;
  target.threads = scenario.threads;
  target.models_dir = scenario.models_dir;
  target.profiles = scenario.profiles;
  take_graph(target, scenario.graph);
}

void take_model(CalibrationTarget& target, const cxxopts::ParseResult& arguments) {
  target.threads = chosen_count(arguments, "threads");
  target.profiles.resize(target.platform.devices.size());
  if (arguments.count("model") == 0) return;
  target.models_dir = chosen_models(arguments);
  target.model = arguments["model"].as<std::string>();
  target.input_key = target.model;
  if (arguments.count("input") > 0) target.input_key += "-" + arguments["input"].as<std::string>();
  take_graph(target, load_layer_graph(target.models_dir / "graphs" / (target.input_key + ".csv")));
  for (const DeviceId id : target.devices) {
    const fs::path file =
        target.models_dir / "profiles" / target.input_key / (target.platform.devices[id].profile + ".csv");
    if ((target.links_only || target.profiles_only) && fs::exists(file))
      target.profiles[id] = load_latency_profile(file);
  }
}

void from_platform(CalibrationTarget& target, const cxxopts::ParseResult& arguments) {
  target.platform = read_platform(arguments["platform"].as<std::string>());
  const std::vector<NamedWorker> workers = named_workers(arguments);
  for (const NamedWorker& worker : workers)
    target.devices.push_back(target.platform.device_named(worker.device, "", "--workers"));
  for (DeviceId id = 0; workers.empty() && id < target.platform.devices.size(); ++id)
    if (!target.platform.devices[id].endpoint.empty()) target.devices.push_back(id);
  std::ranges::sort(target.devices);
}

void from_workers(CalibrationTarget& target, const std::vector<NamedWorker>& workers) {
  target.own_topology = true;
  for (const NamedWorker& worker : workers) {
    target.devices.push_back(target.platform.devices.size());
    target.platform.devices.push_back({worker.device, kUnknownSpeed_flops, 1, Bytes(0), "", worker.endpoint});
  }
}

void check_target(const CalibrationTarget& target) {
  for (const DeviceId id : target.devices)
    if (const Device& device = target.platform.devices[id]; device.endpoint.empty())
      throw InputError(target.platform.file, "endpoint", "",
                       device.name + " has none: `spawn` or HOST:PORT is needed, here or as --workers " + device.name +
                           "=HOST:PORT");
  if (target.profiles_only) {
    if (target.model.empty()) throw UsageError("--profiles-only needs SCENARIO or --model");
    for (const DeviceId id : target.devices)
      if (!target.profiles[id])
        throw InputError(target.platform.file, "profile", target.platform.devices[id].profile,
                         "of " + target.platform.devices[id].name + " is not there, whose message overhead is to stay");
    return;
  }
  if (std::ranges::all_of(target.ways, [](const Way& way) { return way.from == way.to; }))
    throw InputError(target.platform.file, "", "", "has no two devices with workers and a route between them");
}

}  // namespace

void add_target_options(cxxopts::Options& options) {
  options.add_options()("workers", "Where the workers are, in place of what the platform says",
                        cxxopts::value<std::vector<std::string>>(), "DEVICE=HOST:PORT,...");
  options.add_options()("platform", "Platform with topology, properties and endpoints; without it each way is a link",
                        cxxopts::value<std::string>(), "XML");
  options.add_options()("model", "Network to profile, where no SCENARIO says", cxxopts::value<std::string>(), "MODEL");
  options.add_options()("input", "Its input shape, where it is not the published one", cxxopts::value<std::string>(),
                        "SHAPE");
  options.add_options()("threads", "Threads an operator may use, where no SCENARIO says",
                        cxxopts::value<unsigned>()->default_value("1"), "N");
  options.add_options()(
      "links-only", "Keep the profiles' computing, as emulated devices need it; default where live.emulate is compute")(
      "profiles-only", "Keep links and message overheads, as another calibration measured them");
}

CalibrationTarget chosen_target(const cxxopts::ParseResult& arguments) {
  CalibrationTarget target;
  target.links_only = arguments["links-only"].as<bool>();
  target.profiles_only = arguments["profiles-only"].as<bool>();
  if (target.links_only && target.profiles_only)
    throw UsageError("--links-only and --profiles-only contradict each other");
  const std::vector<NamedWorker> workers = named_workers(arguments);
  const bool has_scenario = arguments.count("scenario") > 0;
  if (has_scenario) {
    from_scenario(target, arguments);
  } else if (arguments.count("platform") > 0) {
    from_platform(target, arguments);
  } else if (!workers.empty() && !target.profiles_only) {
    from_workers(target, workers);
  } else {
    throw UsageError(target.profiles_only
                         ? "--profiles-only needs SCENARIO or --platform"
                         : "missing SCENARIO, --platform or --workers; see `twinfer calibrate --help`");
  }
  set_endpoints(target.platform, workers);
  if (!has_scenario) take_model(target, arguments);
  if (!target.profiles_only) take_ways(target);
  check_target(target);
  return target;
}

std::string calibrated_profile(const fs::path& out, const Device& device) {
  return out.stem().string() + "-" + device.name;
}

CalibrationTask task_of(const CalibrationTarget& target, const fs::path& out) {
  CalibrationTask task;
  for (const DeviceId id : target.devices) {
    const Device& device = target.platform.devices[id];
    const bool profiled = !target.model.empty() && !target.links_only;
    task.workers.push_back({device.name, device.endpoint, profiled ? calibrated_profile(out, device) : ""});
  }
  const auto position = [&](DeviceId id) {
    return static_cast<std::size_t>(std::ranges::find(target.devices, id) - target.devices.begin());
  };
  for (const Way& way : target.ways) task.ways.push_back({position(way.from), position(way.to)});
  if (target.source && position(*target.source) < target.devices.size()) task.here = position(*target.source);
  task.model = target.model;
  task.input_shape = target.input_shape;
  task.threads = target.threads;
  task.largest = target.largest;
  if (!target.models_dir.empty()) task.models_dir = fs::absolute(target.models_dir);
  return task;
}

}  // namespace twinfer
