// Reading of scenario files. Writing of resolved ones: resolved_scenario.cpp.
#include "core/scenario.h"

#include <algorithm>

#include "core/data_files.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/joined.h"
#include "core/resolved_platform.h"
#include "core/scenario_files.h"
#include "core/yaml_fields.h"

namespace twinfer {
namespace {

constexpr std::uint64_t kMostRequests = 100'000'000;
constexpr std::uint64_t kMostThreads = 1024;
constexpr std::uint64_t kMostReplicas = 16;

std::filesystem::path models_dir(YamlFields& fields, const std::filesystem::path& file) {
  return find_data_path(fields.text_or("models", "models"), file, fields.path("models"));
}

// Graphs and profiles of a network at another than its published input shape
// carry the shape in their name.
std::string model_key(YamlFields& fields, const std::string& model, const std::string& file) {
  if (!fields.has("input")) return model;
  const std::string input = fields.text("input");
  return model + "-" + format_shape(parse_shape(input, file, fields.path("input")));
}

std::filesystem::path graph_file(const std::filesystem::path& models, const std::string& key) {
  return models / "graphs" / (key + ".csv");
}

std::filesystem::path profile_file(const Scenario& scenario, const Device& device) {
  return scenario.models_dir / "profiles" / scenario.input_key / (device.profile + ".csv");
}

std::filesystem::path trace_file(const Scenario& scenario) {
  return scenario.models_dir / "exits" / (scenario.model + ".csv");
}

const LayerGraph& load_graph(const std::filesystem::path& models, const std::string& key, const YamlFields& fields,
                             ScenarioFiles& files) {
  const std::filesystem::path file = graph_file(models, key);
  if (!std::filesystem::exists(file))
    throw fields.error("model", "has no graph " + file.string() + "; known: " + list_stems(models / "graphs", ".csv"));
  return files.graph(file);
}

std::vector<DeviceId> device_list(YamlFields& fields, const std::string& name, const Platform& platform,
                                  const std::string& file) {
  std::vector<DeviceId> ids;
  for (const std::string& device : fields.texts(name))
    ids.push_back(platform.device_named(device, file, fields.path(name)));
  return ids;
}

DeviceId device_or(YamlFields& fields, const std::string& name, const Platform& platform, const std::string& file,
                   DeviceId otherwise) {
  return fields.has(name) ? platform.device_named(fields.text(name), file, fields.path(name)) : otherwise;
}

const LatencyProfile& load_device_profile(const Scenario& scenario, const Device& device, ScenarioFiles& files) {
  if (device.profile.empty())
    throw InputError(scenario.platform.file, "device " + device.name, "", "has no property `profile`");
  const std::filesystem::path file = profile_file(scenario, device);
  if (!std::filesystem::exists(file))
    throw InputError(scenario.platform.file, "device " + device.name + ", profile", device.profile,
                     "there is no " + file.string() + "; known: " + list_stems(file.parent_path(), ".csv"));
  const LatencyProfile& profile = files.profile(file);
  if (profile.threads != scenario.threads)
    throw InputError(file, "threads", std::to_string(profile.threads),
                     "the scenario runs " + std::to_string(scenario.threads) + " threads an executor");
  if (profile.batch != 1) throw InputError(file, "batch", std::to_string(profile.batch), "the scenario runs batch 1");
  return profile;
}

void load_profiles(Scenario& scenario, ScenarioFiles& files) {
  scenario.profiles.resize(scenario.platform.devices.size());
  std::vector<DeviceId> needed = scenario.chain;
  needed.push_back(scenario.source);
  needed.push_back(scenario.target);
  for (const DeviceId device : needed)
    if (!scenario.profiles[device])
      scenario.profiles[device] = load_device_profile(scenario, scenario.platform.devices[device], files);
}

double exit_threshold(YamlFields& fields, const std::string& name, ExitRule rule) {
  return rule == ExitRule::kMaxSoftmax ? fields.number(name, 0, 1) : fields.number(name, 0);
}

ExitSettings read_exits(YamlFields& root, const LayerGraph& graph) {
  ExitSettings exits;
  if (!root.has("exits")) return exits;
  YamlFields fields = root.map("exits");
  const std::string rule = fields.one_of("rule", {"max-softmax", "entropy", "none"}, "max-softmax");
  exits.rule = rule == "none" ? ExitRule::kNone : rule == "entropy" ? ExitRule::kEntropy : ExitRule::kMaxSoftmax;
  if (exits.rule != ExitRule::kNone) {
    if (fields.has("threshold") == fields.has("thresholds"))
      throw fields.error("threshold", "either `threshold` (for every exit) or `thresholds` (by exit) must be given");
    if (graph.exit_heads().empty()) throw root.error("exits", graph.model() + " has no exit heads");
  }
  if (fields.has("threshold")) {
    const double threshold = exit_threshold(fields, "threshold", exits.rule);
    for (ExitId head = 0; head < graph.exit_heads().size(); ++head) exits.thresholds[head] = threshold;
  }
  if (fields.has("thresholds")) {
    YamlFields by_name = fields.map("thresholds");
    for (const std::string& name : by_name.names()) {
      const std::optional<ExitId> head = graph.find_exit(name);
      if (!head)
        throw by_name.error(
            name, "is no exit of " + graph.model() + "; known: " + joined(graph.exit_heads(), ", ", &ExitHead::name));
      exits.thresholds[*head] = exit_threshold(by_name, name, exits.rule);
    }
  }
  fields.reject_unknown();
  if (exits.rule == ExitRule::kNone) exits.thresholds.clear();
  return exits;
}

LayerId layer_named(const YamlFields& fields, const std::string& name, const LayerGraph& graph) {
  const std::optional<LayerId> layer = graph.find_layer(name);
  if (!layer || *layer == 0) throw fields.error(name, "is no layer of " + graph.model());
  return *layer;
}

std::vector<PlacementConstraint> read_constraints(YamlFields& root, const Scenario& scenario) {
  std::vector<PlacementConstraint> constraints;
  if (!root.has("constraints")) return constraints;
  YamlFields fields = root.map("constraints");
  if (fields.has("must")) {
    YamlFields must = fields.map("must");
    for (const std::string& name : must.names()) {
      const LayerId layer = layer_named(must, name, scenario.graph);
      constraints.push_back(
          {layer, scenario.platform.device_named(must.text(name), scenario.file, must.path(name)), true});
    }
  }
  if (fields.has("mustnot")) {
    YamlFields mustnot = fields.map("mustnot");
    for (const std::string& name : mustnot.names()) {
      const LayerId layer = layer_named(mustnot, name, scenario.graph);
      for (const DeviceId device : device_list(mustnot, name, scenario.platform, scenario.file)) {
        if (std::ranges::find(constraints, PlacementConstraint{layer, device, true}) != constraints.end())
          throw InputError(scenario.file, mustnot.path(name), scenario.platform.devices[device].name,
                           "contradicts constraints.must, which puts it there");
        constraints.push_back({layer, device, false});
      }
    }
  }
  fields.reject_unknown();
  return constraints;
}

Arrivals read_arrivals(YamlFields& root) {
  if (!root.has("arrivals")) return {};
  YamlFields fields = root.map("arrivals");
  const std::string process = fields.one_of("process", {"closed", "periodic", "poisson"}, "closed");
  Arrivals arrivals;
  if (process != "closed") {
    arrivals.process = process == "poisson" ? ArrivalProcess::kPoisson : ArrivalProcess::kPeriodic;
    if (fields.has("load") && fields.has("rate_hz"))
      throw fields.error("load", "either `rate_hz` or `load` (share of what the plan sustains) must be given");
    if (fields.has("load"))
      arrivals.load = fields.positive("load");
    else
      arrivals.rate_hz = fields.positive("rate_hz");
  }
  fields.reject_unknown();
  return arrivals;
}

void read_scheduling(YamlFields& root, Scenario& scenario) {
  scenario.scheduling = "fifo";
  const bool closed = scenario.arrivals.process == ArrivalProcess::kClosed;
  scenario.pd_num = closed ? 1 : 0;
  if (!root.has("scheduling")) return;
  YamlFields fields = root.map("scheduling");
  scenario.scheduling = fields.one_of("policy", {"fifo"}, "fifo");
  if (fields.has("pd_num")) scenario.pd_num = fields.count("pd_num", closed ? 1 : 0, kMostRequests);
  fields.reject_unknown();
}

Emulation read_emulation(YamlFields& fields) {
  const std::string name = fields.one_of("emulate", {"true", "false", "compute"}, "false");
  if (name == "compute") return Emulation::kCompute;
  return name == "true" ? Emulation::kAll : Emulation::kNothing;
}

LiveSettings read_live(YamlFields& root) {
  LiveSettings live;
  if (!root.has("live")) return live;
  YamlFields fields = root.map("live");
  live.emulate = read_emulation(fields);
  if (fields.has("dilation")) live.dilation = fields.number("dilation", 1, 1e6);
  if (fields.has("timeout_s")) live.timeout = Seconds(fields.positive("timeout_s"));
  if (live.dilation != 1 && live.emulate != Emulation::kAll) throw fields.error("dilation", "needs `emulate: true`");
  fields.reject_unknown();
  return live;
}

std::optional<Replan> read_replan(YamlFields& root) {
  if (!root.has("replan")) return std::nullopt;
  YamlFields fields = root.map("replan");
  Replan replan;
  replan.on_bandwidth_change = fields.positive("on_bandwidth_change");
  if (fields.has("planning_ms")) replan.planning = Seconds(fields.number("planning_ms", 0) * 1e-3);
  fields.reject_unknown();
  return replan;
}

Gates read_gates(YamlFields& root) {
  Gates gates;
  if (!root.has("gates")) return gates;
  YamlFields fields = root.map("gates");
  for (const auto& [name, gate] : kGates)
    if (fields.has(name)) gates.*gate = fields.positive(name);
  for (const auto& [name, gate] : {std::pair{"tau", &gates.tau}, {"share", &gates.share}})
    if (*gate) *gate = fields.number(name, 0, 1);
  fields.reject_unknown();
  return gates;
}

// Both directions of a split-duplex link go by the name of the pair, too.
bool goes_by(const Link& link, const std::string& name) {
  return link.name == name || link.name == name + "_UP" || link.name == name + "_DOWN";
}

InputError unknown_link(const YamlFields& fields, const std::string& name, const Platform& platform) {
  return fields.error(
      name, "is no link of " + platform.file + "; known: " + or_none(joined(platform.links, ", ", &Link::name)));
}

// `links` states anew what the platform file says of some links.
void read_links(YamlFields& root, Platform& platform) {
  if (!root.has("links")) return;
  YamlFields by_name = root.map("links");
  for (const std::string& name : by_name.names()) {
    YamlFields fields = by_name.map(name);
    if (std::ranges::none_of(platform.links, [&name](const Link& link) { return goes_by(link, name); }))
      throw unknown_link(by_name, name, platform);
    for (Link& link : platform.links) {
      if (!goes_by(link, name)) continue;
      if (fields.has("bandwidth_mbps")) link.bandwidth = BytesPerSecond(fields.positive("bandwidth_mbps") * 1e6 / 8);
      if (fields.has("bandwidth_mbps") && !link.changes.empty())
        throw fields.error("bandwidth_mbps", "follows a bandwidth profile in " + platform.file);
      if (fields.has("latency_ms")) link.latency = Seconds(fields.number("latency_ms", 0) * 1e-3);
    }
    fields.reject_unknown();
  }
}

Platform load_platform(YamlFields& fields, const std::filesystem::path& file, ScenarioFiles& files) {
  if (fields.is_map("platform")) return read_resolved_platform(fields.map("platform"));
  Platform platform = files.platform(find_data_path(fields.text("platform"), file, fields.path("platform")));
  read_links(fields, platform);
  return platform;
}

void read_devices(YamlFields& fields, Scenario& scenario) {
  scenario.chain = device_list(fields, "chain", scenario.platform, scenario.file);
  scenario.source = device_or(fields, "source", scenario.platform, scenario.file, scenario.chain.front());
  scenario.target = device_or(fields, "target", scenario.platform, scenario.file, scenario.chain.back());
}

void read_workload(YamlFields& fields, Scenario& scenario) {
  scenario.arrivals = read_arrivals(fields);
  read_scheduling(fields, scenario);
  scenario.requests = fields.count("requests", 1, kMostRequests);
  if (fields.has("deadline_s")) scenario.deadline = Seconds(fields.positive("deadline_s"));
  if (fields.has("min_accuracy")) scenario.min_accuracy = fields.number("min_accuracy", 0, 1);
  if (fields.has("seed")) scenario.seed = fields.count("seed", 0, ~std::uint64_t{0});
  if (fields.has("weights_seed")) scenario.weights_seed = fields.count("weights_seed", 0, ~std::uint64_t{0});
  if (fields.has("threads")) scenario.threads = static_cast<unsigned>(fields.count("threads", 1, kMostThreads));
  scenario.costs =
      fields.one_of("costs", {"median", "sampled"}, "median") == "sampled" ? CostDraw::kSampled : CostDraw::kMedian;
  scenario.network_model = fields.one_of("network_model", {"CM02", "LV08"}, "CM02");
}

// Not looked for: only a live run needs it to be there.
std::filesystem::path data_dir(YamlFields& fields, const std::filesystem::path& file) {
  const std::string folder = fields.text_or("data", "none");
  if (folder == "none") return {};
  return (std::filesystem::absolute(file).parent_path() / folder).lexically_normal();
}

std::optional<ExitTrace> load_trace(const Scenario& scenario, ScenarioFiles& files) {
  const std::filesystem::path file = trace_file(scenario);
  if (std::filesystem::exists(file)) return files.trace(file, scenario.graph);
  if (scenario.exits.rule == ExitRule::kNone) return std::nullopt;
  throw InputError(scenario.file, "exits", "", "needs the recorded exit trace " + file.string() + ", which is missing");
}

Scenario load_fields(YamlFields fields, const std::filesystem::path& file, ScenarioFiles& files) {
  const std::string name = fields.text_or("name", file.stem().string());
  const std::string model = fields.text("model");
  const std::filesystem::path models = models_dir(fields, file);
  const std::string key = model_key(fields, model, file);

  Scenario scenario{.file = file,
                    .name = name,
                    .model = model,
                    .input_key = key,
                    .models_dir = models,
                    .graph = load_graph(models, key, fields, files),
                    .platform = load_platform(fields, file, files)};
  scenario.data_dir = data_dir(fields, file);
  read_devices(fields, scenario);
  scenario.policies = fields.texts("policies");
  if (fields.has("replicas")) scenario.replicas = fields.count("replicas", 1, kMostReplicas);
  scenario.constraints = read_constraints(fields, scenario);
  scenario.exits = read_exits(fields, scenario.graph);
  read_workload(fields, scenario);
  scenario.replan = read_replan(fields);
  scenario.live = read_live(fields);
  scenario.gates = read_gates(fields);
  fields.reject_unknown();

  load_profiles(scenario, files);
  scenario.trace = load_trace(scenario, files);
  return scenario;
}

}  // namespace

ScenarioLoader::ScenarioLoader(PlatformReader read_platform)
    : files_(std::make_unique<ScenarioFiles>(std::move(read_platform))) {}

ScenarioLoader::~ScenarioLoader() = default;

Scenario ScenarioLoader::load(const std::filesystem::path& file, const std::vector<FieldChange>& changes) {
  YAML::Node root = files_->scenario(file);
  for (const FieldChange& change : changes) change_field(root, file, change.path, change.value);
  return load_fields(YamlFields(root, file, ""), file, *files_);
}

std::string ScenarioLoader::fingerprint(const Scenario& scenario) {
  Scenario placeless = scenario;
  placeless.models_dir = "/";
  placeless.data_dir.clear();
  placeless.platform.file.clear();
  placeless.gates = {};  // judge results, and change none
  std::string text = resolved_text(placeless);
  const auto add = [this, &text](const std::filesystem::path& file) { text += files_->digest(file) + "\n"; };
  add(scenario.platform.file);
  add(graph_file(scenario.models_dir, scenario.input_key));
  for (DeviceId device = 0; device < scenario.profiles.size(); ++device)
    if (scenario.profiles[device]) add(profile_file(scenario, scenario.platform.devices[device]));
  if (scenario.trace) add(trace_file(scenario));
  return sha256(text);
}

Scenario load_scenario(const std::filesystem::path& file, const PlatformReader& read_platform) {
  return ScenarioLoader(read_platform).load(file);
}

std::string to_string(ArrivalProcess process) {
  switch (process) {
    case ArrivalProcess::kPeriodic:
      return "periodic";
    case ArrivalProcess::kPoisson:
      return "poisson";
    case ArrivalProcess::kClosed:
      return "closed";
  }
  return "closed";
}

std::string to_string(ExitRule rule) {
  switch (rule) {
    case ExitRule::kNone:
      return "none";
    case ExitRule::kMaxSoftmax:
      return "max-softmax";
    case ExitRule::kEntropy:
      return "entropy";
  }
  return "none";
}

std::string to_string(CostDraw draw) { return draw == CostDraw::kMedian ? "median" : "sampled"; }

std::string to_string(Emulation emulation) {
  switch (emulation) {
    case Emulation::kNothing:
      return "false";
    case Emulation::kCompute:
      return "compute";
    case Emulation::kAll:
      return "true";
  }
  return "false";
}

}  // namespace twinfer
