#include "core/energy.h"

#include <algorithm>

#include "core/error.h"

namespace twinfer {
namespace {

const DevicePower& power_of(const Platform& platform, DeviceId device) {
  const Device& host = platform.devices.at(device);
  if (!host.power)
    throw InputError(platform.file, "host " + host.name + ", wattage_per_state", "",
                     "is missing; energy needs it, as IDLE:ALLCORES in watts");
  return *host.power;
}

}  // namespace

Watts busy_power(const Platform& platform, DeviceId device, unsigned cores) {
  const DevicePower& power = power_of(platform, device);
  const unsigned all = platform.devices[device].cores;
  const double share = static_cast<double>(std::min(cores, all)) / all;
  return power.epsilon + share * (power.all_cores - power.epsilon) - power.idle;
}

Joules route_energy(const Platform& platform, Bytes payload, DeviceId from, DeviceId to) {
  Joules energy;
  if (from == to) return energy;
  for (const LinkId id : platform.routes.at({from, to})) {
    const Link& link = platform.links[id];
    if (link.power) energy += (link.power->busy - link.power->idle) * (payload / link.bandwidth);
  }
  return energy;
}

Watts idle_power(const Platform& platform, const std::vector<DeviceId>& devices) {
  Watts power;
  for (const DeviceId device : devices) power += power_of(platform, device).idle;
  return power;
}

Usage usage_of(const CostModel& cost, const std::vector<Stage>& stages, DeviceId source,
               const std::vector<ExitId>& active_heads) {
  const std::vector<Cut> cuts = cuts_of(stages, cost.graph());
  Usage usage;
  const auto carry = [&usage](const Way& way, Bytes bytes) {
    if (way.from != way.to) usage.carried[{way.from, way.to}] += bytes;
  };
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::vector<Way> ways = ways_into(stages, i, source);
    const auto turns = static_cast<double>(ways.size());
    for (const Way& way : ways) {
      usage.computing[way.from][1] += cost.hop(cuts[i], way.from, way.to).encode / turns;
      carry(way, cuts[i].bytes / turns);
    }
    const StageWork work = stage_work(cost.graph(), stages[i], active_heads, std::nullopt);
    for (const DeviceId device : stages[i].devices)
      usage.computing[device][1] += (cost.hop(cuts[i], device, device).decode + cost.compute(work, device)) /
                                    static_cast<double>(stages[i].devices.size());
  }
  const std::vector<Way> back = ways_back(stages.back(), source);
  for (const Way& way : back) carry(way, kResultBytes / static_cast<double>(back.size()));
  return usage;
}

Joules device_energy(const Platform& platform, const Usage& usage, DeviceId device, unsigned threads) {
  Joules energy;
  for (const auto& [jobs, time] : usage.computing.at(device))
    energy += busy_power(platform, device, jobs * threads) * time;
  return energy;
}

Joules links_energy(const Platform& platform, const Usage& usage) {
  Joules energy;
  for (const auto& [ends, bytes] : usage.carried) energy += route_energy(platform, bytes, ends.first, ends.second);
  return energy;
}

Joules energy_of(const Platform& platform, const Usage& usage, unsigned threads) {
  Joules energy = links_energy(platform, usage);
  for (const auto& [device, times] : usage.computing) energy += device_energy(platform, usage, device, threads);
  return energy;
}

}  // namespace twinfer
