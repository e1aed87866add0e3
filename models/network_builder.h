// Builds a network by naming its layers in topological order. Each operator is
// really run once as it is added, on a tensor of its real input shape: shapes,
// bytes and work of the LayerGraph come from that run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network_body.h"

namespace twinfer {

class NetworkBuilder {
 public:
  // Throws InputError unless `input_shape` is 1 x `channels` x height x width.
  NetworkBuilder(std::string model, const std::vector<long>& input_shape, long channels, std::uint64_t seed);

  static constexpr LayerId kInput = 0;

  // Adds a layer that reads `inputs`, and gives its id. Throws InputError naming
  // the layer if it cannot take tensors of their shape.
  LayerId layer(const std::string& name, const OperatorRecipe& recipe, const std::vector<LayerId>& inputs);

  // Hangs a classifier on `layer`: steps named "exit1.0", "exit1.1", ...
  void exit_head(const std::string& name, LayerId layer, const std::vector<OperatorRecipe>& steps);

  // The network so far; the builder is spent.
  Network finish();

 private:
  // An operator, what it makes of tensors of the inputs' shapes, and its sizes.
  struct Trial {
    NamedOperator made;
    std::vector<long> shape;
    Bytes bytes;
    Flops flops;
    Bytes parameter_bytes;
  };
  Trial try_out(const std::string& name, const OperatorRecipe& recipe, const std::vector<std::vector<long>>& shapes);

  std::string model_;
  WeightSource weights_;
  std::vector<NamedOperator> operators_;
  std::vector<Layer> layers_;
  std::vector<std::vector<NamedOperator>> head_operators_;
  std::vector<ExitHead> heads_;
};

}  // namespace twinfer
