#include "cli/calibration_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::string way_name(const Calibration& calibration, const Way& way) {
  return calibration.platform.devices[way.from].name + " -> " + calibration.platform.devices[way.to].name;
}

std::string rate(BytesPerSecond bandwidth) { return format_bytes(bandwidth.si()) + "/s"; }

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string ways_table(const Calibration& calibration) {
  Table table({{"Way", true},
               {"Overhead", false, "Measured"},
               {"Latency", false, "Measured"},
               {"Bandwidth", false, "Measured"},
               {"Residual", false, "Measured"},
               {"Latency", false, "Platform"},
               {"Bandwidth", false, "Platform"}});
  for (std::size_t i = 0; i < calibration.ways.size(); ++i) {
    const FittedWay& way = calibration.ways[i];
    const WayCost& made = calibration.attribution.routes[i];
    table.add_row({way_name(calibration, way.way), format_seconds(way.cost.overhead.si()),
                   format_seconds(way.cost.latency.si()), rate(way.cost.bandwidth), percent(way.fit.largest_residual()),
                   format_seconds(made.latency.si()), rate(made.bandwidth)});
  }
  return table.text();
}

std::string devices_table(const Calibration& calibration) {
  Table table({{"Device", true},
               {"Machine", true},
               {"Cores"},
               {"All busy"},
               {"Cores of 1 MB"},
               {"Message overhead"},
               {"Hand-off"},
               {"Layers"}});
  for (const auto& [id, machine] : calibration.machines) {
    const auto overhead = calibration.overheads.find(id);
    const auto profile = calibration.profiles.find(id);
    const bool profiled = profile != calibration.profiles.end();
    double layers_s = 0;
    if (profiled)
      for (const auto& [name, layer] : profile->second.layers) layers_s += layer.compute.median().si();
    const std::string name = machine_name(calibration, id);
    table.add_row({calibration.platform.devices[id].name, name.empty() ? "-" : name, std::to_string(machine.cores),
                   machine.contention ? fmt::format("{:.2f} x", *machine.contention) : "-",
                   machine.message_cores ? format_seconds(1e6 * *machine.message_cores) : "-",
                   overhead == calibration.overheads.end() ? "-" : format_seconds(overhead->second.si()),
                   profiled ? format_seconds(profile->second.hand_off.median().si()) : "-",
                   profiled ? format_seconds(layers_s) : "-"});
  }
  return table.text();
}

std::string remarks(const Calibration& calibration) {
  std::string text;
  for (const FittedWay& way : calibration.ways) {
    const std::string name = way_name(calibration, way.way);
    if (way.fit.pieces.size() > 1)
      text += fmt::format(
          "{}: two lines fit better, {} below {} and {} from there; the platform has one, for up to {}\n", name,
          rate(way.fit.pieces[0].line.bandwidth), format_bytes(way.fit.pieces[1].from.si()),
          rate(way.fit.pieces[1].line.bandwidth), format_bytes(way.fit.sizes[way.fit.in_line - 1].bytes.si()));
    if (!way.left_out.empty())
      text += fmt::format("{}: left out from {} on, which would have taken too long\n", name,
                          format_bytes(way.left_out.front().si()));
  }
  return text;
}

ordered_json way_json(const Calibration& calibration, std::size_t i) {
  const FittedWay& way = calibration.ways[i];
  ordered_json sizes = ordered_json::array(), pieces = ordered_json::array(), left_out = ordered_json::array();
  for (std::size_t size = 0; size < way.fit.sizes.size(); ++size)
    sizes.push_back({{"bytes", way.fit.sizes[size].bytes.si()},
                     {"median_s", way.fit.sizes[size].median.si()},
                     {"samples", way.fit.sizes[size].samples},
                     {"residual", way.fit.residuals[size]},
                     {"in_line", size < way.fit.in_line}});
  for (const TransferPiece& piece : way.fit.pieces)
    pieces.push_back({{"from_bytes", piece.from.si()},
                      {"fixed_s", piece.line.fixed.si()},
                      {"bandwidth_bytes_per_s", piece.line.bandwidth.si()}});
  for (const Bytes size : way.left_out) left_out.push_back(size.si());
  const WayCost& made = calibration.attribution.routes[i];
  return {{"from", calibration.platform.devices[way.way.from].name},
          {"to", calibration.platform.devices[way.way.to].name},
          {"overhead_s", way.cost.overhead.si()},
          {"latency_s", way.cost.latency.si()},
          {"bandwidth_bytes_per_s", way.cost.bandwidth.si()},
          {"largest_residual", way.fit.largest_residual()},
          {"platform_latency_s", made.latency.si()},
          {"platform_bandwidth_bytes_per_s", made.bandwidth.si()},
          {"sizes", sizes},
          {"pieces", pieces},
          {"left_out_bytes", left_out}};
}

ordered_json device_json(const Calibration& calibration, DeviceId id, const CalibrationMachine& machine) {
  ordered_json device = {{"name", calibration.platform.devices[id].name},
                         {"machine", machine_name(calibration, id)},
                         {"hostname", machine.hostname},
                         {"processor", machine.processor},
                         {"cores", machine.cores},
                         {"memory_bytes", machine.memory.si()}};
  if (machine.contention) device["contention"] = *machine.contention;
  if (machine.message_cores) device["message_cores_s_per_byte"] = *machine.message_cores;
  if (const auto overhead = calibration.overheads.find(id); overhead != calibration.overheads.end())
    device["message_overhead_s"] = overhead->second.si();
  if (const auto profile = calibration.profiles.find(id); profile != calibration.profiles.end()) {
    device["profile"] = profile->second.device;
    device["hand_off_s"] = profile->second.hand_off.median().si();
  }
  return device;
}

}  // namespace

std::string calibration_text(const Calibration& calibration, const CalibrationFiles& files) {
  std::string notes = remarks(calibration);
  if (!notes.empty()) notes += "\n";
  return (calibration.ways.empty() ? "" : ways_table(calibration) + "\n") + devices_table(calibration) + "\n" + notes +
         files_text(files);
}

std::string calibration_json(const Calibration& calibration, const CalibrationFiles& files) {
  ordered_json ways = ordered_json::array(), devices = ordered_json::array(), profiles = ordered_json::array();
  for (std::size_t i = 0; i < calibration.ways.size(); ++i) ways.push_back(way_json(calibration, i));
  for (const auto& [id, machine] : calibration.machines) devices.push_back(device_json(calibration, id, machine));
  for (const std::filesystem::path& profile : files.profiles) profiles.push_back(profile.string());
  const ordered_json text = {
      {"platform", files.platform.string()}, {"profiles", profiles}, {"ways", ways}, {"devices", devices}};
  return text.dump(2) + "\n";
}

}  // namespace twinfer
