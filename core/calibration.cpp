#include "core/calibration.h"

#include <algorithm>

#include "core/error.h"

namespace twinfer {
namespace {

Seconds median(const std::vector<Seconds>& times) {
  std::vector<double> times_s;
  for (const Seconds time : times) times_s.push_back(time.si());
  return summarise(std::move(times_s)).median();
}

// Requests take what senders add, probes do not.
FittedWay fit_way(const Platform& platform, const MeasuredWay& measured, std::optional<Bytes> largest) {
  if (measured.gaps.empty()) throw InputError("", "gaps", "0", "at least one is needed");
  std::vector<TransferSample> samples = one_way_times(measured.round_trips);
  if (platform.has_route(measured.way.from, measured.way.to))
    for (TransferSample& sample : samples)
      sample.one_way += platform.lacking(measured.way.from, measured.way.to, sample.bytes);
  FittedWay fitted{measured.way, fit_transfer(samples, largest), {}, measured.left_out};
  fitted.cost = split_fixed(fitted.fit.line, median(measured.gaps), fitted.fit.sizes.front().bytes);
  return fitted;
}

}  // namespace

std::vector<FittedWay> fit_ways(const Platform& platform, const std::vector<MeasuredWay>& measured,
                                std::optional<Bytes> largest) {
  std::vector<FittedWay> fitted;
  for (const MeasuredWay& way : measured) {
    try {
      fitted.push_back(fit_way(platform, way, largest));
    } catch (const InputError& error) {
      throw InputError("", platform.devices[way.way.from].name + " -> " + platform.devices[way.way.to].name, "",
                       error.what());
    }
  }
  return fitted;
}

std::map<DeviceId, Seconds> message_overheads(const std::vector<FittedWay>& ways) {
  std::map<DeviceId, Seconds> least;
  for (const FittedWay& way : ways) {
    const auto [entry, added] = least.emplace(way.way.from, way.cost.overhead);
    if (!added) entry->second = std::min(entry->second, way.cost.overhead);
  }
  return least;
}

std::vector<WayCost> way_costs(const std::vector<FittedWay>& ways, const std::map<DeviceId, Seconds>& overheads) {
  std::vector<WayCost> costs;
  for (const FittedWay& way : ways)
    costs.push_back({way.way, way.fit.line.fixed - overheads.at(way.way.from), way.fit.line.bandwidth});
  return costs;
}

void join_directly(Platform& platform, const std::vector<Way>& ways) {
  platform.links.clear();
  platform.routes.clear();
  for (const Way& way : ways) {
    platform.routes[{way.from, way.to}] = {platform.links.size()};
    platform.links.push_back({platform.devices[way.from].name + "-to-" + platform.devices[way.to].name,
                              BytesPerSecond(1), Seconds(0)});  // until they are measured
  }
}

void add_loopback(Platform& platform, DeviceId device) {
  if (!platform.route(device, device).empty()) return;
  platform.routes[{device, device}] = {platform.links.size()};
  Link& link = platform.links.emplace_back(platform.devices[device].name + "-loopback", BytesPerSecond(1), Seconds(0));
  link.sharing = LinkSharing::kFatpipe;
}

double contention_of(double slowdown, unsigned threads, unsigned busy, unsigned cores) {
  const double measured = std::clamp<double>(slowdown, 1, busy);  // one after the other is the worst
  // measured = slowdown(busy * threads) / slowdown(threads), each 1 + each (cores - 1).
  const double each = (measured - 1) / (busy * threads - 1.0 - measured * (threads - 1.0));
  return 1 + each * (cores - 1.0);
}

// With n cores, of which b compute, a load of L takes the n / (b + n) that each job gets for L (b + n) / n^2: each of
// the b loses L b / n^2.
double message_cores_of(double slowdown, const Device& machine, unsigned computing, BytesPerSecond rate,
                        unsigned ends) {
  const double cores = machine.cores;
  const double lost = std::max(0.0, 1 - 1 / slowdown) * cores * cores / computing;
  return lost / machine.slowdown(cores) / rate.si() / ends;
}

}  // namespace twinfer
