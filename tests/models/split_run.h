// Runs a network cut in two, with nothing but the cut's tensors, as bytes,
// between the halves.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/sub.h>

#include "core/cut.h"
#include "models/network.h"
#include "models/tensor_codec.h"

namespace twinfer {

inline at::Tensor through_codec(const at::Tensor& tensor) {
  const EncodedTensor encoded = encode_tensor(tensor);
  const DecodeBuffer buffer = make_decode_buffer(encoded.shape, std::numeric_limits<std::size_t>::max());
  std::memcpy(buffer.bytes.data(), encoded.bytes.data(), encoded.bytes.size());
  return buffer.tensor;
}

inline at::Tensor run_suffix(const Network& network, LayerId after, Activations tensors) {
  for (LayerId layer = after + 1; layer < network.graph().size(); ++layer)
    tensors[layer] = network.run_layer(layer, tensors);
  return tensors.at(network.graph().last());
}

// Largest difference between the logits of a network cut after every `step`-th
// layer in turn and those of the network run as a whole, relative to the largest logit.
inline double worst_cut_difference(const Network& network, const at::Tensor& input, LayerId step = 1) {
  const LayerGraph& graph = network.graph();
  const at::Tensor whole = network.forward(input);
  const double scale = std::max(1.0, whole.abs().max().item<double>());
  Activations prefix{{0, input}};
  double worst = 0;
  for (LayerId after = 0; after < graph.last(); ++after) {
    if (after > 0) prefix[after] = network.run_layer(after, prefix);
    if (after % step != 0) continue;
    Activations crossed;
    for (const LayerId id : cut_after(graph, after).tensors) crossed[id] = through_codec(prefix.at(id));
    const at::Tensor parts = run_suffix(network, after, crossed);
    worst = std::max(worst, at::sub(parts, whole).abs().max().item<double>() / scale);
  }
  return worst;
}

}  // namespace twinfer
