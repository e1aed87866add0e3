// The machines and what joins them, as plain values. Read from SimGrid XML by
// SimGrid itself (sim/), so that planning and simulation see the same platform.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/units.h"

namespace twinfer {

using DeviceId = std::size_t;
using LinkId = std::size_t;

// What a device draws, as SimGrid's host energy plugin reads it: at rest, with next
// to nothing to do, and with every core at work; linear between the last two.
struct DevicePower {
  Watts idle;
  Watts epsilon;
  Watts all_cores;

  friend bool operator==(const DevicePower&, const DevicePower&) = default;
};

// What a link draws at rest and with all of its bandwidth in use.
struct LinkPower {
  Watts idle;
  Watts busy;

  friend bool operator==(const LinkPower&, const LinkPower&) = default;
};

struct Device {
  std::string name;        // SimGrid host name
  double speed_flops = 0;  // per core, flop/s, as the XML declares it
  unsigned cores = 1;
  Bytes memory;                           // zero: not stated
  std::string profile;                    // property `profile`: file name in models/profiles/MODEL/
  std::string endpoint;                   // property `endpoint`: "HOST:PORT", "spawn", or empty (no live side)
  std::optional<DevicePower> power = {};  // property `wattage_per_state`; nothing: not stated
  // Property `price_per_hour`, in a currency that the user keeps to; nothing: not stated.
  std::optional<double> price_per_hour = {};
  // Property `machine`: devices that name the same one are processes of it and share its cores when they compute;
  // empty: a machine of its own.
  std::string machine = {};
  // Property `contention`: how many times as long work takes where all cores of the machine compute as where one
  // does. 1: cores share nothing.
  double contention = 1;
  // Property `message_cores`: seconds of a core of its machine that each byte takes which goes to another device or
  // comes from there.
  double message_cores = 0;

  // Where `busy` cores compute, linear in between. REQUIRES: busy >= 1.
  [[nodiscard]] double slowdown(double busy) const;
};

// What transfers that cross a link at the same time do to each other.
enum class LinkSharing {
  kShared,   // they share its bandwidth, both directions alike
  kFatpipe,  // each has all of it
};

std::string to_string(LinkSharing sharing);

// A link has another bandwidth from then on.
struct BandwidthChange {
  Seconds at;  // after the run's start
  BytesPerSecond bandwidth;

  friend bool operator==(const BandwidthChange&, const BandwidthChange&) = default;
};

struct Link {
  std::string name;
  BytesPerSecond bandwidth;  // at the run's start
  Seconds latency;
  std::optional<LinkPower> power = {};  // property `wattage_range`; nothing: not stated
  LinkSharing sharing = LinkSharing::kShared;
  // What the real network lacks of this link, and live senders add: part of the latency (property
  // `added_latency`), and the time of the bytes that its token bucket lets through at once after a
  // pause (property `burst`).
  Seconds added_latency = {};
  Bytes burst = {};
  std::vector<BandwidthChange> changes = {};  // attribute `bandwidth_file`: ascending, after the start
};

struct Platform {
  std::string file;  // the XML that it was read from
  std::vector<Device> devices;
  std::vector<Link> links;
  // Links crossed between two devices, in order. A missing pair has no route. A device with itself
  // has one where the file states its loopback; otherwise messages within it take no time.
  std::map<std::pair<DeviceId, DeviceId>, std::vector<LinkId>> routes;

  // Throws InputError naming `field` and the known devices if none is so named.
  [[nodiscard]] DeviceId device_named(const std::string& name, const std::string& file, const std::string& field) const;
  // The first device of the same machine: its cores are the machine's.
  [[nodiscard]] DeviceId machine_of(DeviceId device) const;
  [[nodiscard]] bool has_route(DeviceId from, DeviceId to) const;  // true if from == to
  // No links within a device without stated loopback. REQUIRES: has_route.
  [[nodiscard]] const std::vector<LinkId>& route(DeviceId from, DeviceId to) const;
  // What the real network lacks for a message on that route. REQUIRES: has_route.
  [[nodiscard]] Seconds lacking(DeviceId from, DeviceId to, Bytes message) const;
};

}  // namespace twinfer
