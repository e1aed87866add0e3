#include "core/layer_graph.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/joined.h"
#include "core/table_file.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

const std::vector<std::string> kColumns{"id",           "role",         "name",  "kind",           "inputs",
                                        "output_shape", "output_bytes", "flops", "parameter_bytes"};
enum Column { kId, kRole, kName, kKind, kInputs, kShape, kOutputBytes, kFlops, kParameterBytes };

constexpr double kLargestId = 1e6;

void check_layer(const std::string& model, const Layer& layer, LayerId id) {
  if (id == 0 && !layer.inputs.empty()) throw InputError(model, layer.name, "", "the input layer can have no inputs");
  if (id > 0 && layer.inputs.empty()) throw InputError(model, layer.name, "", "has no inputs");
  for (const LayerId input : layer.inputs)
    if (input >= id) throw InputError(model, layer.name, std::to_string(input), "inputs must precede the layer");
}

void check_heads(const std::string& model, const std::vector<ExitHead>& heads, LayerId last) {
  LayerId previous = 0;
  for (const ExitHead& head : heads) {
    if (head.layer <= previous || head.layer >= last)
      throw InputError(model, head.name, std::to_string(head.layer), "heads must hang on ascending inner layers");
    previous = head.layer;
  }
}

void check_names(const std::string& model, const std::vector<Layer>& layers, const std::vector<ExitHead>& heads) {
  std::set<std::string> names{"final"};
  for (const Layer& layer : layers)
    if (!names.insert(layer.name).second) throw InputError(model, "name", layer.name, "is used twice");
  for (const ExitHead& head : heads)
    if (!names.insert(head.name).second) throw InputError(model, "name", head.name, "is used twice");
}

std::vector<LayerId> last_readers(const std::string& model, const std::vector<Layer>& layers) {
  std::vector<LayerId> last(layers.size());
  for (LayerId id = 0; id < layers.size(); ++id) last[id] = id;
  for (LayerId id = 0; id < layers.size(); ++id)
    for (const LayerId input : layers[id].inputs) last[input] = id;
  for (LayerId id = 0; id + 1 < layers.size(); ++id)
    if (last[id] == id) throw InputError(model, layers[id].name, "", "is read by no layer");
  return last;
}

std::string format_ids(const std::vector<LayerId>& ids) {
  return joined(ids, " ", [](LayerId id) { return std::to_string(id); });
}

std::vector<LayerId> parse_ids(const FileTable& table, std::size_t row) {
  std::vector<LayerId> ids;
  const std::string& text = table.rows[row][kInputs];
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const double id =
        parse_number(text.substr(begin, end - begin), table.file, "row " + std::to_string(row + 1) + ", inputs");
    if (id < 0 || id != std::floor(id) || id > kLargestId)
      throw InputError(table.file, "row " + std::to_string(row + 1) + ", inputs", text, "must be layer ids");
    ids.push_back(static_cast<LayerId>(id));
    begin = end + 1;
  }
  return ids;
}

}  // namespace

LayerGraph::LayerGraph(std::string model, std::vector<Layer> layers, std::vector<ExitHead> exit_heads)
    : model_(std::move(model)), layers_(std::move(layers)), exit_heads_(std::move(exit_heads)) {
  if (layers_.size() < 2)
    throw InputError(model_, "layers", std::to_string(layers_.size()), "must be an input and at least one layer");
  for (LayerId id = 0; id < layers_.size(); ++id) check_layer(model_, layers_[id], id);
  check_heads(model_, exit_heads_, last());
  check_names(model_, layers_, exit_heads_);
  last_reader_ = last_readers(model_, layers_);
}

std::optional<LayerId> LayerGraph::find_layer(const std::string& name) const {
  const auto found = std::ranges::find(layers_, name, &Layer::name);
  if (found == layers_.end()) return std::nullopt;
  return static_cast<LayerId>(found - layers_.begin());
}

