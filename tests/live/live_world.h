// Live runs in one process: workers on threads of their own, and a scenario over
// a real network whose devices are these workers.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "live/fleet.h"
#include "live/inputs.h"
#include "live/run_live.h"
#include "live/worker.h"
#include "models/network.h"
#include "models/zoo.h"
#include "policies/exit_policy.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {

// Has no weights until they are sent.
class WorkerThread {
 public:
  explicit WorkerThread(WorkerOptions options = {})
      : worker_(with_cache(std::move(options))), thread_([this] { worker_.run(); }) {}
  ~WorkerThread() { end(); }

  [[nodiscard]] Endpoint endpoint() const { return worker_.endpoint(); }
  void end() {
    worker_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  WorkerOptions with_cache(WorkerOptions options) const {
    options.cache_dir = cache_.path();
    return options;
  }

  TemporaryFolder cache_;
  Worker worker_;
  std::thread thread_;
};

// Every layer of every device costs `layer_s`; links carry 1 GB/s at no latency.
inline Scenario live_scenario(const LayerGraph& graph, const std::vector<Endpoint>& workers, double layer_s = 0.001) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < workers.size(); ++i) names.push_back("d" + std::to_string(i));
  Platform platform = tiny::mesh(names, 1e9);
  for (std::size_t i = 0; i < workers.size(); ++i) platform.devices[i].endpoint = to_string(workers[i]);
  std::vector<double> layers_s(graph.size(), layer_s);
  layers_s[0] = 0;
  const std::vector<double> heads_s(graph.exit_heads().size(), layer_s);
  const std::vector<std::vector<double>> all_layers_s(workers.size(), layers_s);
  const std::vector<std::vector<double>> all_heads_s(workers.size(), heads_s);
  Scenario scenario = tiny::scenario(graph, platform, tiny::profiles(graph, platform, all_layers_s, all_heads_s));
  scenario.models_dir = std::string(TWINFER_SOURCE_DIR) + "/models";
  scenario.live.timeout = Seconds(20);
  return scenario;
}

inline Plan plan_of(std::vector<Stage> stages) {
  Plan plan;
  plan.policy = "by-hand";
  plan.stages = std::move(stages);
  return plan;
}

inline std::vector<DeviceId> all_devices(const Scenario& scenario) {
  std::vector<DeviceId> devices;
  for (DeviceId id = 0; id < scenario.platform.devices.size(); ++id) devices.push_back(id);
  return devices;
}

inline void ignore_rows(const RunRows&) {}

}  // namespace twinfer
