#include "cli/measure_profiles.h"

#include <set>
#include <string>

#include "cli/commands.h"
#include "cli/node_program.h"

namespace twinfer {
namespace {

constexpr const char* kRepeat = "200";  // a second or two for networks of milliseconds

std::set<std::string> profiles_of_this_machine(const Scenario& scenario) {
  std::set<std::string> names;
  for (DeviceId id = 0; id < scenario.platform.devices.size(); ++id) {
    const Device& device = scenario.platform.devices[id];
    if (scenario.profiles[id] && device.endpoint == "spawn") names.insert(device.profile);
  }
  return names;
}

}  // namespace

int measure_profiles(const std::filesystem::path& program, const Scenario& scenario) {
  if (scenario.live.emulate != Emulation::kNothing)
    throw UsageError("--profile: the scenario emulates its devices, so their profiles are not this machine's");
  for (const std::string& name : profiles_of_this_machine(scenario)) {
    const ProgramEnd end = run_node_program(
        program, {"profile", scenario.model, "--device", name, "--threads", std::to_string(scenario.threads),
                  "--repeat", kRepeat, "--input", format_shape(scenario.graph.layer(0).output_shape), "--models",
                  std::filesystem::absolute(scenario.models_dir).string()});
    if (end.code != 0) return end.code;
  }
  return 0;
}

}  // namespace twinfer
