// Writing of resolved scenarios: the fields of docs/formats.md, none left out,
// with the platform inline and paths absolute.
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/resolved_platform.h"
#include "core/scenario.h"
#include "core/table_file.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

template <class Value>
void field(YAML::Emitter& out, const char* name, const Value& value) {
  out << YAML::Key << name << YAML::Value << value;
}

void field(YAML::Emitter& out, const char* name, double value) { field(out, name, format_number(value)); }

void emit_model(YAML::Emitter& out, const Scenario& scenario) {
  field(out, "name", scenario.name);
  field(out, "model", scenario.model);
  if (scenario.input_key != scenario.model) field(out, "input", format_shape(scenario.graph.layer(0).output_shape));
  field(out, "models", std::filesystem::absolute(scenario.models_dir).string());
  if (!scenario.data_dir.empty()) field(out, "data", scenario.data_dir.string());
}

void emit_devices(YAML::Emitter& out, const Scenario& scenario) {
  const auto name = [&scenario](DeviceId id) { return scenario.platform.devices[id].name; };
  field(out, "source", name(scenario.source));
  field(out, "target", name(scenario.target));
  out << YAML::Key << "chain" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const DeviceId device : scenario.chain) out << name(device);
  out << YAML::EndSeq;
  out << YAML::Key << "policies" << YAML::Value << YAML::Flow << scenario.policies;
  field(out, "replicas", scenario.replicas);
}

// must: {layer: device}, mustnot: {layer: [device, ...]}
void emit_constraints(YAML::Emitter& out, const Scenario& scenario) {
  if (scenario.constraints.empty()) return;
  std::map<LayerId, std::vector<std::string>> mustnot;
  out << YAML::Key << "constraints" << YAML::Value << YAML::BeginMap;
  out << YAML::Key << "must" << YAML::Value << YAML::BeginMap;
  for (const PlacementConstraint& constraint : scenario.constraints) {
    const std::string& device = scenario.platform.devices[constraint.device].name;
    if (constraint.must)
      field(out, scenario.graph.layer(constraint.layer).name.c_str(), device);
    else
      mustnot[constraint.layer].push_back(device);
  }
  out << YAML::EndMap << YAML::Key << "mustnot" << YAML::Value << YAML::BeginMap;
  for (const auto& [layer, devices] : mustnot)
    out << YAML::Key << scenario.graph.layer(layer).name << YAML::Value << YAML::Flow << devices;
  out << YAML::EndMap << YAML::EndMap;
}

void emit_exits(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "exits" << YAML::Value << YAML::BeginMap;
  field(out, "rule", to_string(scenario.exits.rule));
  if (scenario.exits.rule != ExitRule::kNone) {
    out << YAML::Key << "thresholds" << YAML::Value << YAML::BeginMap;
    for (const auto& [head, threshold] : scenario.exits.thresholds)
      field(out, scenario.graph.exit_name(head).c_str(), threshold);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void emit_workload(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "arrivals" << YAML::Value << YAML::BeginMap;
  field(out, "process", to_string(scenario.arrivals.process));
  if (scenario.arrivals.load)
    field(out, "load", *scenario.arrivals.load);
  else if (scenario.arrivals.process != ArrivalProcess::kClosed)
    field(out, "rate_hz", scenario.arrivals.rate_hz);
  out << YAML::EndMap << YAML::Key << "scheduling" << YAML::Value << YAML::BeginMap;
  field(out, "policy", scenario.scheduling);
  field(out, "pd_num", scenario.pd_num);
  out << YAML::EndMap;
  field(out, "requests", scenario.requests);
  if (scenario.deadline) field(out, "deadline_s", scenario.deadline->si());
  if (scenario.min_accuracy) field(out, "min_accuracy", *scenario.min_accuracy);
  field(out, "seed", scenario.seed);
  field(out, "weights_seed", scenario.weights_seed);
  field(out, "threads", scenario.threads);
  field(out, "costs", to_string(scenario.costs));
  field(out, "network_model", scenario.network_model);
}

void emit_replan(YAML::Emitter& out, const Replan& replan) {
  out << YAML::Key << "replan" << YAML::Value << YAML::BeginMap;
  field(out, "on_bandwidth_change", replan.on_bandwidth_change);
  field(out, "planning_ms", replan.planning.si() * 1e3);
  out << YAML::EndMap;
}

void emit_live(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "live" << YAML::Value << YAML::BeginMap;
  field(out, "emulate", to_string(scenario.live.emulate));
  field(out, "dilation", scenario.live.dilation);
  field(out, "timeout_s", scenario.live.timeout.si());
  out << YAML::EndMap << YAML::Key << "gates" << YAML::Value << YAML::BeginMap;
  for (const auto& [name, gate] : kGates)
    if (scenario.gates.*gate) field(out, name, *(scenario.gates.*gate));
  out << YAML::EndMap;
}

}  // namespace

std::string resolved_text(const Scenario& scenario) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  emit_model(out, scenario);
  out << YAML::Key << "platform" << YAML::Value;
  emit_resolved_platform(out, scenario.platform);
  emit_devices(out, scenario);
  emit_constraints(out, scenario);
  emit_exits(out, scenario);
  emit_workload(out, scenario);
  if (scenario.replan) emit_replan(out, *scenario.replan);
  emit_live(out, scenario);
  out << YAML::EndMap;
  return std::string(out.c_str()) + '\n';
}

void save_resolved_scenario(const Scenario& scenario, const std::filesystem::path& file) {
  write_whole_file(file, resolved_text(scenario));
}

}  // namespace twinfer
