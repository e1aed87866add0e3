#include "cli/run_live_side.h"

#include "cli/temporary_file.h"

namespace twinfer {

ProgramEnd run_live_side(const std::filesystem::path& program, const Scenario& scenario,
                         const std::filesystem::path& store, const std::string& batch) {
  const TemporaryFile resolved(".yaml");
  save_resolved_scenario(scenario, resolved.path());
  return run_node_program(program, {"live", resolved.path(), "--origin", scenario.file, "--store",
                                    std::filesystem::absolute(store).string(), "--batch", batch});
}

}  // namespace twinfer