std::optional<ExitId> LayerGraph::find_exit(const std::string& name) const {
  const auto found = std::ranges::find(exit_heads_, name, &ExitHead::name);
  if (found == exit_heads_.end()) return std::nullopt;
  return static_cast<ExitId>(found - exit_heads_.begin());
}

std::string LayerGraph::exit_name(ExitId id) const { return id < exit_heads_.size() ? exit_heads_[id].name : "final"; }

std::vector<Bytes> parameters_by_layer(const LayerGraph& graph) {
  std::vector<Bytes> bytes;
  for (const Layer& layer : graph.layers()) bytes.push_back(layer.parameter_bytes);
  for (const ExitHead& head : graph.exit_heads()) bytes[head.layer] += head.parameter_bytes;
  return bytes;
}

LayerGraph load_layer_graph(const std::filesystem::path& file) {
  const FileTable table = read_table(file, kColumns);
  std::vector<Layer> layers;
  std::vector<ExitHead> heads;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    const Flops flops(table.number(row, kFlops, 0));
    const Bytes parameters(table.number(row, kParameterBytes, 0));
    const std::vector<LayerId> inputs = parse_ids(table, row);
    if (cells[kRole] == "layer") {
      if (table.integer(row, kId, 0) != static_cast<long>(layers.size()))
        throw InputError(file, "row " + std::to_string(row + 1) + ", id", cells[kId], "ids must count up from 0");
      layers.push_back({cells[kName], cells[kKind], inputs,
                        parse_shape(cells[kShape], file, "row " + std::to_string(row + 1) + ", output_shape"),
                        Bytes(table.number(row, kOutputBytes, 0)), flops, parameters});
    } else if (cells[kRole] == "exit" && inputs.size() == 1) {
      heads.push_back({cells[kName], inputs.front(), flops, parameters});
    } else {
      throw InputError(file, "row " + std::to_string(row + 1) + ", role", cells[kRole],
                       "must be `layer`, or `exit` with one input");
    }
  }
  const std::string& model = table.meta("model");
  try {
    return {model, std::move(layers), std::move(heads)};
  } catch (const InputError& error) {
    throw InputError(file, "", "", error.what());
  }
}

std::string layer_graph_text(const LayerGraph& graph) {
  FileTable table{"", {{"model", graph.model()}}, kColumns, {}};
  for (LayerId id = 0; id < graph.size(); ++id) {
    const Layer& layer = graph.layer(id);
    table.rows.push_back({std::to_string(id), "layer", layer.name, layer.kind, format_ids(layer.inputs),
                          format_shape(layer.output_shape), format_number(layer.output_bytes.si()),
                          format_number(layer.flops.si()), format_number(layer.parameter_bytes.si())});
  }
  for (ExitId id = 0; id < graph.exit_heads().size(); ++id) {
    const ExitHead& head = graph.exit_heads()[id];
    table.rows.push_back({std::to_string(id), "exit", head.name, "exit", std::to_string(head.layer), "", "0",
                          format_number(head.flops.si()), format_number(head.parameter_bytes.si())});
  }
  return table_text(table);
}

void save_layer_graph(const LayerGraph& graph, const std::filesystem::path& file) {
  write_whole_file(file, layer_graph_text(graph));
}

std::string format_shape(const std::vector<long>& shape) {
  return joined(shape, "x", [](long size) { return std::to_string(size); });
}

std::vector<long> parse_shape(const std::string& text, const std::string& file, const std::string& field) {
  const InputError bad(file, field, text.empty() ? "(empty)" : text,
                       "must be sizes like 1x3x224x224, each 1 to 1000000");
  std::vector<long> shape;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('x', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    if (part.empty() || part.size() > 7 || part.find_first_not_of("0123456789") != std::string::npos) throw bad;
    shape.push_back(std::stol(part));
    if (shape.back() < 1 || shape.back() > 1000000) throw bad;
    begin = end + 1;
  }
  return shape;
}

}  // namespace twinfer
