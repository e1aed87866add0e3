// Measurements of a fleet as the platform and profiles that the simulator takes.
//
// Ignores: how ways interfere. Each was measured alone; what several flows get of a
// common link is the topology's to say.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/latency_profile.h"
#include "core/link_attribution.h"
#include "core/plan.h"
#include "core/platform.h"
#include "core/transfer_fit.h"

namespace twinfer {

inline constexpr Seconds kLongestPause(1);  // that workers take before a message, and before a run of a network

struct MeasuredWay {
  Way way;
  std::vector<RoundTrip> round_trips;
  std::vector<Seconds> gaps;    // what one more of the smallest messages in a row takes
  std::vector<Bytes> left_out;  // sizes that would have taken too long
};

struct FittedWay {
  Way way;
  TransferFit fit;
  TransferCost cost;  // by the gap of this way
  std::vector<Bytes> left_out;
};

// The line of each way is for messages up to `largest`. Throws InputError naming the way
// and what its times lack.
std::vector<FittedWay> fit_ways(const Platform& platform, const std::vector<MeasuredWay>& measured,
                                std::optional<Bytes> largest);

// What a message holds a connection of each device for that ways begin at: the least of its
// ways. A simulated device has one overhead for all of its connections, so what a way holds
// longer counts as its latency, and one message alone is right on every way.
std::map<DeviceId, Seconds> message_overheads(const std::vector<FittedWay>& ways);

// With those overheads.
std::vector<WayCost> way_costs(const std::vector<FittedWay>& ways, const std::map<DeviceId, Seconds>& overheads);

// Device::contention of a machine with `cores`, of which `busy` executors of `threads` each made computing
// take `slowdown` times as long as one of them alone. Linear beyond what was busy; never below 1.
// REQUIRES: 2 <= busy, busy * threads <= cores.
double contention_of(double slowdown, unsigned threads, unsigned busy, unsigned cores);

// Device::message_cores at `ends` of a way that are one machine, whose `computing` cores took `slowdown` times as long
// beside messages of `rate`: what makes computing on as many lose as much in the simulator (sim/core_load.h), whose
// jobs share all cores alike, slowed down by the machine's contention. Never below 0.
// REQUIRES: rate > 0; 1 <= computing <= machine.cores; ends is 1 or 2.
double message_cores_of(double slowdown, const Device& machine, unsigned computing, BytesPerSecond rate, unsigned ends);

// A link of its own for each way, named "FROM-to-TO", which is also the way's route, in place of
// all links and routes. REQUIRES: a way's ends differ.
void join_directly(Platform& platform, const std::vector<Way>& ways);

// Where it has none: a link of its own, "NAME-loopback", as the route of the device with itself.
void add_loopback(Platform& platform, DeviceId device);

}  // namespace twinfer
