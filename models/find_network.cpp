#include "models/find_network.h"

#include <algorithm>

#include "core/error.h"
#include "core/joined.h"
#include "models/imported_network.h"
#include "models/zoo.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

bool is_of_zoo(const std::string& model) {
  const std::vector<std::string> names = zoo_names();
  return std::ranges::find(names, model) != names.end();
}

void check_known(const std::string& model, const fs::path& models_dir) {
  if (is_of_zoo(model) || is_imported(models_dir, model)) return;
  std::vector<std::string> names = zoo_names();
  std::ranges::copy(imported_names(models_dir), std::back_inserter(names));
  throw InputError("", "model", model, "must be one of " + joined(names));
}

}  // namespace

fs::path imported_file(const fs::path& models_dir, const std::string& model) {
  return models_dir / "imported" / (model + ".pt");
}

// A name with a slash would lead out of the folder.
bool is_imported(const fs::path& models_dir, const std::string& model) {
  std::error_code missing;
  return !is_of_zoo(model) && fs::path(model).filename() == model &&
         fs::is_regular_file(imported_file(models_dir, model), missing);
}

std::vector<std::string> imported_names(const fs::path& models_dir) {
  std::vector<std::string> names;
  std::error_code missing;  // no folder, no imported networks
  for (const fs::directory_entry& entry : fs::directory_iterator(models_dir / "imported", missing)) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() == ".pt" && is_imported(models_dir, name)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<long> default_input_shape(const std::string& model, const fs::path& models_dir) {
  check_known(model, models_dir);
  if (is_of_zoo(model)) return default_input_shape(model);
  return load_layer_graph(models_dir / "graphs" / (model + ".csv")).layer(0).output_shape;
}

Network find_network(const std::string& model, const std::vector<long>& input_shape, std::uint64_t seed,
                     const fs::path& models_dir) {
  check_known(model, models_dir);
  if (is_of_zoo(model)) return make_network(model, input_shape, seed);
  return std::move(import_network(imported_file(models_dir, model), model, input_shape).network);
}

}  // namespace twinfer
