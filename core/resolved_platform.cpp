#include "core/resolved_platform.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/table_file.h"

namespace twinfer {
namespace {

// Each at least the one before it.
DevicePower read_device_power(YamlFields fields) {
  DevicePower power;
  power.idle = Watts(fields.number("idle", 0));
  power.epsilon = Watts(fields.number("epsilon", power.idle.si()));
  power.all_cores = Watts(fields.number("all_cores", power.epsilon.si()));
  fields.reject_unknown();
  return power;
}

LinkPower read_link_power(YamlFields fields) {
  LinkPower power;
  power.idle = Watts(fields.number("idle", 0));
  power.busy = Watts(fields.number("busy", power.idle.si()));
  fields.reject_unknown();
  return power;
}

Device read_device(YamlFields& fields) {
  Device device;
  device.name = fields.text("name");
  device.speed_flops = fields.positive("speed_flops");
  device.cores = static_cast<unsigned>(fields.count("cores", 1, 1'000'000));
  device.memory = Bytes(fields.number("memory_bytes", 0));
  device.profile = fields.text_or("profile", "");
  device.endpoint = fields.text_or("endpoint", "");
  device.machine = fields.text_or("machine", "");
  if (fields.has("contention")) device.contention = fields.number("contention", 1);
  if (fields.has("message_cores")) device.message_cores = fields.number("message_cores", 0);
  if (fields.has("power_w")) device.power = read_device_power(fields.map("power_w"));
  if (fields.has("price_per_hour")) device.price_per_hour = fields.number("price_per_hour", 0);
  fields.reject_unknown();
  return device;
}

LinkSharing read_sharing(YamlFields& fields) {
  const std::string sharing = fields.text("sharing");
  if (sharing == "shared") return LinkSharing::kShared;
  if (sharing == "fatpipe") return LinkSharing::kFatpipe;
  throw fields.error("sharing", "must be `shared` or `fatpipe`");
}

std::vector<BandwidthChange> read_changes(YamlFields& fields) {
  std::vector<BandwidthChange> changes;
  for (YamlFields& change : fields.maps("bandwidth_changes")) {
    const Seconds at(change.positive("at_s"));
    if (!changes.empty() && at <= changes.back().at) throw change.error("at_s", "must ascend");
    changes.push_back({at, BytesPerSecond(change.positive("bytes_per_s"))});
    change.reject_unknown();
  }
  return changes;
}

Link read_link(YamlFields& fields) {
  Link link{fields.text("name"), BytesPerSecond(fields.positive("bandwidth_bytes_per_s")),
            Seconds(fields.number("latency_s", 0))};
  if (fields.has("power_w")) link.power = read_link_power(fields.map("power_w"));
  if (fields.has("added_latency_s")) link.added_latency = Seconds(fields.number("added_latency_s", 0));
  if (fields.has("sharing")) link.sharing = read_sharing(fields);
  if (fields.has("burst_bytes")) link.burst = Bytes(fields.number("burst_bytes", 0));
  if (fields.has("bandwidth_changes")) link.changes = read_changes(fields);
  fields.reject_unknown();
  return link;
}

LinkId link_named(const Platform& platform, const std::string& name, const YamlFields& fields) {
  const auto found = std::ranges::find(platform.links, name, &Link::name);
  if (found == platform.links.end()) throw fields.error("links", name + " is no link of this platform");
  return static_cast<LinkId>(found - platform.links.begin());
}

void read_route(YamlFields& fields, Platform& platform, const std::string& file) {
  const DeviceId from = platform.device_named(fields.text("from"), file, fields.path("from"));
  const DeviceId to = platform.device_named(fields.text("to"), file, fields.path("to"));
  std::vector<LinkId> links;
  for (const std::string& name : fields.texts("links")) links.push_back(link_named(platform, name, fields));
  platform.routes[{from, to}] = std::move(links);
  fields.reject_unknown();
}

void emit_watts(YAML::Emitter& out, std::initializer_list<std::pair<const char*, Watts>> watts) {
  out << YAML::Key << "power_w" << YAML::Value << YAML::BeginMap;
  for (const auto& [state, power] : watts) out << YAML::Key << state << YAML::Value << format_number(power.si());
  out << YAML::EndMap;
}

void emit_device(YAML::Emitter& out, const Device& device) {
  out << YAML::Flow << YAML::BeginMap << YAML::Key << "name" << YAML::Value << device.name;
  out << YAML::Key << "speed_flops" << YAML::Value << format_number(device.speed_flops);
  out << YAML::Key << "cores" << YAML::Value << device.cores;
  out << YAML::Key << "memory_bytes" << YAML::Value << format_number(device.memory.si());
  if (!device.profile.empty()) out << YAML::Key << "profile" << YAML::Value << device.profile;
  if (!device.endpoint.empty()) out << YAML::Key << "endpoint" << YAML::Value << device.endpoint;
  if (!device.machine.empty()) out << YAML::Key << "machine" << YAML::Value << device.machine;
  if (device.contention != 1) out << YAML::Key << "contention" << YAML::Value << format_number(device.contention);
  if (device.message_cores > 0)
    out << YAML::Key << "message_cores" << YAML::Value << format_number(device.message_cores);
  if (device.power)
    emit_watts(
        out,
        {{"idle", device.power->idle}, {"epsilon", device.power->epsilon}, {"all_cores", device.power->all_cores}});
  if (device.price_per_hour)
    out << YAML::Key << "price_per_hour" << YAML::Value << format_number(*device.price_per_hour);
  out << YAML::EndMap;
}

void emit_link(YAML::Emitter& out, const Link& link) {
  out << YAML::Flow << YAML::BeginMap << YAML::Key << "name" << YAML::Value << link.name;
  out << YAML::Key << "bandwidth_bytes_per_s" << YAML::Value << format_number(link.bandwidth.si());
  out << YAML::Key << "latency_s" << YAML::Value << format_number(link.latency.si());
  if (link.power) emit_watts(out, {{"idle", link.power->idle}, {"busy", link.power->busy}});
  if (link.added_latency > Seconds(0))
    out << YAML::Key << "added_latency_s" << YAML::Value << format_number(link.added_latency.si());
  if (link.sharing == LinkSharing::kFatpipe) out << YAML::Key << "sharing" << YAML::Value << "fatpipe";
  if (link.burst > Bytes(0)) out << YAML::Key << "burst_bytes" << YAML::Value << format_number(link.burst.si());
  if (!link.changes.empty()) {
    out << YAML::Key << "bandwidth_changes" << YAML::Value << YAML::BeginSeq;
    for (const BandwidthChange& change : link.changes)
      out << YAML::Flow << YAML::BeginMap << YAML::Key << "at_s" << YAML::Value << format_number(change.at.si())
          << YAML::Key << "bytes_per_s" << YAML::Value << format_number(change.bandwidth.si()) << YAML::EndMap;
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
}

}  // namespace

Platform read_resolved_platform(YamlFields fields) {
  Platform platform;
  platform.file = fields.text("file");
  for (YamlFields& device : fields.maps("devices")) platform.devices.push_back(read_device(device));
  for (YamlFields& link : fields.maps("links")) platform.links.push_back(read_link(link));
  for (YamlFields& route : fields.maps("routes")) read_route(route, platform, platform.file);
  fields.reject_unknown();
  return platform;
}

void emit_resolved_platform(YAML::Emitter& out, const Platform& platform) {
  out << YAML::BeginMap << YAML::Key << "file" << YAML::Value << platform.file;
  out << YAML::Key << "devices" << YAML::Value << YAML::BeginSeq;
  for (const Device& device : platform.devices) emit_device(out, device);
  out << YAML::EndSeq << YAML::Key << "links" << YAML::Value << YAML::BeginSeq;
  for (const Link& link : platform.links) emit_link(out, link);
  out << YAML::EndSeq << YAML::Key << "routes" << YAML::Value << YAML::BeginSeq;
  for (const auto& [ends, links] : platform.routes) {
    out << YAML::Flow << YAML::BeginMap << YAML::Key << "from" << YAML::Value << platform.devices[ends.first].name
        << YAML::Key << "to" << YAML::Value << platform.devices[ends.second].name << YAML::Key << "links" << YAML::Value
        << YAML::BeginSeq;
    for (const LinkId link : links) out << platform.links[link].name;
    out << YAML::EndSeq << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
}

}  // namespace twinfer
