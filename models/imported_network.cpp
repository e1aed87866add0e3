#include "models/imported_network.h"

#include <algorithm>
#include <cstdio>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sub.h>
#include <c10/core/InferenceMode.h>

#include "core/error.h"
#include "models/torchscript_file.h"
#include "models/torchscript_layers.h"
#include "models/torchscript_nodes.h"
#include "models/torchscript_recorder.h"

namespace twinfer {
namespace {

at::Tensor some_input(const std::vector<long>& shape, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::empty(shape, at::kFloat).normal_(0, 1, generator);
}

void check_shape(const std::string& file, const std::vector<long>& shape) {
  if (shape.size() < 2 || shape.front() != 1)
    throw InputError(file, "input shape", format_shape(shape), "must begin with 1: a request is one input");
}

// What the module itself gives, nothing recorded.
at::Tensor run_module(const torch::jit::Module& module, const std::string& file, const at::Tensor& input) {
  const c10::InferenceMode inference;
  const WalkHooks hooks{run_natively, [](const c10::IValue&) {}};
  return first_tensor(walk_forward(module, file, input.clone(), hooks), file);
}

void check_against(const torch::jit::Module& module, const Network& network, const std::string& file) {
  constexpr std::uint64_t kOtherSeed = 2;
  const at::Tensor input = some_input(network.input_shape(), kOtherSeed);
  const at::Tensor expected = run_module(module, file, input).reshape({-1});
  if (!expected.isfinite().all().item<bool>())
    throw InputError(file, "result", "", "the module's own output is not finite, so that nothing can be compared");
  const at::Tensor given = network.forward(input).reshape({-1});
  const double scale = std::max(1.0, expected.abs().max().item<double>());
  const double error = at::sub(given, expected).abs().max().item<double>() / scale;
  if (error <= kLargestImportError) return;  // what is not a number is larger, too
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", error);
  throw InputError(file, "error", text, "the imported network differs from the module by more than 1e-5");
}

ImportedNetwork import_with(const std::filesystem::path& file, const std::string& model,
                            const std::vector<long>& input_shape, bool checks) {
  constexpr std::uint64_t kSeed = 1;
  check_shape(file, input_shape);
  const torch::jit::Module module = load_torchscript(file);
  try {
    Recording recording = record_forward(module, file, some_input(input_shape, kSeed));
    const std::size_t results = recording.results;
    ImportedNetwork imported{make_layers(std::move(recording), model, file, input_shape), results};
    if (checks) check_against(module, imported.network, file);
    return imported;
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& error) {  // LibTorch's own words take many lines
    throw InputError(file, "", "", "cannot be imported: " + first_line(error));
  }
}

}  // namespace

ImportedNetwork import_network(const std::filesystem::path& file, const std::string& model,
                               const std::vector<long>& input_shape) {
  return import_with(file, model, input_shape, false);
}

ImportedNetwork import_and_check(const std::filesystem::path& file, const std::string& model,
                                 const std::vector<long>& input_shape) {
  return import_with(file, model, input_shape, true);
}

}  // namespace twinfer
