#include "live/stage_runner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <torch/types.h>

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

// What can be freed after each layer of the stage: tensors that it was the last
// to read, unless they are sent on.
std::map<LayerId, std::vector<LayerId>> dropped_after(const StageShare& share, const LayerGraph& graph) {
  std::map<LayerId, LayerId> last_reader;
  for (const LayerId tensor : share.receives)
    last_reader[tensor] = share.stage.layers.front();  // relayed, or never read
  for (const LayerId layer : share.stage.layers)
    for (const LayerId input : graph.layer(layer).inputs) last_reader[input] = layer;
  std::map<LayerId, std::vector<LayerId>> dropped;
  for (const auto& [tensor, reader] : last_reader)
    if (!std::ranges::binary_search(share.sends, tensor)) dropped[reader].push_back(tensor);
  return dropped;
}

}  // namespace

const LayerGraph& graph_of(const Network& network) { return network.graph(); }

StageShare share_of(const std::vector<Stage>& stages, std::size_t index, const LayerGraph& graph) {
  const std::vector<Cut> cuts = cuts_of(stages, graph);
  const bool last = index + 1 == stages.size();
  return {stages[index], cuts[index].tensors, last ? std::vector<LayerId>{} : cuts[index + 1].tensors};
}

StageRunner::StageRunner(std::shared_ptr<const Network> network, StageShare share,
                         std::unique_ptr<const ExitPolicy> exits)
    : network_(std::move(network)),
      share_(std::move(share)),
      exits_(std::move(exits)),
      work_(stage_work(network_->graph(), share_.stage, exits_->active_heads(), std::nullopt)),
      dropped_(dropped_after(share_, network_->graph())) {}

const LayerGraph& StageRunner::graph() const { return network_->graph(); }

std::vector<WireTensor> StageRunner::allocate_inputs() const {
  std::vector<WireTensor> inputs;
  for (const LayerId tensor : share_.receives) {
    const std::vector<long>& shape = graph().layer(tensor).output_shape;
    const DecodeBuffer buffer = make_decode_buffer(shape, std::numeric_limits<std::size_t>::max());
    inputs.push_back({tensor, shape, std::make_shared<torch::Tensor>(buffer.tensor), buffer.bytes});
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
    if (const auto unread = dropped_.find(layer); unread != dropped_.end())
      for (const LayerId tensor : unread->second) tensors.erase(tensor);
  }
  if (share_.sends.empty()) {
    const torch::Tensor& logits = tensors.at(graph().last());
    return left_at(heads.size(), observe(logits), logits);
  }

  StageOutcome outcome;
  for (const LayerId layer : share_.sends) outcome.tensors.push_back(as_wire(layer, tensors.at(layer)));
  return outcome;
}

}  // namespace twinfer
