// What runs of a plan tell of its parts, request by request: how long messages and computing take
// that nothing else holds up.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"
#include "core/stage_work.h"
#include "core/units.h"

namespace twinfer {

// A run, and the same requests as the scenario that is to be refitted simulates them, with median costs. With
// those, what messages take from each other is told apart from what they take alone; without (no rows), it
// counts as theirs.
struct RefitRun {
  RunRows measured;
  RunRows simulated = {};
};

struct MessageSample {
  Bytes bytes;
  // Overhead, wire and latency, without what the simulation says that it lost to other messages.
  Seconds transfer;
  std::optional<Seconds> wait;  // for connection and executor that were idle: the hand-off; nothing: they were busy
  bool to_executor = false;     // else a result
};

// A stage's computing for one request, and the profile's medians for it.
struct ComputingSample {
  Seconds always;     // of what every request runs there
  Seconds sometimes;  // of what only those run that stay on
  Seconds measured;
};

// What a device took in all to encode or decode these tensors, and by its profile.
struct CodecTimes {
  Seconds measured, profile;
  std::set<LayerId> tensors;
};

using WayEnds = std::pair<DeviceId, DeviceId>;
using StageAt = std::pair<std::size_t, DeviceId>;

struct RefitSamples {
  std::map<WayEnds, std::vector<MessageSample>> messages;
  std::map<StageAt, std::vector<ComputingSample>> computing;
  std::map<DeviceId, CodecTimes> encoding, decoding;
};

// What every request runs that reaches the stage: all of it, or up to its first head that requests leave at.
StageWork always_run(const Scenario& scenario, const Plan& plan, std::size_t stage);

// Requests that did not return are left out. Throws InputError where one ran on devices that `plan` does not have
// there; another cut between the same devices is not noticed. REQUIRES: rows by request, then stage.
RefitSamples collect_samples(const Scenario& scenario, const Plan& plan, const std::vector<RefitRun>& runs);

}  // namespace twinfer
