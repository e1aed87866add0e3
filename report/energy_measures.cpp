#include "report/energy_measures.h"

#include <algorithm>
#include <vector>

#include "core/run_usage.h"

namespace twinfer {
namespace {

// Of the run as a whole.
Measures energies(const Scenario& scenario, const Usage& usage, Seconds span) {
  const Platform& platform = scenario.platform;
  Measures measures;
  std::vector<DeviceId> taking_part;
  for (const auto& [device, times] : usage.computing) {
    taking_part.push_back(device);
    if (platform.devices[device].power)
      measures["energy_j." + platform.devices[device].name] =
          device_energy(platform, usage, device, scenario.threads).si();
  }
  if (std::ranges::any_of(platform.links, [](const Link& link) { return link.power.has_value(); }))
    measures["energy_j.links"] = links_energy(platform, usage).si();
  if (!std::ranges::all_of(taking_part, [&](DeviceId device) { return platform.devices[device].power.has_value(); }))
    return measures;
  const Joules busy = energy_of(platform, usage, scenario.threads);
  const Joules idle = idle_power(platform, taking_part) * span;
  measures["energy_j"] = busy.si();
  measures["idle_energy_j"] = idle.si();
  measures["total_energy_j"] = (busy + idle).si();
  return measures;
}

bool states_prices(const Platform& platform) {
  return std::ranges::any_of(platform.devices, [](const Device& device) { return device.price_per_hour.has_value(); });
}

// Of the devices that take part, together; one that states none costs nothing.
double price_per_hour(const Platform& platform, const Usage& usage) {
  double price = 0;
  for (const auto& [device, times] : usage.computing) price += platform.devices[device].price_per_hour.value_or(0);
  return price;
}

}  // namespace

Measures energy_measures(const Scenario& scenario, const RunRows& rows, const Summary& summary) {
  const auto returned = static_cast<double>(summary.returned);
  const Usage usage = usage_of(rows, scenario.platform, scenario.source);
  Measures measures = energies(scenario, usage, Seconds(*summary.span_s));
  for (auto& [name, value] : measures) value /= returned;
  if (states_prices(scenario.platform))
    measures["cost"] = price_per_hour(scenario.platform, usage) * *summary.span_s / 3600 / returned * 1000;
  return measures;
}

}  // namespace twinfer
