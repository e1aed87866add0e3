// twinfer-node calibrate: what `twinfer calibrate` wants to know of a fleet, measured one
// thing after another.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/calibration_data.h"
#include "cli/command_line.h"
#include "cli/progress.h"
#include "core/calibration.h"
#include "core/whole_file.h"
#include "live/machine_facts.h"
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

// The whole network's layers, each by its median or mean, on average over the profiles.
template <class Time>
Seconds computing_of(const std::vector<MeasuredProfile>& measured, const Time& time) {
  Seconds sum;
  for (const MeasuredProfile& one : measured)
    for (const auto& [name, layer] : one.profile.layers) sum += time(layer.compute);
  return sum / static_cast<double>(measured.size());
}
Seconds median_computing(const std::vector<MeasuredProfile>& measured) {
  return computing_of(measured, [](const LatencyDistribution& layer) { return layer.median(); });
}
// Messages disturb some runs much and others not at all.
Seconds mean_computing(const std::vector<MeasuredProfile>& measured) {
  return computing_of(measured, [](const LatencyDistribution& layer) { return layer.mean; });
}

ProfileQuestion profile_question(const CalibrationTask& task) {
  return {task.models_dir, task.model, task.input_shape, task.threads, task.repeat, Seconds(task.pause_s)};
}

LatencyProfile take_profile(Fleet& fleet, const CalibrationTask& task, DeviceId device) {
  MeasuredProfile measured =
      measure_profiles(fleet, {device}, task.workers[device].profile, profile_question(task)).front();
  measured.profile.hand_off = constant_latency(measured.to_executor + measured.to_connection);
  // Workers receive straight into tensors, as the probes of a way do: its times have it.
  for (auto& [name, layer] : measured.profile.layers) layer.decode = Seconds(0);
  return measured.profile;
}

// Of one machine, by position.
using Workers = std::vector<DeviceId>;

std::map<std::string, Workers> workers_by_machine(const std::vector<CalibrationMachine>& machines) {
  std::map<std::string, Workers> workers;
  for (DeviceId id = 0; id < machines.size(); ++id)
    if (!machines[id].boot_id.empty()) workers[machines[id].boot_id].push_back(id);
  return workers;
}

constexpr const char* kUnkept = "unkept";  // profiles that only say how long computing took

// A worker a core, as far as there are, but one at least.
Workers fill_cores(const Workers& workers, unsigned threads, unsigned cores) {
  const std::size_t most = std::max(1U, cores / std::max(1U, threads));
  return {workers.begin(), workers.begin() + static_cast<std::ptrdiff_t>(std::min(workers.size(), most))};
}

// They compute together, and one of them alone; all of them warm.
std::optional<double> measure_contention(Fleet& fleet, ProfileQuestion question, const Workers& together,
                                         unsigned cores) {
  if (together.size() < 2) return std::nullopt;
  question.pause = Seconds(0);
  const Seconds alone = median_computing(measure_profiles(fleet, {together.front()}, kUnkept, question));
  const Seconds all = median_computing(measure_profiles(fleet, together, kUnkept, question));
  return contention_of(all / alone, question.threads, static_cast<unsigned>(together.size()), cores);
}

// A worker to send messages to from here: another device's, so that they cross links where there are some, and of the
// machine, if it has one.
std::optional<DeviceId> receiver_for(const CalibrationTask& task, const Workers& workers, bool is_here) {
  for (const DeviceId worker : workers)
    if (worker != task.here) return worker;
  for (DeviceId worker = 0; is_here && worker < task.workers.size(); ++worker)
    if (worker != task.here) return worker;
  return std::nullopt;
}

// So many runs of the network, without pauses, take about as long as messages are sent.
ProfileQuestion question_beside_messages(Fleet& fleet, const CalibrationTask& task, const Workers& busy) {
  constexpr Seconds kLong(3);
  constexpr double kMostRuns = 50'000;  // a worker makes no more than 100,000
  ProfileQuestion question = profile_question(task);
  question.pause = Seconds(0);
  question.repeat = 3;
  const Seconds run = mean_computing(measure_profiles(fleet, busy, kUnkept, question));
  question.repeat += static_cast<unsigned>(std::min(kMostRuns, std::min(kLong, Seconds(task.budget_s)) / run));
  return question;
}

// Computing before, beside and after messages from here. What its own ups and downs hide is nothing.
std::optional<double> measure_message_cores(Fleet& fleet, const CalibrationTask& task,
                                            const CalibrationMeasurements& measured, const Workers& workers,
                                            const Workers& busy) {
  const CalibrationMachine& machine = measured.machines[workers.front()];
  const bool is_here = machine.boot_id == machine_facts().boot_id();
  const std::optional<DeviceId> to = receiver_for(task, workers, is_here);
  if (!to) return std::nullopt;
  const ProfileQuestion question = question_beside_messages(fleet, task, busy);
  const auto computing = [&] { return mean_computing(measure_profiles(fleet, busy, kUnkept, question)); };
  const Seconds before = computing();
  const BusyProfiles beside = measure_profiles_beside_messages(fleet, busy, kUnkept, question, *to);
  const Seconds after = computing();
  if (mean_computing(beside.profiles) <= std::max(before, after)) return 0;
  Device device;
  device.cores = machine.cores;
  device.contention = machine.contention.value_or(1);
  const bool both_ends = is_here && measured.machines[*to].boot_id == machine.boot_id;
  const auto cores = std::min(machine.cores, static_cast<unsigned>(busy.size()) * task.threads);
  return message_cores_of(2 * mean_computing(beside.profiles) / (before + after), device, cores, beside.rate,
                          both_ends ? 2 : 1);
}

Workers profiled(const CalibrationTask& task, const Workers& workers) {
  Workers computing;
  std::ranges::copy_if(workers, std::back_inserter(computing),
                       [&](DeviceId worker) { return !task.workers[worker].profile.empty(); });
  return computing;
}

// What executors take from each other, and messages from executors: of each machine once.
void measure_machines(Fleet& fleet, const CalibrationTask& task, CalibrationMeasurements& measured) {
  for (const auto& [boot_id, workers] : workers_by_machine(measured.machines)) {
    const Workers computing = profiled(task, workers);
    if (computing.empty()) continue;
    const unsigned cores = measured.machines[computing.front()].cores;
    const Workers busy = fill_cores(computing, task.threads, cores);
    const std::optional<double> contention = measure_contention(fleet, profile_question(task), busy, cores);
    for (const DeviceId id : workers) measured.machines[id].contention = contention;
    const std::optional<double> message_cores = measure_message_cores(fleet, task, measured, workers, busy);
    for (const DeviceId id : workers) measured.machines[id].message_cores = message_cores;
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
  measure_machines(fleet, task, measured);
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
