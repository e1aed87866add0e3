// A weights file holds exactly the state of one network.
#include "models/weights.h"

#include <string_view>

#include <c10/core/InferenceMode.h>

#include "core/error.h"
#include "models/tensor_file.h"

namespace twinfer {
namespace {

// Batch norm's training counter: in published files, of no use in inference.
constexpr std::string_view kIgnoredSuffix = ".num_batches_tracked";

NamedTensors read_weights(const std::filesystem::path& file) {
  NamedTensors tensors = read_tensors(file, "weights file");
  std::erase_if(tensors, [](const auto& entry) { return entry.first.ends_with(kIgnoredSuffix); });
  return tensors;
}

void check_tensor(const std::filesystem::path& file, const std::string& name, const at::Tensor& given,
                  const at::Tensor& expected) {
  if (given.scalar_type() != at::kFloat)
    throw InputError(file, name, c10::toString(given.scalar_type()), "must be of type Float");
  if (given.sizes() != expected.sizes())
    throw InputError(file, name, format_shape(given.sizes().vec()),
                     "must have the shape " + format_shape(expected.sizes().vec()));
}

// Everything before the first change, so that a bad file changes nothing.
void check(const std::filesystem::path& file, const NamedTensors& given, const Network& network) {
  NamedTensors unknown = given;
  for (const auto& [name, tensor] : network.state()) {
    const auto found = given.find(name);
    if (found == given.end()) throw InputError(file, name, "", "missing; " + network.graph().model() + " needs it");
    check_tensor(file, name, found->second, tensor);
    unknown.erase(name);
  }
  if (!unknown.empty())
    throw InputError(file, unknown.begin()->first, "",
                     "unknown; " + network.graph().model() + " has no such parameter");
}

}  // namespace

void save_weights(const Network& network, const std::filesystem::path& file) { write_tensors(network.state(), file); }

void load_weights(Network& network, const std::filesystem::path& file) {
  const NamedTensors given = read_weights(file);
  check(file, given, network);
  const c10::InferenceMode inference;  // a copy, not a step of training
  for (auto& [name, tensor] : network.state()) tensor.copy_(given.at(name));
}

}  // namespace twinfer
