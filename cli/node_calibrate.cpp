// twinfer-node calibrate: what `twinfer calibrate` wants to know of a fleet, measured one
// thing after another.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/calibration_data.h"
#include "cli/command_line.h"
#include "cli/progress.h"
#include "core/calibration.h"
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

// The whole network's layers, on average over the profiles.
Seconds computing_of(const std::vector<MeasuredProfile>& measured) {
  Seconds sum;
  for (const MeasuredProfile& one : measured)
    for (const auto& [name, layer] : one.profile.layers) sum += layer.compute.median();
  return sum / static_cast<double>(measured.size());
}

LatencyProfile take_profile(Fleet& fleet, const CalibrationTask& task, DeviceId device) {
  const ProfileQuestion question{task.models_dir, task.model,  task.input_shape,
                                 task.threads,    task.repeat, Seconds(task.pause_s)};
  MeasuredProfile measured = measure_profile(fleet, device, task.workers[device].profile, question);
  measured.profile.hand_off = measured.to_executor + measured.to_connection;
  return measured.profile;
}

constexpr std::array<double, 4> kRests{0, 0.125, 1, 5};  // of the pause
constexpr Seconds kLongestPause(1);                      // that a worker takes

// Of one machine, by position; those that take profiles.
std::map<std::string, std::vector<DeviceId>> workers_by_machine(const CalibrationTask& task,
                                                                const std::vector<CalibrationMachine>& machines) {
  std::map<std::string, std::vector<DeviceId>> workers;
  for (DeviceId id = 0; id < machines.size(); ++id)
    if (!machines[id].boot_id.empty() && !task.workers[id].profile.empty()) workers[machines[id].boot_id].push_back(id);
  return workers;
}

// Computing that begins at once, and after parts and a multiple of the pause, which the profiles are of.
std::vector<RestShare> measure_rests(Fleet& fleet, ProfileQuestion question, DeviceId worker) {
  std::vector<RestShare> rested;
  const Seconds pause = question.pause;
  Seconds profiled;
  for (const double part : kRests) {
    question.pause = std::min(part * pause, kLongestPause);
    if (!rested.empty() && question.pause <= rested.back().rest) continue;
    const Seconds time = computing_of(measure_profiles(fleet, {worker}, question));
    rested.push_back({question.pause, time.si()});
    if (question.pause == pause) profiled = time;
  }
  for (RestShare& point : rested) point.share /= profiled.si();
  return rested;
}

// A worker a core, as far as there are, compute together, and one of them alone; all of them warm.
std::optional<double> measure_contention(Fleet& fleet, ProfileQuestion question, const std::vector<DeviceId>& workers,
                                         unsigned cores) {
  const std::size_t busy = std::min<std::size_t>(workers.size(), cores / std::max(1U, question.threads));
  if (busy < 2) return std::nullopt;
  question.pause = Seconds(0);
  const std::vector<DeviceId> together(workers.begin(), workers.begin() + static_cast<std::ptrdiff_t>(busy));
  const Seconds alone = computing_of(measure_profiles(fleet, {together.front()}, question));
  const Seconds all = computing_of(measure_profiles(fleet, together, question));
  return contention_of(all / alone, question.threads, static_cast<unsigned>(busy), cores);
}

// What executors take from each other, and what caches forget: of each machine once.
void measure_machines(Fleet& fleet, const CalibrationTask& task, std::vector<CalibrationMachine>& machines) {
  const ProfileQuestion question{task.models_dir, task.model,  task.input_shape,
                                 task.threads,    task.repeat, Seconds(task.pause_s)};
  for (const auto& [boot_id, workers] : workers_by_machine(task, machines)) {
    CalibrationMachine& first = machines[workers.front()];
    first.contention = measure_contention(fleet, question, workers, first.cores);
    if (task.pause_s > 0) first.rested = measure_rests(fleet, question, workers.front());
    for (const DeviceId id : workers) {
      machines[id].contention = first.contention;
      machines[id].rested = first.rested;
    }
  }
}

CalibrationMeasurements measure_all(Fleet& fleet, const CalibrationTask& task) {
  const ProgressLine line("calibrating");
  CalibrationMeasurements measured;
  const std::size_t steps = task.ways.size() + task.workers.size() + 1;
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
  line.show(done, steps, "machines");
  measure_machines(fleet, task, measured.machines);
  for (DeviceId id = 0; id < task.workers.size(); ++id)
    if (measured.profiles[id]) measured.profiles[id]->rested = measured.machines[id].rested;
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
