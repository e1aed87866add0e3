// Imported networks against the modules that they were made from.
#pragma once

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sub.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/serialization/import.h>

#include "core/cut.h"
#include "models/network.h"
#include "tests/models/split_run.h"

namespace twinfer {

inline at::Tensor random_input(const std::vector<long>& shape, std::uint64_t seed) {
  return at::empty(shape, at::kFloat).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

// What LibTorch's own interpreter gives: the first tensor of it.
inline at::Tensor run_original(const std::filesystem::path& file, const at::Tensor& input) {
  const c10::InferenceMode inference;
  torch::jit::Module module = torch::jit::load(file.string());
  module.eval();
  c10::IValue result = module.forward({input.clone()});
  while (!result.isTensor()) result = c10::IValue(result.toTupleRef().elements()[0]);
  return result.toTensor();
}

// Relative to the largest output, as imports promise it.
inline double relative_difference(const at::Tensor& given, const at::Tensor& expected) {
  const double scale = std::max(1.0, expected.abs().max().item<double>());
  return at::sub(given.reshape({-1}), expected.reshape({-1})).abs().max().item<double>() / scale;
}

// The network cut in two after `after`, its parts joined by bytes alone.
inline at::Tensor run_cut(const Network& network, LayerId after, const at::Tensor& input) {
  Activations prefix{{0, input}};
  for (LayerId layer = 1; layer <= after; ++layer) prefix[layer] = network.run_layer(layer, prefix);
  Activations crossed;
  for (const LayerId id : cut_after(network.graph(), after).tensors) crossed[id] = through_codec(prefix.at(id));
  return run_suffix(network, after, crossed);
}

// Every layer on another device.
inline at::Tensor run_scattered(const Network& network, const at::Tensor& input) {
  Activations tensors{{0, through_codec(input)}};
  for (LayerId layer = 1; layer < network.graph().size(); ++layer)
    tensors[layer] = through_codec(network.run_layer(layer, tensors));
  return tensors.at(network.graph().last());
}

inline std::vector<LayerId> random_cuts(const LayerGraph& graph, std::size_t count, unsigned seed) {
  std::mt19937 draw(seed);
  std::vector<LayerId> cuts;
  while (cuts.size() < count) cuts.push_back(draw() % graph.last());
  return cuts;
}

}  // namespace twinfer
