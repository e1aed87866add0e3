#include "cli/models_folder.h"

#include <fmt/format.h>

#include "core/data_files.h"
#include "core/error.h"
#include "core/layer_graph.h"
#include "models/find_network.h"

namespace twinfer {

void add_models_option(cxxopts::Options& options) {
  options.add_options()("models", "Folder with graphs, profiles, exits, weights, data and imported networks",
                        cxxopts::value<std::string>()->default_value("models"), "DIR");
}

std::filesystem::path chosen_models(const cxxopts::ParseResult& arguments) {
  const auto text = arguments["models"].as<std::string>();
  return find_data_path(text, std::filesystem::current_path() / "command line", "--models");
}

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

unsigned chosen_count(const cxxopts::ParseResult& arguments, const std::string& option) {
  const unsigned value = arguments[option].as<unsigned>();
  if (value < 1) throw InputError("", fmt::format("--{}", option), "0", "must be at least 1");
  return value;
}

void make_folder_of(const std::filesystem::path& file) {
  if (file.parent_path().empty()) return;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) throw InputError(file.parent_path(), "", "", "cannot be made: " + error.message());
}

}  // namespace twinfer
