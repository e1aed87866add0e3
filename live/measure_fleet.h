// A fleet measured by its coordinator: its machines, the ways between its workers, and a
// network's layers on each of them. One thing at a time, but where it is asked what one takes from another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/latency_profile.h"
#include "core/plan.h"
#include "core/transfer_fit.h"
#include "live/fleet.h"

namespace twinfer {

struct WorkerMachine {
  std::string hostname;
  std::string boot_id;  // the same for all that share the machine; empty where the system does not tell
  std::string processor;
  unsigned cores = 1;
  Bytes memory;  // zero: not told
};

struct WaySettings {
  std::vector<Bytes> sizes;  // ascending, from 64 B to 64 MB
  unsigned repeat = 100;     // messages of each size, at most
  Seconds budget{5};         // for all of them together
  Seconds pause{0.01};       // before each
};

struct WayTimes {
  std::vector<RoundTrip> round_trips;
  std::vector<Seconds> gaps;    // what one more message of 64 B in a row takes
  std::vector<Bytes> left_out;  // sizes that the budget did not allow
};

// 64 B to 64 MB, each four times the one before; not beyond the first that is as large as `largest`.
std::vector<Bytes> probe_sizes(std::optional<Bytes> largest = {});

struct ProfileQuestion {
  std::filesystem::path models_dir;  // for weights, and networks that were imported
  std::string model;
  std::vector<long> input_shape;
  unsigned threads = 1;
  unsigned repeat = 50;  // runs of the whole network
  Seconds pause;         // before each
};

struct MeasuredProfile {
  LatencyProfile profile;  // everything but the message overhead
  Seconds to_executor;     // hand-offs between a worker's threads (live/hand_off.h)
  Seconds to_connection;
};

// Each throws std::runtime_error with a worker's reason, or naming the worker that is gone
// or answers nonsense. REQUIRES: the devices are members of the fleet.
WorkerMachine measure_machine(Fleet& fleet, DeviceId device);
// From a device to itself it is the way from this process, the coordinator, to the worker there.
WayTimes measure_way(Fleet& fleet, const Way& way, const WaySettings& settings);
// All at the same time, as profiles of that name; one for each device, in their order.
std::vector<MeasuredProfile> measure_profiles(Fleet& fleet, const std::vector<DeviceId>& devices,
                                              const std::string& profile_name, const ProfileQuestion& question);

struct BusyProfiles {
  std::vector<MeasuredProfile> profiles;
  BytesPerSecond rate;  // of the messages
};

// The same, while this process sends a member all that the way to it carries.
BusyProfiles measure_profiles_beside_messages(Fleet& fleet, const std::vector<DeviceId>& devices,
                                              const std::string& profile_name, const ProfileQuestion& question,
                                              DeviceId to);

}  // namespace twinfer
