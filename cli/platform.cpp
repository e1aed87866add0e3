// twinfer platform: what SimGrid reads of a platform file.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/platform_text.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer platform",
    "Shows the devices, links and routes of a platform file, as SimGrid reads it.",
    {{"platform"}},
    {"twinfer platform platforms/edge-cloud.xml", "twinfer platform platforms/edge-cloud.xml --json"}};

}  // namespace

int run_platform(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("json", "Print JSON, in SI units");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const Platform platform = read_platform((*arguments)["platform"].as<std::string>());
  fmt::print("{}", (*arguments)["json"].as<bool>() ? platform_json(platform).dump(2) + "\n" : platform_text(platform));
  return 0;
}

}  // namespace twinfer
