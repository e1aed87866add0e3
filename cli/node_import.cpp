#include "cli/node_import.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/models_folder.h"
#include "core/error.h"
#include "core/layer_graph.h"
#include "models/find_network.h"
#include "models/imported_network.h"
#include "models/zoo.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

std::string needed(const cxxopts::ParseResult& arguments, const std::string& option, const std::string& what) {
  if (arguments.count(option) == 0) throw UsageError("missing " + what + "; see `twinfer model --help`");
  return arguments[option].as<std::string>();
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; }

// The name becomes file names and a word in tables. A graph without an imported
// network beside it is another network's, or one at another shape.
void check_name(const std::string& name, const fs::path& models) {
  constexpr std::size_t kLongest = 64;
  if (name.empty() || name.size() > kLongest || name.front() == '.' || !std::ranges::all_of(name, is_word))
    throw InputError("", "--name", name, "must be 1 to 64 of a-z, 0-9, dash, underscore and dot");
  const std::vector<std::string> zoo = zoo_names();
  const bool taken = std::ranges::find(zoo, name) != zoo.end() ||
                     (fs::exists(models / "graphs" / (name + ".csv")) && !is_imported(models, name));
  if (taken) throw InputError("", "--name", name, "is the name of another network");
}

// Beside its place first, so that a copy that fails leaves nothing half-written.
void copy_whole(const fs::path& from, const fs::path& to) {
  make_folder_of(to);
  fs::path part = to;
  part += ".part";
  std::error_code error;
  fs::copy_file(from, part, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(part, to, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(part, ignored);
  throw InputError(to, "", "", "cannot be written: " + error.message());
}

// A module without its graph would be of no use.
void save_graph_beside(const LayerGraph& graph, const fs::path& file, const fs::path& module) {
  try {
    make_folder_of(file);
    save_layer_graph(graph, file);
  } catch (const InputError&) {
    std::error_code ignored;
    fs::remove(module, ignored);
    throw;
  }
}

std::string result_note(std::size_t results) {
  return results == 1 ? "" : fmt::format("Result: the first of the {} tensors that forward gives\n", results);
}

}  // namespace

void add_import_options(cxxopts::Options& options) {
  options.add_options()("name", "Name of the network (import)", cxxopts::value<std::string>(), "NAME");
}

int import_model(const cxxopts::ParseResult& arguments) {
  const fs::path file = needed(arguments, "name-or-file", "FILE");
  const std::string name = needed(arguments, "name", "--name NAME");
  const std::vector<long> shape = parse_shape(needed(arguments, "input", "--input SHAPE"), "", "--input");
  const fs::path models = chosen_models(arguments);
  check_name(name, models);

  const ImportedNetwork imported = import_and_check(file, name, shape);
  const LayerGraph& graph = imported.network.graph();
  const fs::path graph_file = models / "graphs" / (name + ".csv");
  copy_whole(file, imported_file(models, name));
  save_graph_beside(graph, graph_file, imported_file(models, name));
  fmt::print("{}: {} layers\n{}Module: {}\nGraph: {}\n", name, graph.last(), result_note(imported.results),
             imported_file(models, name).string(), graph_file.string());
  return 0;
}

}  // namespace twinfer
