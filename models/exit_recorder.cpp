#include "models/exit_recorder.h"

namespace twinfer {

std::vector<ExitObservation> observe_exits(const Network& network, const at::Tensor& input) {
  const LayerGraph& graph = network.graph();
  std::vector<ExitObservation> seen;
  Activations tensors{{0, input}};
  for (LayerId layer = 1; layer < graph.size(); ++layer) {
    tensors[layer] = network.run_layer(layer, tensors);
    if (seen.size() < graph.exit_heads().size() && graph.exit_heads()[seen.size()].layer == layer)
      seen.push_back(observe(network.run_head(seen.size(), tensors[layer])));
  }
  seen.push_back(observe(tensors.at(graph.last())));
  return seen;
}

ExitTrace record_exits(const Network& network, const LabelledImages& images, const SampleProgress& progress) {
  ExitTrace trace{network.graph().model(), {}};
  for (std::size_t i = 0; i < images.labels.size(); ++i) {
    const at::Tensor input = images.images.narrow(0, static_cast<long>(i), 1);
    trace.samples.push_back({images.samples[i], images.labels[i], observe_exits(network, input)});
    if (progress) progress(i + 1, images.labels.size());
  }
  return trace;
}

}  // namespace twinfer
