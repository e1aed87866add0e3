// Weights as a pickled dictionary from name to tensor: what torch.save writes of
// a state_dict, so that published weights load and ours load in Python.
#include "models/weights.h"

#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include <ATen/core/Dict.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include "core/error.h"

namespace twinfer {
namespace {

using NamedTensors = std::map<std::string, at::Tensor>;

// Batch norm's training counter: in published files, of no use in inference.
constexpr std::string_view kIgnoredSuffix = ".num_batches_tracked";

std::vector<char> read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(file)) throw InputError(file, "", "", "cannot be read");
  std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.empty()) throw InputError(file, "", "", "is empty");
  return bytes;
}

NamedTensors parse(const std::filesystem::path& file) {
  const std::vector<char> bytes = read_bytes(file);
  const InputError bad(file, "", "", "is no weights file, or a truncated one");
  NamedTensors tensors;
  try {
    const c10::IValue value = torch::jit::pickle_load(bytes);
    if (!value.isGenericDict()) throw bad;
    for (const auto& entry : value.toGenericDict()) {
      if (!entry.key().isString() || !entry.value().isTensor()) throw bad;
      if (!entry.key().toStringRef().ends_with(kIgnoredSuffix))
        tensors.emplace(entry.key().toStringRef(), entry.value().toTensor());
    }
  } catch (const c10::Error&) {
    throw bad;
  }
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

void save_weights(const Network& network, const std::filesystem::path& file) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : network.state()) dictionary.insert(name, tensor.detach());
  const std::vector<char> bytes = torch::jit::pickle_save(dictionary);

  std::filesystem::path beside = file;
  beside += ".part";
  std::ofstream out(beside, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(beside, file, error);
  if (!out || error) {
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    throw InputError(file, "", "", "cannot be written");
  }
}

void load_weights(Network& network, const std::filesystem::path& file) {
  const NamedTensors given = parse(file);
  check(file, given, network);
  const c10::InferenceMode inference;  // a copy, not a step of training
  for (auto& [name, tensor] : network.state()) tensor.copy_(given.at(name));
}

}  // namespace twinfer
