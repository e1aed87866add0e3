#include "core/data_files.h"

#include <set>

#include "core/error.h"

namespace twinfer {

std::filesystem::path find_data_path(const std::string& path, const std::filesystem::path& scenario,
                                     const std::string& field) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (fs::path folder = fs::absolute(scenario).parent_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / path, ignored)) return (folder / path).lexically_normal();
    if (folder == folder.parent_path()) break;
  }
  const fs::path in_source_tree = fs::path(TWINFER_SOURCE_DIR) / path;
  if (fs::exists(in_source_tree, ignored)) return in_source_tree;
  throw InputError(scenario, field, path, "no such file beside the scenario or in a folder above it");
}

std::string list_stems(const std::filesystem::path& folder, const std::string& extension) {
  std::set<std::string> stems;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == extension) stems.insert(entry.path().stem().string());
  std::string list;
  for (const std::string& stem : stems) list += (list.empty() ? "" : ", ") + stem;
  return list.empty() ? "(none)" : list;
}

}  // namespace twinfer
