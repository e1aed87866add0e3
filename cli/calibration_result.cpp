#include "cli/calibration_result.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/models_folder.h"
#include "core/error.h"
#include "core/whole_file.h"
#include "report/machine.h"
#include "report/table.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBootDigits = 8;  // enough to tell machines of one name apart

// The measured ones or the stated ones, with the overhead that was measured or else stated.
std::map<DeviceId, LatencyProfile> profiles_of(const CalibrationTarget& target, const CalibrationMeasurements& measured,
                                               const std::map<DeviceId, Seconds>& overheads, const fs::path& out) {
  std::map<DeviceId, LatencyProfile> profiles;
  for (std::size_t worker = 0; worker < target.devices.size(); ++worker) {
    const DeviceId id = target.devices[worker];
    const std::optional<LatencyProfile>& profile = target.links_only ? target.profiles[id] : measured.profiles[worker];
    if (!profile) continue;
    LatencyProfile& made = profiles[id] = *profile;
    made.device = calibrated_profile(out, target.platform.devices[id]);
    if (const auto overhead = overheads.find(id); overhead != overheads.end())
      made.message_overhead = overhead->second;
    else if (const std::optional<LatencyProfile>& stated = target.profiles[id]; stated)
      made.message_overhead = stated->message_overhead;
  }
  return profiles;
}

// Real computing has its machine's cores, whatever was stated; nothing is taken from emulated computing.
void describe_machines(Calibration& calibration, const CalibrationTarget& target) {
  for (auto& [id, profile] : calibration.profiles) calibration.platform.devices[id].profile = profile.device;
  for (const auto& [id, machine] : calibration.machines) {
    calibration.platform.devices[id].machine.clear();
    if (target.links_only) calibration.platform.devices[id].message_cores = 0;
  }
  if (target.links_only) return;
  for (const auto& [id, machine] : calibration.machines) {
    Device& device = calibration.platform.devices[id];
    device.cores = machine.cores;
    device.machine = machine_name(calibration, id);
    if (machine.contention) device.contention = *machine.contention;
    if (machine.message_cores) device.message_cores = *machine.message_cores;
    if (device.memory == Bytes(0)) device.memory = machine.memory;
  }
}

// The largest error that the link's values leave on a route over it, in words.
std::string link_note(const Calibration& calibration, LinkId link) {
  double latency = 0, bandwidth = 0, line = 0;
  std::size_t routes = 0;
  for (std::size_t i = 0; i < calibration.ways.size(); ++i) {
    const WayCost& seen = calibration.costs[i];
    const WayCost& made = calibration.attribution.routes[i];
    const auto& route = calibration.platform.routes.at({seen.way.from, seen.way.to});
    if (std::ranges::find(route, link) == route.end()) continue;
    ++routes;
    latency = std::max(latency, std::abs((made.latency - seen.latency).si()));
    bandwidth = std::max(bandwidth, std::abs(made.bandwidth / seen.bandwidth - 1));
    line = std::max(line, calibration.ways[i].fit.largest_residual());
  }
  return fmt::format(
      "measured on {} way(s): their message times err by up to {:.1f} % from their lines; this link by up to {} and "
      "{:.1f} % of the bandwidth from them",
      routes, 100 * line, format_seconds(latency), 100 * bandwidth);
}

}  // namespace

std::string machine_name(const Calibration& calibration, DeviceId device) {
  const auto found = calibration.machines.find(device);
  if (found == calibration.machines.end() || found->second.boot_id.empty()) return "";
  const std::string& boot_id = found->second.boot_id;
  // Containers of one machine go by names of their own: the first device's counts for all.
  const auto first =
      std::ranges::find_if(calibration.machines, [&](const auto& entry) { return entry.second.boot_id == boot_id; });
  return first->second.hostname + "-" + boot_id.substr(0, kBootDigits);
}

Calibration make_calibration(const CalibrationTarget& target, const CalibrationMeasurements& measured,
                             const fs::path& out) {
  Calibration calibration;
  std::vector<MeasuredWay> ways = measured.ways;
  for (std::size_t i = 0; i < ways.size(); ++i) ways[i].way = target.ways.at(i);
  for (std::size_t worker = 0; worker < target.devices.size(); ++worker)
    calibration.machines[target.devices[worker]] = measured.machines.at(worker);
  calibration.ways = fit_ways(target.platform, ways, target.largest);
  calibration.overheads = message_overheads(calibration.ways);
  calibration.costs = way_costs(calibration.ways, calibration.overheads);
  calibration.attribution = attribute_to_links(target.platform, calibration.costs);
  calibration.platform = target.platform;
  calibration.platform.links = calibration.attribution.links;
  calibration.profiles = profiles_of(target, measured, calibration.overheads, out);
  describe_machines(calibration, target);
  return calibration;
}

PlatformNotes notes_of(const Calibration& calibration, const CalibrationTarget& target, const CalibrationTask& task) {
  PlatformNotes notes;
  notes.lines.push_back(fmt::format("Measured by `twinfer calibrate`, {} ({}), {}, from {}.", build_version(),
                                    build_commit(), utc_now(), machine_description()));
  if (target.profiles_only)
    notes.lines.push_back("All but computing: " + target.platform.file + ".");
  else if (!target.own_topology)
    notes.lines.push_back("Topology, speed, power and prices: " + target.platform.file +
                          ". Links without a remark were not measured.");
  if (!target.profiles_only)
    notes.lines.push_back(fmt::format("Each way: up to {} messages of a size, {:g} s at most, {:g} ms before each.",
                                      task.messages, task.budget_s, 1e3 * task.pause_s));
  for (const auto& [id, machine] : calibration.machines)
    notes.lines.push_back(fmt::format("{}: {}, {}, {} cores", target.platform.devices[id].name, machine.hostname,
                                      machine.processor, machine.cores));
  for (LinkId link = 0; link < calibration.platform.links.size(); ++link)
    if (calibration.attribution.measured[link]) notes.links[link] = link_note(calibration, link);
  return notes;
}

std::string files_text(const CalibrationFiles& files) {
  std::string text = "Platform: " + files.platform.string() + "\n";
  for (const fs::path& profile : files.profiles) text += "Profile: " + profile.string() + "\n";
  return text;
}

CalibrationFiles write_files(const Platform& platform, const PlatformNotes& notes,
                             const std::map<DeviceId, LatencyProfile>& profiles, const fs::path& out,
                             const fs::path& profile_dir) {
  CalibrationFiles files{out, {}};
  make_folder_of(out);
  PendingFile xml(out);
  xml.write(platform_xml(platform, notes));
  static_cast<void>(read_platform(xml.part()));
  std::vector<std::unique_ptr<PendingFile>> pending;
  for (const auto& [id, profile] : profiles) {
    files.profiles.push_back(profile_dir / (profile.device + ".csv"));
    make_folder_of(files.profiles.back());
    pending.push_back(std::make_unique<PendingFile>(files.profiles.back()));
    pending.back()->write(latency_profile_text(profile));
  }
  for (const std::unique_ptr<PendingFile>& profile : pending) profile->commit();
  xml.commit();
  return files;
}

}  // namespace twinfer
