#include "live/stage_runner.h"

#include <limits>
#include <utility>

#include <torch/types.h>

#include "core/cut.h"
#include "models/network.h"
#include "models/tensor_codec.h"

namespace twinfer {
namespace {

// The tensor shares the wire's memory and keeps it alive.
torch::Tensor as_tensor(const WireTensor& wire) {
  return torch::from_blob(
      wire.bytes.data(), wire.shape, [owner = wire.owner](void*) {}, torch::kFloat32);
}

WireTensor as_wire(LayerId layer, const torch::Tensor& tensor) {
  EncodedTensor encoded = encode_tensor(tensor);
  const auto owner = std::make_shared<torch::Tensor>(std::move(encoded.keep_alive));
  // Sent tensors are only read; one type serves both directions.
  auto* const bytes = const_cast<std::byte*>(encoded.bytes.data());
  return {layer, std::move(encoded.shape), owner, {bytes, encoded.bytes.size()}};
}

StageOutcome left_at(ExitId exit, const ExitObservation& observation, const torch::Tensor& logits) {
  const torch::Tensor row = logits.contiguous();
  const float* const first = row.data_ptr<float>();
  return {exit, observation, {first, first + row.numel()}, {}};
}

// Frees what no later layer reads, as soon as it was read last.
void drop_unused(Activations& tensors, const LayerGraph& graph, LayerId done) {
  std::erase_if(tensors,
                [&](const auto& entry) { return entry.first < done && graph.last_reader(entry.first) <= done; });
}

}  // namespace

const LayerGraph& graph_of(const Network& network) { return network.graph(); }

std::vector<WireTensor> cut_shapes(const LayerGraph& graph, LayerId after) {
  std::vector<WireTensor> shapes;
  for (const LayerId layer : cut_after(graph, after).tensors)
    shapes.push_back({layer, graph.layer(layer).output_shape, nullptr, {}});
  return shapes;
}

StageRunner::StageRunner(std::shared_ptr<const Network> network, const Stage& stage,
                         std::unique_ptr<const ExitPolicy> exits)
    : network_(std::move(network)),
      stage_(stage),
      exits_(std::move(exits)),
      work_(stage_work(network_->graph(), stage_, exits_->active_heads(), std::nullopt)) {}

const LayerGraph& StageRunner::graph() const { return network_->graph(); }

std::vector<WireTensor> StageRunner::allocate_inputs() const {
  std::vector<WireTensor> inputs = cut_shapes(graph(), stage_.first - 1);
  for (WireTensor& input : inputs) {
    const DecodeBuffer buffer = make_decode_buffer(input.shape, std::numeric_limits<std::size_t>::max());
    input.owner = std::make_shared<torch::Tensor>(buffer.tensor);
    input.bytes = buffer.bytes;
  }
  return inputs;
}

StageOutcome StageRunner::run(const std::vector<WireTensor>& inputs, bool runs_all) const {
  Activations tensors;
  for (const WireTensor& input : inputs) tensors[input.layer] = as_tensor(input);

  const std::vector<ExitHead>& heads = graph().exit_heads();
  auto head = work_.heads.begin();
  for (const LayerId layer : work_.layers) {
    tensors[layer] = network_->run_layer(layer, tensors);
    for (; head != work_.heads.end() && heads[*head].layer == layer; ++head) {
      const torch::Tensor logits = network_->run_head(*head, tensors[layer]);
      const ExitObservation seen = observe(logits);
      if (!runs_all && exits_->leaves(*head, seen)) return left_at(*head, seen, logits);
    }
    drop_unused(tensors, graph(), layer);
  }
  if (stage_.last == graph().last()) {
    const torch::Tensor& logits = tensors.at(stage_.last);
    return left_at(heads.size(), observe(logits), logits);
  }

  StageOutcome outcome;
  for (const LayerId layer : cut_after(graph(), stage_.last).tensors)
    outcome.tensors.push_back(as_wire(layer, tensors.at(layer)));
  return outcome;
}

}  // namespace twinfer
