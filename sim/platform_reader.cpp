// SimGrid's reading of a platform file, turned into plain values: every host with
// its properties, and the links of the route between every two of them.
//
// Ignores: availability and speed profiles of hosts, latency profiles, disks, and sharing policies beyond
// shared and fat pipe, which SimGrid applies itself when it simulates.
#include <algorithm>
#include <cmath>
#include <fstream>

#include <simgrid/s4u.hpp>

#include "core/error.h"
#include "sim/bandwidth_profiles.h"
#include "sim/host_properties.h"
#include "sim/isolated.h"
#include "sim/platform_codec.h"
#include "sim/sim_engine.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

namespace s4u = simgrid::s4u;

void check_readable(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw InputError(file.string(), "", "", "no such file");
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(file.string(), "", "", "is a folder, not a platform file");
  if (!std::ifstream(file)) throw InputError(file.string(), "", "", "cannot be read");
}

template <class HostOrLink>
std::string property(const HostOrLink& owner, const std::string& name) {
  const char* const value = owner.get_property(name);
  return value == nullptr ? "" : value;
}

// Of the pstate that the host starts in, which is also the one whose speed is read.
std::optional<DevicePower> read_power(const s4u::Host& host, const std::string& file, const std::string& field) {
  const std::string text = property(host, "wattage_per_state");
  if (text.empty()) return std::nullopt;
  const std::optional<std::vector<DevicePower>> states = parse_wattage_per_state(text);
  if (!states || states->size() != host.get_pstate_count())
    throw InputError(file, field, text,
                     "IDLE:ALLCORES or IDLE:EPSILON:ALLCORES in watts, each 0 or more and none below the one before, "
                     "once for each pstate, of which there are " +
                         std::to_string(host.get_pstate_count()));
  return states->at(host.get_pstate());
}

Device read_device(const s4u::Host& host, const std::string& file) {
  Device device{host.get_name(), host.get_speed(),          static_cast<unsigned>(host.get_core_count()),
                Bytes(0),        property(host, "profile"), property(host, "endpoint")};
  const auto field = [&device](const char* name) { return "host " + device.name + ", " + name; };
  if (!(device.speed_flops > 0) || !std::isfinite(device.speed_flops))
    throw InputError(file, field("speed"), std::to_string(device.speed_flops), "more than 0 flop/s");
  if (const std::string memory = property(host, "memory"); !memory.empty()) {
    const std::optional<Bytes> bytes = parse_memory(memory);
    if (!bytes)
      throw InputError(file, field("memory"), memory, "bytes, or a number with kB, MB, GB, TB, KiB, MiB or GiB");
    device.memory = *bytes;
  }
  if (!device.endpoint.empty() && !is_endpoint(device.endpoint))
    throw InputError(file, field("endpoint"), device.endpoint, "`spawn` or HOST:PORT");
  device.machine = property(host, "machine");
  if (const std::string contention = property(host, "contention"); !contention.empty()) {
    const std::optional<double> factor = parse_contention(contention);
    if (!factor) throw InputError(file, field("contention"), contention, "a factor, 1 or more");
    device.contention = *factor;
  }
  if (const std::string taken = property(host, "message_cores"); !taken.empty()) {
    const std::optional<Seconds> time = parse_seconds(taken);
    if (!time) throw InputError(file, field("message_cores"), taken, "seconds of a core for each byte, 0 or more");
    device.message_cores = time->si();
  }
  device.power = read_power(host, file, field("wattage_per_state"));
  if (const std::string price = property(host, "price_per_hour"); !price.empty()) {
    device.price_per_hour = parse_price(price);
    if (!device.price_per_hour)
      throw InputError(file, field("price_per_hour"), price, "a number, 0 or more, without a currency");
  }
  return device;
}

// SimGrid leaves the properties of a split-duplex link with the pair, not with its directions.
std::string link_property(const s4u::Link& link, const std::string& name) {
  for (const std::string direction : {"_UP", "_DOWN"}) {
    if (!link.get_name().ends_with(direction)) continue;
    const std::string pair = link.get_name().substr(0, link.get_name().size() - direction.size());
    try {
      return property(*s4u::SplitDuplexLink::by_name(pair), name);
    } catch (const std::invalid_argument&) {  // a link that is only called so
    }
  }
  return property(link, name);
}

