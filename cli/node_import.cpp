#include "cli/node_import.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/earlier_network.h"
#include "cli/models_folder.h"
#include "core/error.h"
#include "core/layer_graph.h"
#include "core/whole_file.h"
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

// Module and graph are both written before either takes its place: one without the
// other would be of no use.
void put_in_place(const fs::path& source, const fs::path& module, const std::string& graph,
                  const fs::path& graph_file) {
  make_folder_of(module);
  make_folder_of(graph_file);
  PendingFile new_module(module);
  PendingFile new_graph(graph_file);
  new_module.copy_from(source);
  new_graph.write(graph);
  new_graph.commit();
  new_module.commit();
}

void remove_stale(const std::vector<fs::path>& stale) {
  for (const fs::path& file : stale) {
    std::error_code failed;
    fs::remove(file, failed);
    if (failed) throw InputError(file, "", "", "is of the earlier network and cannot be removed: " + failed.message());
    fmt::print("Removed, of the earlier network: {}\n", file.string());
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
  const fs::path models = models_to_fill(arguments);
  check_name(name, models);

  const ImportedNetwork imported = import_and_check(file, name, shape);
  const LayerGraph& graph = imported.network.graph();
  const std::string graph_text = layer_graph_text(graph);
  const fs::path module = imported_file(models, name);
  const fs::path graph_file = models / "graphs" / (name + ".csv");
  const std::vector<fs::path> stale = stale_files(models, name, file, graph_text);
  put_in_place(file, module, graph_text, graph_file);
  fmt::print("{}: {} layers\n{}Module: {}\nGraph: {}\n", name, graph.last(), result_note(imported.results),
             module.string(), graph_file.string());
  remove_stale(stale);
  return 0;
}

}  // namespace twinfer
