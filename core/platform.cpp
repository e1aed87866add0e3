#include "core/platform.h"

#include <algorithm>

#include "core/error.h"
#include "core/joined.h"

namespace twinfer {

std::string to_string(LinkSharing sharing) { return sharing == LinkSharing::kFatpipe ? "fatpipe" : "shared"; }

double Device::slowdown(double busy) const {
  if (cores < 2) return 1;
  const double others = std::min(busy, static_cast<double>(cores)) - 1;
  return 1 + (contention - 1) * others / (cores - 1.0);
}

DeviceId Platform::device_named(const std::string& name, const std::string& in_file, const std::string& field) const {
  const auto found = std::ranges::find(devices, name, &Device::name);
  if (found != devices.end()) return static_cast<DeviceId>(found - devices.begin());

  throw InputError(in_file, field, name,
                   "is no device of " + file + "; known: " + joined(devices, ", ", &Device::name));
}

DeviceId Platform::machine_of(DeviceId device) const {
  const std::string& machine = devices.at(device).machine;
  if (machine.empty()) return device;
  return static_cast<DeviceId>(std::ranges::find(devices, machine, &Device::machine) - devices.begin());
}

Seconds Platform::lacking(DeviceId from, DeviceId to, Bytes message) const {
  Seconds latency;
  const Link* slowest = nullptr;
  for (const LinkId id : route(from, to)) {
    latency += links[id].added_latency;
    if (slowest == nullptr || links[id].bandwidth < slowest->bandwidth) slowest = &links[id];
  }
  return slowest == nullptr ? latency : latency + std::min(message, slowest->burst) / slowest->bandwidth;
}

const std::vector<LinkId>& Platform::route(DeviceId from, DeviceId to) const {
  static const std::vector<LinkId> kNone;
  return from == to && !routes.contains({from, to}) ? kNone : routes.at({from, to});
}

bool Platform::has_route(DeviceId from, DeviceId to) const { return from == to || routes.contains({from, to}); }

}  // namespace twinfer
