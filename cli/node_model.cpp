// twinfer model: the networks of the zoo, their layers, training and traces.
#include <cstdio>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/input_shape.h"
#include "cli/model_text.h"
#include "cli/models_folder.h"
#include "cli/node_import.h"
#include "cli/node_train.h"
#include "models/find_network.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer model",
    "Shows the networks, derives their layer graphs, imports TorchScript, trains `digits` and "
    "`cifar10-branchy`, and records exits.",
    {{"action"}, {"name-or-file", false}},
    {"twinfer model list", "twinfer model show resnet50 --input 1x3x64x64",
     "twinfer model graph alexnet --out models/graphs/alexnet.csv",
     "twinfer model import resnet18.pt --input 1x3x224x224 --name my-resnet18", "twinfer model train digits --seed 1",
     "twinfer model train cifar10-branchy --data DIR --checkpoint run.pt",
     "twinfer model trace cifar10-branchy --data DIR"}};

std::string chosen_name(const cxxopts::ParseResult& arguments) {
  if (arguments.count("name-or-file") == 0)
    throw UsageError("missing NAME; `twinfer model list` shows the networks; see `twinfer model --help`");
  return arguments["name-or-file"].as<std::string>();
}

// Shapes, sizes and work do not depend on the weights.
LayerGraph derive_graph(const cxxopts::ParseResult& arguments) {
  constexpr std::uint64_t kAnySeed = 1;
  const std::string name = chosen_name(arguments);
  return find_network(name, chosen_input(arguments, name), kAnySeed, chosen_models(arguments)).graph();
}

int list_networks(const cxxopts::ParseResult& arguments) {
  const std::filesystem::path models = chosen_models(arguments);
  fmt::print("{}", arguments.count("json") > 0 ? zoo_json(models) : zoo_table(models));
  return 0;
}

int show_network(const cxxopts::ParseResult& arguments) {
  const LayerGraph graph = derive_graph(arguments);
  fmt::print("{}", arguments.count("json") > 0 ? layers_json(graph) : layers_table(graph));
  return 0;
}

int write_graph(const cxxopts::ParseResult& arguments) {
  const LayerGraph graph = derive_graph(arguments);
  const std::string key = model_key(graph.model(), graph.layer(0).output_shape, chosen_models(arguments));
  const std::filesystem::path file = arguments.count("out") > 0
                                         ? std::filesystem::path(arguments["out"].as<std::string>())
                                         : chosen_models(arguments) / "graphs" / (key + ".csv");
  make_folder_of(file);
  save_layer_graph(graph, file);
  fmt::print("{}: {} layers\n", file.string(), graph.last());
  return 0;
}

}  // namespace

int run_model(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_models_option(options);
  add_input_option(options);
  options.add_options()("json", "Print JSON in place of the table (list, show)");
  options.add_options()("out", "File to write (graph); default: graphs/NAME.csv in the models folder",
                        cxxopts::value<std::string>(), "FILE");
  add_import_options(options);
  add_training_options(options);
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  const auto action = (*arguments)["action"].as<std::string>();
  if (action == "list") return list_networks(*arguments);
  if (action == "show") return show_network(*arguments);
  if (action == "graph") return write_graph(*arguments);
  if (action == "import") return import_model(*arguments);
  if (action == "train") return train_model(chosen_name(*arguments), *arguments);
  if (action == "trace") return trace_model(chosen_name(*arguments), *arguments);
  throw UsageError("ACTION: `" + action +
                   "`: must be list, show, graph, import, train or trace; see `twinfer model --help`");
}

}  // namespace twinfer
