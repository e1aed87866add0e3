#include "core/data_files.h"

#include <set>

#include "core/error.h"
#include "core/joined.h"

namespace twinfer {

namespace {

namespace fs = std::filesystem;

std::optional<fs::path> find_from(fs::path folder, const std::string& path) {
  std::error_code ignored;
  for (;; folder = folder.parent_path()) {
    if (fs::exists(folder / path, ignored)) return (folder / path).lexically_normal();
    if (folder == folder.parent_path()) break;
  }
  const fs::path in_source_tree = fs::path(TWINFER_SOURCE_DIR) / path;
  if (fs::exists(in_source_tree, ignored)) return in_source_tree;
  return std::nullopt;
}

}  // namespace

fs::path find_data_path(const std::string& path, const fs::path& scenario, const std::string& field) {
  if (const auto found = find_from(fs::absolute(scenario).parent_path(), path)) return *found;
  throw InputError(scenario, field, path, "no such file beside the scenario or in a folder above it");
}

std::optional<fs::path> find_data_folder(const std::string& path) {
  std::optional<fs::path> found = find_from(fs::current_path(), path);
  std::error_code ignored;
  if (found && !fs::is_directory(*found, ignored)) found.reset();
  return found;
}

std::string list_stems(const std::filesystem::path& folder, const std::string& extension) {
  std::set<std::string> stems;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == extension) stems.insert(entry.path().stem().string());
  return or_none(joined(stems));
}

}  // namespace twinfer
