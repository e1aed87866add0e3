#include "cli/models_folder.h"

#include <fmt/format.h>

#include "core/data_files.h"
#include "core/error.h"

namespace twinfer {

void add_models_option(cxxopts::Options& options) {
  options.add_options()("models", "Folder with graphs, profiles, exits, weights, data and imported networks",
                        cxxopts::value<std::string>()->default_value("models"), "DIR");
}

std::filesystem::path chosen_models(const cxxopts::ParseResult& arguments) {
  const auto text = arguments["models"].as<std::string>();
  if (const auto found = find_data_folder(text)) return *found;
  throw InputError("", "--models", text, "no such folder");
}

std::filesystem::path models_to_fill(const cxxopts::ParseResult& arguments) {
  const auto text = arguments["models"].as<std::string>();
  return find_data_folder(text).value_or(std::filesystem::absolute(text));
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
