// The pickled dictionary goes through LibTorch's own reader and writer.
#include "models/tensor_file.h"

#include <fstream>
#include <iterator>

#include <ATen/core/Dict.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include "core/error.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

std::vector<char> read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(file)) throw InputError(file, "", "", "cannot be read");
  std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.empty()) throw InputError(file, "", "", "is empty");
  return bytes;
}

}  // namespace

NamedTensors read_tensors(const std::filesystem::path& file, const std::string& kind) {
  const std::vector<char> bytes = read_bytes(file);
  const InputError bad(file, "", "", "is no " + kind + ", or a truncated one");
  NamedTensors tensors;
  try {
    const c10::IValue value = torch::jit::pickle_load(bytes);
    if (!value.isGenericDict()) throw bad;
    for (const auto& entry : value.toGenericDict()) {
      if (!entry.key().isString() || !entry.value().isTensor()) throw bad;
      tensors.emplace(entry.key().toStringRef(), entry.value().toTensor());
    }
  } catch (const c10::Error&) {
    throw bad;
  }
  return tensors;
}

void write_tensors(const TensorList& tensors, const std::filesystem::path& file) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : tensors) dictionary.insert(name, tensor.detach());
  const std::vector<char> bytes = torch::jit::pickle_save(dictionary);
  write_whole_file(file, {bytes.data(), bytes.size()});
}

}  // namespace twinfer
