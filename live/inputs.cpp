#include "live/inputs.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "models/dataset.h"
#include "models/tensor_codec.h"

namespace twinfer {
namespace {

constexpr double kLargestInputs = 4.0 * 1024 * 1024 * 1024;  // bytes

std::uint64_t data_set_id(const Scenario& scenario, std::uint64_t sample) {
  return scenario.trace ? scenario.trace->samples.at(sample).sample : sample;
}

// Recorded exits are of the images of a data set: tensors drawn at random would
// be classified, counted and compared all the same, and mean nothing.
void check_has_data(const Scenario& scenario) {
  if (!scenario.trace || !scenario.data_dir.empty() || has_own_data(scenario.model)) return;
  throw InputError(
      scenario.file, "data", "",
      "missing; a live run of " + scenario.model + " needs the folder of the images that its exits were recorded on");
}

// In another order, or of another set, the images would have other exits than
// those recorded.
void check_label(const Scenario& scenario, const InputSource& source, std::uint64_t sample) {
  if (!scenario.trace) return;
  const SampleTrace& recorded = scenario.trace->samples.at(sample);
  const std::optional<int> label = source.label(recorded.sample);
  if (label && *label != recorded.true_class)
    throw InputError(
        scenario.file, "data", scenario.data_dir,
        fmt::format("its test image {} is of class {}, and exits were recorded on one of class {}; "
                    "`twinfer model trace {} --data {}` records them on these images",
                    recorded.sample, *label, recorded.true_class, scenario.model, scenario.data_dir.string()));
}

WireTensor load(const InputSource& source, std::uint64_t id) {
  EncodedTensor encoded = encode_tensor(source.input(id));
  const auto owner = std::make_shared<at::Tensor>(std::move(encoded.keep_alive));
  return {0, std::move(encoded.shape), owner, {const_cast<std::byte*>(encoded.bytes.data()), encoded.bytes.size()}};
}

}  // namespace

std::map<std::uint64_t, WireTensor> load_inputs(const Scenario& scenario, const std::vector<Request>& requests) {
  const Layer& input = scenario.graph.layer(0);
  check_has_data(scenario);
  const InputSource source(scenario.model, scenario.models_dir, input.output_shape, scenario.weights_seed,
                           scenario.data_dir);
  std::map<std::uint64_t, WireTensor> inputs;
  for (const Request& request : requests) {
    if (inputs.contains(request.sample)) continue;
    if (static_cast<double>(inputs.size() + 1) * input.output_bytes.si() > kLargestInputs)
      throw InputError(scenario.file, "requests", std::to_string(scenario.requests),
                       "their inputs would take over 4 GiB of memory");
    check_label(scenario, source, request.sample);
    inputs.emplace(request.sample, load(source, data_set_id(scenario, request.sample)));
  }
  return inputs;
}

}  // namespace twinfer
