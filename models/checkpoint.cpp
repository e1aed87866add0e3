#include "models/checkpoint.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include "core/error.h"
#include "models/tensor_file.h"

namespace twinfer {
namespace {

// Names of a checkpoint's tensors: these prefixes and the tensor's own name.
constexpr const char* kWeights = "weights/";
constexpr const char* kOptimizer = "optimizer/";
constexpr const char* kRun = "run/";

// What a run must share with its checkpoint, by the options' names.
std::vector<std::pair<std::string, std::uint64_t>> identity(const TrainingSettings& settings) {
  return {{"seed", settings.seed}, {"epochs", settings.epochs}, {"threads", settings.threads}};
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file), tensors_(read_tensors(file, "checkpoint")) {}

  [[nodiscard]] std::uint64_t number(const std::string& name) const {
    const auto found = tensors_.find(kRun + name);
    if (found == tensors_.end() || found->second.scalar_type() != at::kLong || found->second.numel() != 1)
      throw InputError(file_, name, "", "missing; the checkpoint is damaged");
    return static_cast<std::uint64_t>(found->second.item<long>());
  }

  // The tensors under a prefix, each of the type and shape of its namesake in `expected`.
  template <class Tensors>
  [[nodiscard]] NamedTensors like(const Tensors& expected, const std::string& prefix) const {
    NamedTensors found;
    for (const auto& [name, tensor] : expected) {
      const auto entry = tensors_.find(prefix + name);
      if (entry == tensors_.end() || entry->second.sizes() != tensor.sizes() ||
          entry->second.scalar_type() != tensor.scalar_type())
        throw InputError(file_, name, "", "missing or of another shape; the checkpoint is of another network");
      found[name] = entry->second;
    }
    return found;
  }

 private:
  std::filesystem::path file_;
  NamedTensors tensors_;
};

void check_identity(const Reader& reader, const TrainingSettings& settings) {
  for (const auto& [name, value] : identity(settings))
    if (const std::uint64_t stored = reader.number(name); stored != value)
      throw InputError(settings.checkpoint, name, std::to_string(value),
                       "the checkpoint is of a run with " + std::to_string(stored));
}

at::Tensor number(std::uint64_t value) { return at::tensor(static_cast<long>(value)); }

}  // namespace

unsigned resume_from_checkpoint(Network& network, Optimizer& optimizer, const TrainingSettings& settings) {
  if (settings.checkpoint.empty() || !std::filesystem::exists(settings.checkpoint)) return 0;
  const Reader reader(settings.checkpoint);
  check_identity(reader, settings);
  const std::uint64_t done = reader.number("done");
  if (done > settings.epochs)
    throw InputError(settings.checkpoint, "done", std::to_string(done), "the checkpoint is damaged");
  const NamedTensors weights = reader.like(network.state(), kWeights);
  const NamedTensors state = reader.like(optimizer.state(), kOptimizer);

  const at::NoGradGuard no_gradients;  // a copy, not a step of training
  for (auto& [name, tensor] : network.state()) tensor.copy_(weights.at(name));
  optimizer.restore(state);
  return static_cast<unsigned>(done);
}

void save_checkpoint(const Network& network, const Optimizer& optimizer, const TrainingSettings& settings,
                     unsigned epochs_done) {
  if (settings.checkpoint.empty()) return;
  TensorList tensors{{std::string(kRun) + "done", number(epochs_done)}};
  for (const auto& [name, value] : identity(settings)) tensors.emplace_back(kRun + name, number(value));
  for (const auto& [name, tensor] : network.state()) tensors.emplace_back(kWeights + name, tensor);
  for (const auto& [name, tensor] : optimizer.state()) tensors.emplace_back(kOptimizer + name, tensor);
  write_tensors(tensors, settings.checkpoint);
}

}  // namespace twinfer
