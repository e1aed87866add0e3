// The files that scenarios name, each read once however many scenarios name it.
// Private to core/.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <yaml-cpp/yaml.h>

#include "core/exit_trace.h"
#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "core/platform.h"
#include "core/scenario.h"

namespace twinfer {

// Every call throws InputError if its file is bad. What it gives stays as long as this.
class ScenarioFiles {
 public:
  explicit ScenarioFiles(PlatformReader read_platform) : read_platform_(std::move(read_platform)) {}

  [[nodiscard]] YAML::Node scenario(const std::filesystem::path& file);  // a copy of its own
  const Platform& platform(const std::filesystem::path& file);
  const LayerGraph& graph(const std::filesystem::path& file);
  const LatencyProfile& profile(const std::filesystem::path& file);
  const ExitTrace& trace(const std::filesystem::path& file, const LayerGraph& graph);
  const std::string& digest(const std::filesystem::path& file);  // SHA-256 of the content

 private:
  template <class Value>
  using ByFile = std::map<std::filesystem::path, Value>;

  PlatformReader read_platform_;
  ByFile<YAML::Node> scenarios_;
  ByFile<Platform> platforms_;
  ByFile<LayerGraph> graphs_;
  ByFile<LatencyProfile> profiles_;
  ByFile<ExitTrace> traces_;
  ByFile<std::string> digests_;
};

}  // namespace twinfer
