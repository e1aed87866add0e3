#include "core/scenario_files.h"

#include "core/digest.h"
#include "core/yaml_fields.h"

namespace twinfer {
namespace {

// What `read` gives for the file, once.
template <class Value, class Read>
const Value& kept(std::map<std::filesystem::path, Value>& values, const std::filesystem::path& file, Read read) {
  const auto found = values.find(file);
  return found != values.end() ? found->second : values.emplace(file, read(file)).first->second;
}

}  // namespace

YAML::Node ScenarioFiles::scenario(const std::filesystem::path& file) {
  return YAML::Clone(kept(scenarios_, file, read_yaml_map));
}

const Platform& ScenarioFiles::platform(const std::filesystem::path& file) {
  return kept(platforms_, file, read_platform_);
}

const LayerGraph& ScenarioFiles::graph(const std::filesystem::path& file) {
  return kept(graphs_, file, load_layer_graph);
}

const LatencyProfile& ScenarioFiles::profile(const std::filesystem::path& file) {
  return kept(profiles_, file, load_latency_profile);
}

const ExitTrace& ScenarioFiles::trace(const std::filesystem::path& file, const LayerGraph& graph) {
  return kept(traces_, file, [&graph](const std::filesystem::path& path) { return load_exit_trace(path, graph); });
}

const std::string& ScenarioFiles::digest(const std::filesystem::path& file) {
  return kept(digests_, file, file_sha256);
}

}  // namespace twinfer
