// A scenario on disk with everything that it names: model `tiny` with one exit
// after layer 1, devices pi and pc with profiles, an exit trace of two samples.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {

class ScenarioFolder {
 public:
  TemporaryFolder folder;
  LayerGraph graph = tiny::chain({1024, 512, 256, 4}, {1});
  Platform platform = tiny::mesh({"pi", "pc", "bare"}, 256, 0.5);

  ScenarioFolder() {
    for (const char* path : {"models/graphs", "models/profiles/tiny", "models/exits"})
      std::filesystem::create_directories(folder.path() / path);
    folder.write("platform.xml", "");
    platform.file = (folder.path() / "platform.xml").string();
    platform.devices[2].profile.clear();
    save_layer_graph(graph, folder.path() / "models/graphs/tiny.csv");
    save_profile(tiny::profile(graph, "pi", {0, 2, 3, 1}, {0.25}));
    save_profile(tiny::profile(graph, "pc", {0, 0.25, 0.5, 0.125}, {0.125}));
    save_exit_trace(tiny::trace(graph, {{0.5, 0.75}, {1, 0.25}}), graph, folder.path() / "models/exits/tiny.csv");
  }

  void save_profile(const LatencyProfile& profile) const {
    save_latency_profile(profile, folder.path() / "models/profiles/tiny" / (profile.device + ".csv"));
  }

  // Gives a field a value, or takes it away where `value` is empty.
  void set(const std::string& field, const std::string& value) {
    const auto found = std::ranges::find(fields_, field, &Field::first);
    if (found == fields_.end()) {
      fields_.emplace_back(field, value);
    } else {
      found->second = value;
    }
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [field, value] : fields_)
      if (!value.empty()) text += field + ": " + value + "\n";
    return text;
  }

  [[nodiscard]] Scenario load() const { return load_text(text()); }
  [[nodiscard]] Scenario load_text(const std::string& text) const {
    return load_scenario(folder.write("s.yaml", text), [this](const std::filesystem::path&) { return platform; });
  }

  // What loading complains of, without the folder's path.
  [[nodiscard]] std::string error() const { return error_of(text()); }
  [[nodiscard]] std::string error_of(const std::string& text) const {
    return refusal_of(folder, [&] { static_cast<void>(load_text(text)); });
  }

 private:
  using Field = std::pair<std::string, std::string>;
  std::vector<Field> fields_{{"model", "tiny"},
                             {"platform", "platform.xml"},
                             {"chain", "[pi, pc]"},
                             {"policies", "[local, 'split:1']"},
                             {"arrivals", "{process: closed}"},
                             {"requests", "10"}};
};

}  // namespace twinfer
