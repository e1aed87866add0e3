#include "cli/earlier_network.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/digest.h"
#include "core/error.h"
#include "core/layer_graph.h"
#include "models/find_network.h"
#include "models/weights.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

bool has_content(const fs::path& file, const std::string& content) {
  if (!fs::is_regular_file(file)) return false;
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {}) == content;
}

// A folder that does not exist has no entries.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, missing)) entries.push_back(entry.path());
  return entries;
}

void add_tables(const fs::path& folder, std::vector<fs::path>& tables) {
  for (const fs::path& file : entries_of(folder))
    if (file.extension() == ".csv") tables.push_back(file);
}

// Whether `key` is `name` at another input shape: "mine-1x3x64x64".
bool is_other_shape(const std::string& key, const std::string& name, const fs::path& models) {
  if (!key.starts_with(name + "-") || is_imported(models, key)) return false;
  try {
    return !parse_shape(key.substr(name.size() + 1), "", "").empty();
  } catch (const InputError&) {
    return false;
  }
}

void add_other_shapes(const fs::path& models, const std::string& name, std::vector<fs::path>& tables) {
  for (const fs::path& graph : entries_of(models / "graphs"))
    if (graph.extension() == ".csv" && is_other_shape(graph.stem(), name, models)) tables.push_back(graph);
  for (const fs::path& folder : entries_of(models / "profiles"))
    if (is_other_shape(folder.filename(), name, models)) add_tables(folder, tables);
}

}  // namespace

std::vector<fs::path> stale_files(const fs::path& models, const std::string& name, const fs::path& module,
                                  const std::string& graph_text) {
  std::vector<fs::path> stale;
  if (!is_imported(models, name) || has_content(models / "graphs" / (name + ".csv"), graph_text)) return stale;
  add_tables(models / "profiles" / name, stale);
  if (file_sha256(module) != file_sha256(imported_file(models, name))) add_other_shapes(models, name, stale);
  std::ranges::sort(stale);
  return stale;
}

}  // namespace twinfer
