#include "cli/model_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/joined.h"
#include "models/find_network.h"
#include "models/zoo.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::string numbers(const std::vector<LayerId>& ids) {
  return joined(ids, ", ", [](LayerId id) { return std::to_string(id); });
}

std::string mega(Flops flops) { return format_number(flops.si() * 1e-6, 3); }

const ExitHead* head_on(const LayerGraph& graph, LayerId layer) {
  for (const ExitHead& head : graph.exit_heads())
    if (head.layer == layer) return &head;
  return nullptr;
}

std::string exit_of(const LayerGraph& graph, LayerId layer) {
  if (layer == graph.last()) return "final";
  const ExitHead* const head = head_on(graph, layer);
  return head == nullptr ? "" : head->name;
}

struct Totals {
  Flops flops;
  Bytes parameters;
};

Totals totals_of(const LayerGraph& graph) {
  Totals sum;
  for (const Layer& layer : graph.layers()) {
    sum.flops += layer.flops;
    sum.parameters += layer.parameter_bytes;
  }
  for (const ExitHead& head : graph.exit_heads()) {
    sum.flops += head.flops;
    sum.parameters += head.parameter_bytes;
  }
  return sum;
}

struct ZooEntry {
  LayerGraph graph;
  bool trained;
  bool imported;
};

std::vector<ZooEntry> load_zoo(const std::filesystem::path& models_dir) {
  std::vector<ZooEntry> zoo;
  for (const std::string& name : zoo_names())
    zoo.push_back({load_layer_graph(models_dir / "graphs" / (name + ".csv")),
                   std::filesystem::exists(models_dir / "weights" / (name + ".pt")), false});
  for (const std::string& name : imported_names(models_dir))
    zoo.push_back({load_layer_graph(models_dir / "graphs" / (name + ".csv")), true, true});
  return zoo;
}

ordered_json layer_json(const LayerGraph& graph, LayerId id) {
  const Layer& layer = graph.layer(id);
  ordered_json json{{"layer", id},
                    {"name", layer.name},
                    {"kind", layer.kind},
                    {"inputs", layer.inputs},
                    {"output_shape", layer.output_shape},
                    {"output_bytes", layer.output_bytes.si()},
                    {"flops", layer.flops.si()},
                    {"parameter_bytes", layer.parameter_bytes.si()}};
  if (const ExitHead* const head = head_on(graph, id))
    json["exit"] = {{"name", head->name}, {"flops", head->flops.si()}, {"parameter_bytes", head->parameter_bytes.si()}};
  return json;
}

}  // namespace

std::string layers_table(const LayerGraph& graph) {
  Table table({{"Layer"},
               {"Name", true},
               {"Kind", true},
               {"Inputs", true},
               {"Output", true},
               {"Size"},
               {"Work (MFLOP)"},
               {"Parameters"},
               {"Exit", true}});
  for (LayerId id = 0; id < graph.size(); ++id) {
    const Layer& layer = graph.layer(id);
    table.add_row({std::to_string(id), layer.name, layer.kind, numbers(layer.inputs), format_shape(layer.output_shape),
                   format_bytes(layer.output_bytes.si()), mega(layer.flops), format_bytes(layer.parameter_bytes.si()),
                   exit_of(graph, id)});
  }
  const Totals sum = totals_of(graph);
  return fmt::format("{}, {} layers and {} exit heads, {} MFLOP, {} of parameters\n\n{}", graph.model(), graph.last(),
                     graph.exit_heads().size(), mega(sum.flops), format_bytes(sum.parameters.si()), table.text());
}

std::string layers_json(const LayerGraph& graph) {
  ordered_json json{{"model", graph.model()}, {"layers", ordered_json::array()}};
  for (LayerId id = 0; id < graph.size(); ++id) json["layers"].push_back(layer_json(graph, id));
  return json.dump(2) + "\n";
}

std::string zoo_table(const std::filesystem::path& models_dir) {
  Table table(
      {{"Model", true}, {"Input", true}, {"Layers"}, {"Exits"}, {"Work (MFLOP)"}, {"Parameters"}, {"Weights", true}});
  for (const auto& [graph, trained, imported] : load_zoo(models_dir)) {
    const Totals sum = totals_of(graph);
    table.add_row({graph.model(), format_shape(graph.layer(0).output_shape), std::to_string(graph.last()),
                   std::to_string(graph.exit_heads().size() + 1), mega(sum.flops), format_bytes(sum.parameters.si()),
                   imported  ? "imported"
                   : trained ? "trained"
                             : "seeded random"});
  }
  return table.text();
}

std::string zoo_json(const std::filesystem::path& models_dir) {
  ordered_json json = ordered_json::array();
  for (const auto& [graph, trained, imported] : load_zoo(models_dir)) {
    const Totals sum = totals_of(graph);
    json.push_back({{"model", graph.model()},
                    {"input", graph.layer(0).output_shape},
                    {"layers", graph.last()},
                    {"exits", graph.exit_heads().size() + 1},
                    {"flops", sum.flops.si()},
                    {"parameter_bytes", sum.parameters.si()},
                    {"trained", trained},
                    {"imported", imported}});
  }
  return json.dump(2) + "\n";
}

}  // namespace twinfer
