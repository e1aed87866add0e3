// twinfer-node calibrate: what `twinfer calibrate` wants to know of a fleet, measured one
// thing after another.
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "cli/calibration_data.h"
#include "cli/command_line.h"
#include "cli/progress.h"
#include "core/whole_file.h"
#include "live/measure_fleet.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer-node calibrate",
                        "Measures the ways, machines and profiles that `twinfer calibrate` asks for.",
                        {{"task"}},
                        {"twinfer-node calibrate task.json --out measurements.json"}};

Platform platform_of(const CalibrationTask& task) {
  Platform platform;
  for (const CalibrationWorker& worker : task.workers) {
    Device device;
    device.name = worker.device;
    device.endpoint = worker.endpoint;
    platform.devices.push_back(device);
  }
  return platform;
}

std::vector<DeviceId> all_of(const Platform& platform) {
  std::vector<DeviceId> devices;
  for (DeviceId id = 0; id < platform.devices.size(); ++id) devices.push_back(id);
  return devices;
}

CalibrationMachine machine_of(const WorkerMachine& machine) {
  return {machine.hostname, machine.boot_id, machine.processor, machine.cores, machine.memory};
}

MeasuredWay way_of(const Way& way, WayTimes times) {
  return {way, std::move(times.round_trips), std::move(times.gaps), std::move(times.left_out)};
}

LatencyProfile take_profile(Fleet& fleet, const CalibrationTask& task, DeviceId device) {
  const ProfileQuestion question{task.models_dir, task.model,  task.input_shape,
                                 task.threads,    task.repeat, Seconds(task.pause_s)};
  MeasuredProfile measured = measure_profile(fleet, device, task.workers[device].profile, question);
  measured.profile.hand_off = measured.to_executor + measured.to_connection;
  return measured.profile;
}

CalibrationMeasurements measure_all(Fleet& fleet, const CalibrationTask& task) {
  const ProgressLine line("calibrating");
  CalibrationMeasurements measured;
  const std::size_t steps = task.ways.size() + task.workers.size();
  std::size_t done = 0;
  for (DeviceId id = 0; id < task.workers.size(); ++id)
    measured.machines.push_back(machine_of(measure_machine(fleet, id)));
  for (const Way& way : task.ways) {
    line.show(done++, steps, task.workers[way.from].device + " -> " + task.workers[way.to].device);
    measured.ways.push_back(way_of(
        way, measure_way(fleet, way,
                         {probe_sizes(task.largest), task.messages, Seconds(task.budget_s), Seconds(task.pause_s)})));
  }
  for (DeviceId id = 0; id < task.workers.size(); ++id) {
    line.show(done++, steps, task.model + " on " + task.workers[id].device);
    measured.profiles.emplace_back();
    if (!task.workers[id].profile.empty()) measured.profiles.back() = take_profile(fleet, task, id);
  }
  return measured;
}

}  // namespace

int run_node_calibrate(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("out", "File to write", cxxopts::value<std::string>(), "FILE");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  if (arguments->count("out") == 0) throw UsageError("missing --out FILE; see `twinfer-node calibrate --help`");

  const CalibrationTask task = read_calibration_task((*arguments)["task"].as<std::string>());
  const Platform platform = platform_of(task);
  Fleet fleet(platform, all_of(platform),
              {.program = std::filesystem::read_symlink("/proc/self/exe"), .models_dir = task.models_dir});
  write_whole_file((*arguments)["out"].as<std::string>(), to_text(measure_all(fleet, task)));
  return 0;
}

}  // namespace twinfer
