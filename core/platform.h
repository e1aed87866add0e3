// The machines and what joins them, as plain values. Read from SimGrid XML by
// SimGrid itself (sim/), so that planning and simulation see the same platform.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/units.h"

namespace twinfer {

using DeviceId = std::size_t;
using LinkId = std::size_t;

struct Device {
  std::string name;        // SimGrid host name
  double speed_flops = 0;  // per core, flop/s, as the XML declares it
  unsigned cores = 1;
  Bytes memory;          // zero: not stated
  std::string profile;   // property `profile`: file name in models/profiles/MODEL/
  std::string endpoint;  // property `endpoint`: "HOST:PORT", "spawn", or empty (no live side)
};

struct Link {
  std::string name;
  BytesPerSecond bandwidth;
  Seconds latency;
};

struct Platform {
  std::string file;  // the XML that it was read from
  std::vector<Device> devices;
  std::vector<Link> links;
  // Links crossed between two devices, in order. A missing pair has no route.
  std::map<std::pair<DeviceId, DeviceId>, std::vector<LinkId>> routes;

  // Throws InputError naming `field` and the known devices if none is so named.
  [[nodiscard]] DeviceId device_named(const std::string& name, const std::string& file, const std::string& field) const;
  [[nodiscard]] bool has_route(DeviceId from, DeviceId to) const;  // true if from == to
};

}  // namespace twinfer
