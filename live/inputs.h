// The tensors that requests carry into the first stage, loaded before a run.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/scenario.h"
#include "core/workload.h"
#include "live/wire_tensor.h"

namespace twinfer {

// One tensor for each sample that occurs; requests of one sample share it.
// Throws InputError if the data set lacks a sample or has it in another class than
// the exit trace, or if all would exceed 4 GiB.
std::map<std::uint64_t, WireTensor> load_inputs(const Scenario& scenario, const std::vector<Request>& requests);

}  // namespace twinfer
