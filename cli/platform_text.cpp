#include "cli/platform_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

constexpr double kBitsPerByte = 8;
constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Table devices_table(const Platform& platform) {
  Table table({{"device", true}, {"cores"}, {"Gflop/s"}, {"memory"}, {"profile", true}, {"endpoint", true}});
  for (const Device& device : platform.devices)
    table.add_row({device.name, std::to_string(device.cores), format_digits(device.speed_flops / kGiga),
                   device.memory.si() > 0 ? format_bytes(device.memory.si()) : "-", or_dash(device.profile),
                   or_dash(device.endpoint)});
  return table;
}

Table links_table(const Platform& platform) {
  Table table({{"link", true}, {"Mbit/s"}, {"latency"}, {"sharing", true}});
  for (const Link& link : platform.links)
    table.add_row({link.name, format_digits(link.bandwidth.si() * kBitsPerByte / kMega),
                   format_seconds(link.latency.si()), to_string(link.sharing)});
  return table;
}

// A name for each in order, as in the file.
std::vector<std::string> names_of(const Platform& platform, const std::vector<LinkId>& links) {
  std::vector<std::string> names;
  for (const LinkId link : links) names.push_back(platform.links[link].name);
  return names;
}

Table routes_table(const Platform& platform) {
  Table table({{"from", true}, {"to", true}, {"links", true}});
  for (const auto& [ends, links] : platform.routes)
    table.add_row({platform.devices[ends.first].name, platform.devices[ends.second].name,
                   fmt::format("{}", fmt::join(names_of(platform, links), ", "))});
  return table;
}

template <class T>
ordered_json or_null(bool stated, const T& value) {
  return stated ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json device_json(const Device& device) {
  return {{"name", device.name},
          {"cores", device.cores},
          {"speed_flops", device.speed_flops},
          {"memory_bytes", or_null(device.memory.si() > 0, device.memory.si())},
          {"profile", or_null(!device.profile.empty(), device.profile)},
          {"endpoint", or_null(!device.endpoint.empty(), device.endpoint)}};
}

ordered_json link_json(const Link& link) {
  ordered_json text = {{"name", link.name},
                       {"bandwidth_bytes_per_s", link.bandwidth.si()},
                       {"latency_s", link.latency.si()},
                       {"sharing", to_string(link.sharing)}};
  for (const BandwidthChange& change : link.changes)
    text["bandwidth_changes"].push_back({{"at_s", change.at.si()}, {"bytes_per_s", change.bandwidth.si()}});
  return text;
}

}  // namespace

std::string platform_text(const Platform& platform) {
  std::string text = devices_table(platform).text();
  if (!platform.links.empty()) text += "\n" + links_table(platform).text() + "\n" + routes_table(platform).text();
  return text;
}

ordered_json platform_json(const Platform& platform) {
  ordered_json json{{"file", platform.file},
                    {"devices", ordered_json::array()},
                    {"links", ordered_json::array()},
                    {"routes", ordered_json::array()}};
  for (const Device& device : platform.devices) json["devices"].push_back(device_json(device));
  for (const Link& link : platform.links) json["links"].push_back(link_json(link));
  for (const auto& [ends, links] : platform.routes)
    json["routes"].push_back({{"from", platform.devices[ends.first].name},
                              {"to", platform.devices[ends.second].name},
                              {"links", names_of(platform, links)}});
  return json;
}

}  // namespace twinfer
