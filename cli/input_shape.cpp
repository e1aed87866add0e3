#include "cli/input_shape.h"

#include "cli/models_folder.h"
#include "core/layer_graph.h"
#include "models/find_network.h"

namespace twinfer {

void add_input_option(cxxopts::Options& options) {
  options.add_options()("input", "Input shape, batch 1 (default: the published one)", cxxopts::value<std::string>(),
                        "1xCxHxW");
}

std::vector<long> chosen_input(const cxxopts::ParseResult& arguments, const std::string& model) {
  if (arguments.count("input") == 0) return default_input_shape(model, chosen_models(arguments));
  return parse_shape(arguments["input"].as<std::string>(), "", "--input");
}

std::string model_key(const std::string& model, const std::vector<long>& input_shape,
                      const std::filesystem::path& models_dir) {
  return input_shape == default_input_shape(model, models_dir) ? model : model + "-" + format_shape(input_shape);
}

}  // namespace twinfer
