// What requests cost in energy: the only place where time and bytes become joules.
//
// Counted, above what everything draws at rest: a device while it decodes, runs
// layers and active heads, and encodes, as SimGrid's host energy plugin draws the
// line between its watts; a link by bytes / bandwidth, as SimGrid's link energy
// plugin does where there is no latency. A link that states no watts adds nothing, as
// there.
//
// Not counted: what the devices draw at rest, which no plan changes and which
// idle_power() gives; a message's fixed overhead and the cores that it takes; waiting.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/platform.h"
#include "core/units.h"

namespace twinfer {

// What a device draws above rest with `cores` of its cores at work, at most all it
// has. Throws InputError naming the platform's file, host and property if it states no watts.
Watts busy_power(const Platform& platform, DeviceId device, unsigned cores);

// For `payload` to cross every link of the route. REQUIRES: a route.
Joules route_energy(const Platform& platform, Bytes payload, DeviceId from, DeviceId to);

// What these devices draw at rest, together. Throws as busy_power does.
Watts idle_power(const Platform& platform, const std::vector<DeviceId>& devices);

// What one request, or any number of them, uses. Planned, simulated or measured.
struct Usage {
  // Of every device that takes part, the source among them: how long it had so many
  // jobs at once. A job is decoding and computing, or encoding.
  std::map<DeviceId, std::map<unsigned, Seconds>> computing;
  std::map<std::pair<DeviceId, DeviceId>, Bytes> carried;  // by the ends of the route
};

// Of one request that runs to the end, its result included, on average over the turns
// of replicas. REQUIRES: feasible stages.
Usage usage_of(const CostModel& cost, const std::vector<Stage>& stages, DeviceId source,
               const std::vector<ExitId>& active_heads);

// Of one device that takes part. `threads` are the cores that a job keeps busy: an
// executor's. Throws as busy_power does.
Joules device_energy(const Platform& platform, const Usage& usage, DeviceId device, unsigned threads);

// Of all links together.
Joules links_energy(const Platform& platform, const Usage& usage);

// Of all that takes part. Throws as busy_power does.
Joules energy_of(const Platform& platform, const Usage& usage, unsigned threads);

}  // namespace twinfer