Link read_link(const s4u::Link& link, const std::string& file) {
  const std::string field = "link " + link.get_name();
  if (!(link.get_bandwidth() > 0) || !std::isfinite(link.get_bandwidth()))
    throw InputError(file, field + ", bandwidth", std::to_string(link.get_bandwidth()), "more than 0 bytes/s");
  if (!(link.get_latency() >= 0) || !std::isfinite(link.get_latency()))
    throw InputError(file, field + ", latency", std::to_string(link.get_latency()), "0 s or more");
  const std::string watts = link_property(link, "wattage_range");
  const std::optional<LinkPower> power = parse_wattage_range(watts);
  if (!watts.empty() && !power)
    throw InputError(file, field + ", wattage_range", watts, "IDLE:BUSY in watts, 0 or more, IDLE not above BUSY");
  const std::string added = link_property(link, "added_latency");
  const std::optional<Seconds> added_latency = added.empty() ? Seconds(0) : parse_seconds(added);
  if (!added_latency) throw InputError(file, field + ", added_latency", added, "a number of seconds, 0 or more");
  const std::string burst = link_property(link, "burst");
  const std::optional<Bytes> burst_bytes = burst.empty() ? Bytes(0) : parse_memory(burst);
  if (!burst_bytes) throw InputError(file, field + ", burst", burst, "a number of bytes, more than 0");
  const bool fatpipe = link.get_sharing_policy() == s4u::Link::SharingPolicy::FATPIPE;
  return {link.get_name(),
          BytesPerSecond(link.get_bandwidth()),
          Seconds(link.get_latency()),
          power,
          fatpipe ? LinkSharing::kFatpipe : LinkSharing::kShared,
          *added_latency,
          *burst_bytes};
}

LinkId id_of(const s4u::Link& link, Platform& platform) {
  const auto found = std::ranges::find(platform.links, link.get_name(), &Link::name);
  if (found != platform.links.end()) return static_cast<LinkId>(found - platform.links.begin());
  platform.links.push_back(read_link(link, platform.file));
  return platform.links.size() - 1;
}

void read_route(const s4u::Host& from, const s4u::Host& to, std::pair<DeviceId, DeviceId> ends, Platform& platform) {
  std::vector<s4u::Link*> links;
  double latency_s = 0;
  from.route_to(&to, links, &latency_s);
  // Of SimGrid's own, which it gives to hosts whose file states none.
  const bool unstated = links.size() == 1 && links.front()->get_name() == "__loopback__";
  if (links.empty() || unstated) return;
  double links_latency_s = 0;
  for (const s4u::Link* link : links) {
    platform.routes[ends].push_back(id_of(*link, platform));
    links_latency_s += link->get_latency();
  }
  // Vivaldi zones do so; planners would not see it.
  if (std::abs(latency_s - links_latency_s) > 1e-9 * latency_s)
    throw InputError(platform.file, "route " + from.get_name() + " -> " + to.get_name(), "",
                     "has latency that none of its links has");
}

// Of the pair, where the link is a direction of one. What holds from the start is no change.
void take_profile(Link& link, const std::map<std::string, std::vector<BandwidthChange>>& profiles) {
  auto found = profiles.find(link.name);
  for (const std::string direction : {"_UP", "_DOWN"})
    if (found == profiles.end() && link.name.ends_with(direction))
      found = profiles.find(link.name.substr(0, link.name.size() - direction.size()));
  if (found == profiles.end()) return;
  for (const BandwidthChange& change : found->second) {
    if (change.at > Seconds(0))
      link.changes.push_back(change);
    else
      link.bandwidth = change.bandwidth;
  }
}

Platform read_here(const std::string& file) {
  const SimEngine simulation({file});
  std::vector<s4u::Host*> hosts = simulation.engine().get_all_hosts();
  std::ranges::sort(hosts, {}, [](const s4u::Host* host) { return host->get_name(); });  // SimGrid promises none
  Platform platform;
  platform.file = file;
  if (hosts.empty()) throw InputError(file, "", "", "has no host");
  for (const s4u::Host* host : hosts) platform.devices.push_back(read_device(*host, file));
  for (DeviceId from = 0; from < hosts.size(); ++from)
    for (DeviceId to = 0; to < hosts.size(); ++to) read_route(*hosts[from], *hosts[to], {from, to}, platform);
  const std::map<std::string, std::vector<BandwidthChange>> profiles = read_bandwidth_profiles(file);
  for (Link& link : platform.links) take_profile(link, profiles);
  return platform;
}

}  // namespace

Platform read_platform(const std::filesystem::path& file) {
  check_readable(file);
  const IsolatedOutcome outcome = run_isolated([&file] { return encode_platform(read_here(file.string())); });
  if (outcome.ok) return decode_platform(outcome.output);
  if (outcome.bad_input) throw InputError("", "", "", outcome.error);
  throw InputError(file.string(), "", "", "SimGrid cannot read it: " + outcome.error);
}

}  // namespace twinfer
