#include "cli/run_live_side.h"

#include "cli/temporary_file.h"

namespace twinfer {

std::vector<std::string> live_side_arguments(const std::filesystem::path& resolved, const Scenario& scenario,
                                             const std::filesystem::path& store, const std::string& batch,
                                             const std::optional<std::string>& on_bandwidth) {
  std::vector<std::string> arguments{"live",     resolved.string(),
                                     "--origin", scenario.file,
                                     "--store",  std::filesystem::absolute(store).string(),
                                     "--batch",  batch};
  if (on_bandwidth) arguments.insert(arguments.end(), {"--on-bandwidth", *on_bandwidth});
  return arguments;
}

ProgramEnd run_live_side(const std::filesystem::path& program, const Scenario& scenario,
                         const std::filesystem::path& store, const std::string& batch,
                         const std::optional<std::string>& on_bandwidth) {
  const TemporaryFile resolved(".yaml");
  save_resolved_scenario(scenario, resolved.path());
  return run_node_program(program, live_side_arguments(resolved.path(), scenario, store, batch, on_bandwidth));
}

void add_on_bandwidth_option(cxxopts::Options& options) {
  options.add_options()("on-bandwidth",
                        "Called with LINK BITS_PER_SECOND when a real link's bandwidth is to change, as "
                        "\"scripts/netlab.sh rate\" is",
                        cxxopts::value<std::string>(), "COMMAND");
}

std::optional<std::string> chosen_on_bandwidth(const cxxopts::ParseResult& arguments) {
  if (arguments.count("on-bandwidth") == 0) return std::nullopt;
  return arguments["on-bandwidth"].as<std::string>();
}

}  // namespace twinfer
