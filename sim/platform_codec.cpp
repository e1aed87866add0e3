#include "sim/platform_codec.h"

#include "sim/byte_stream.h"

namespace twinfer {
namespace {

Watts get_watts(ByteReader& reader) { return Watts(reader.get<double>()); }

void put(ByteWriter& writer, const Device& device) {
  writer.put(device.name);
  writer.put(device.speed_flops);
  writer.put(device.cores);
  writer.put(device.memory.si());
  writer.put(device.profile);
  writer.put(device.endpoint);
  writer.put(device.machine);
  writer.put(device.contention);
  writer.put(device.message_cores);
  writer.put(device.power.has_value());
  if (device.power)
    for (const Watts watts : {device.power->idle, device.power->epsilon, device.power->all_cores})
      writer.put(watts.si());
  writer.put(device.price_per_hour.has_value());
  if (device.price_per_hour) writer.put(*device.price_per_hour);
}

void put(ByteWriter& writer, const Link& link) {
  writer.put(link.name);
  writer.put(link.bandwidth.si());
  writer.put(link.latency.si());
  writer.put(link.power.has_value());
  if (link.power)
    for (const Watts watts : {link.power->idle, link.power->busy}) writer.put(watts.si());
  writer.put(link.sharing);
  writer.put(link.added_latency.si());
  writer.put(link.burst.si());
  writer.put(link.changes.size());
  for (const BandwidthChange& change : link.changes) {
    writer.put(change.at.si());
    writer.put(change.bandwidth.si());
  }
}

Device get_device(ByteReader& reader) {
  Device device;
  reader.get(device.name);
  reader.get(device.speed_flops);
  reader.get(device.cores);
  device.memory = Bytes(reader.get<double>());
  reader.get(device.profile);
  reader.get(device.endpoint);
  reader.get(device.machine);
  reader.get(device.contention);
  reader.get(device.message_cores);
  if (reader.get<bool>()) device.power = DevicePower{get_watts(reader), get_watts(reader), get_watts(reader)};
  if (reader.get<bool>()) device.price_per_hour = reader.get<double>();
  return device;
}

Link get_link(ByteReader& reader) {
  Link link;
  reader.get(link.name);
  link.bandwidth = BytesPerSecond(reader.get<double>());
  link.latency = Seconds(reader.get<double>());
  if (reader.get<bool>()) link.power = LinkPower{get_watts(reader), get_watts(reader)};
  reader.get(link.sharing);
  link.added_latency = Seconds(reader.get<double>());
  link.burst = Bytes(reader.get<double>());
  for (auto left = reader.get<std::size_t>(); left > 0; --left) {
    const Seconds at(reader.get<double>());
    link.changes.push_back({at, BytesPerSecond(reader.get<double>())});
  }
  return link;
}

}  // namespace

std::string encode_platform(const Platform& platform) {
  ByteWriter writer;
  writer.put(platform.file);
  writer.put(platform.devices.size());
  for (const Device& device : platform.devices) put(writer, device);
  writer.put(platform.links.size());
  for (const Link& link : platform.links) put(writer, link);
  writer.put(platform.routes.size());
  for (const auto& [ends, links] : platform.routes) {
    writer.put(ends.first);
    writer.put(ends.second);
    writer.put(links.size());
    for (const LinkId link : links) writer.put(link);
  }
  return writer.take();
}

Platform decode_platform(const std::string& bytes) {
  ByteReader reader(bytes);
  Platform platform;
  reader.get(platform.file);
  for (auto left = reader.get<std::size_t>(); left > 0; --left) platform.devices.push_back(get_device(reader));
  for (auto left = reader.get<std::size_t>(); left > 0; --left) platform.links.push_back(get_link(reader));
  for (auto left = reader.get<std::size_t>(); left > 0; --left) {
    const auto from = reader.get<DeviceId>();
    const auto to = reader.get<DeviceId>();
    std::vector<LinkId>& links = platform.routes[{from, to}];
    for (auto more = reader.get<std::size_t>(); more > 0; --more) links.push_back(reader.get<LinkId>());
  }
  return platform;
}

}  // namespace twinfer
