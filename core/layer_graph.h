// A network as the planner sees it: a DAG of layers with sizes and work,
// derived by running the network once (models/), never typed by hand.
//
// Ignores: what a layer computes. Operators live in models/.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

// Position in the graph's topological order. Layer 0 is the network's input:
// it costs nothing, exists on the source device, and its output is the request.
using LayerId = std::size_t;

// Position of an exit head in the order of the layers that they hang on.
// The network's last layer is the final exit, with id == exit_heads().size().
using ExitId = std::size_t;

struct Layer {
  std::string name;
  std::string kind;                // operator: conv, relu, maxpool, linear, add, ...
  std::vector<LayerId> inputs;     // producers, each smaller than this layer's id; empty for layer 0
  std::vector<long> output_shape;  // batch first
  Bytes output_bytes;
  Flops flops;  // a multiply-add counts as two
  Bytes parameter_bytes;
};

// A classifier hanging on a layer, through which an easy input may leave.
struct ExitHead {
  std::string name;
  LayerId layer;  // evaluated right after this layer, on the stage that holds it
  Flops flops;
  Bytes parameter_bytes;
};

// Immutable once built, hence safe to share between threads.
class LayerGraph {
 public:
  // Throws InputError (with `model` as file) unless layer 0 is the input, every
  // other layer has inputs that precede it, names are unique, only the last
  // layer is unused by others, and heads hang on ascending inner layers.
  LayerGraph(std::string model, std::vector<Layer> layers, std::vector<ExitHead> exit_heads);

  [[nodiscard]] const std::string& model() const { return model_; }
  [[nodiscard]] std::size_t size() const { return layers_.size(); }  // layer 0 included
  [[nodiscard]] LayerId last() const { return layers_.size() - 1; }
  [[nodiscard]] const Layer& layer(LayerId id) const { return layers_.at(id); }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] const std::vector<ExitHead>& exit_heads() const { return exit_heads_; }

  // The last layer that reads the output of `id`; `id` itself for the last layer.
  [[nodiscard]] LayerId last_reader(LayerId id) const { return last_reader_.at(id); }

  // The id of the layer or head so named; nothing if there is none.
  [[nodiscard]] std::optional<LayerId> find_layer(const std::string& name) const;
  [[nodiscard]] std::optional<ExitId> find_exit(const std::string& name) const;

  // "exit1" for a head, "final" for the last layer.
  [[nodiscard]] std::string exit_name(ExitId id) const;

 private:
  std::string model_;
  std::vector<Layer> layers_;
  std::vector<ExitHead> exit_heads_;
  std::vector<LayerId> last_reader_;
};

// Bytes of each layer's parameters, those of the heads that hang on it included.
std::vector<Bytes> parameters_by_layer(const LayerGraph& graph);

// Reads and writes models/graphs/NAME.csv (docs/formats.md). Reading throws
// InputError on a missing, truncated or inconsistent file; writing on a file
// that cannot be written.
LayerGraph load_layer_graph(const std::filesystem::path& file);
void save_layer_graph(const LayerGraph& graph, const std::filesystem::path& file);

// What `save_layer_graph` writes.
std::string layer_graph_text(const LayerGraph& graph);

// "1x3x224x224" <-> {1, 3, 224, 224}. Parsing throws InputError on anything else.
std::string format_shape(const std::vector<long>& shape);
std::vector<long> parse_shape(const std::string& text, const std::string& file, const std::string& field);

}  // namespace twinfer
