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

// The whole network's layers, on average over the profiles.
Seconds computing_of(const std::vector<MeasuredProfile>& measured) {
  Seconds sum;
  for (const MeasuredProfile& one : measured)
    for (const auto& [name, layer] : one.profile.layers) sum += layer.compute.median();
  return sum / static_cast<double>(measured.size());
}

ProfileQuestion profile_question(const CalibrationTask& task) {
  return {task.models_dir, task.model, task.input_shape, task.threads, task.repeat, Seconds(task.pause_s)};
}

LatencyProfile take_profile(Fleet& fleet, const CalibrationTask& task, DeviceId device) {
  MeasuredProfile measured =
      measure_profiles(fleet, {device}, task.workers[device].profile, profile_question(task)).front();
  measured.profile.hand_off = measured.to_executor + measured.to_connection;
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

// Parts of the pause and a multiple, ascending.
std::vector<Seconds> rests_about(Seconds pause, const std::vector<double>& parts) {
  std::vector<Seconds> rests;
  for (const double part : parts)
    if (const Seconds rest = std::min(part * pause, kLongestPause); rests.empty() || rest > rests.back())
      rests.push_back(rest);
  return rests;
}

// What the smallest messages take more after each rest than after the pause, on one way; both ways of a round
// trip alike. Probes empty the caches before any rest, so what differs is what the kernel and its sleeping
// cores cost, and no rest is shorter than that takes.
RestCurve measure_message_rests(Fleet& fleet, const CalibrationTask& task, const Way& way) {
  constexpr unsigned kMessages = 25;
  const Seconds pause(task.pause_s);
  RestCurve rests;
  for (const Seconds rest : rests_about(pause, {0.125, 1, 5})) {
    const WayTimes times =
        measure_way(fleet, way, {{smallest_probe()}, std::min(kMessages, task.messages), Seconds(task.budget_s), rest});
    rests.push_back({rest, medians_by_size(one_way_times(times.round_trips)).front().median.si()});
  }
  const double usual = value_after(rests, pause, 0);
  for (RestPoint& point : rests) point.value -= usual;
  return rests;
}

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
  const Seconds alone = computing_of(measure_profiles(fleet, {together.front()}, kUnkept, question));
  const Seconds all = computing_of(measure_profiles(fleet, together, kUnkept, question));
  return contention_of(all / alone, question.threads, static_cast<unsigned>(together.size()), cores);
}

// Of the whole network, on average over runs and profiles: messages disturb some runs much and others not at all.
Seconds run_of(const std::vector<MeasuredProfile>& measured) {
  Seconds sum;
  for (const MeasuredProfile& one : measured) sum += one.profile.run->mean;
  return sum / static_cast<double>(measured.size());
}

// To send from here to: another device's, of the machine if it can be, so that messages cross links where there are.
std::optional<DeviceId> receiver_for(const CalibrationTask& task, const Workers& workers, bool is_here) {
  for (const DeviceId worker : workers)
    if (worker != task.here) return worker;
  for (DeviceId worker = 0; is_here && worker < task.workers.size(); ++worker)
    if (worker != task.here) return worker;
  return std::nullopt;
}

// Computing before, beside and after messages from here, for about as long each time.
double measure_message_cores(Fleet& fleet, const CalibrationTask& task, const CalibrationMeasurements& measured,
                             const Workers& workers, const Workers& busy) {
  const CalibrationMachine& machine = measured.machines[workers.front()];
  const bool is_here = machine.boot_id == machine_facts().boot_id();
  const std::optional<DeviceId> to = receiver_for(task, workers, is_here);
  if (!to) return 0;
  constexpr Seconds kEachTime(3);
  ProfileQuestion question = profile_question(task);
  question.pause = Seconds(0);
  question.repeat = 3;
  const Seconds run = run_of(measure_profiles(fleet, busy, kUnkept, question));
  question.repeat += static_cast<unsigned>(std::min(kEachTime, Seconds(task.budget_s)) / run);
  const Seconds before = run_of(measure_profiles(fleet, busy, kUnkept, question));
  const BusyProfiles beside = measure_profiles_beside_messages(fleet, busy, kUnkept, question, *to);
  const Seconds after = run_of(measure_profiles(fleet, busy, kUnkept, question));
  const bool both_ends = is_here && measured.machines[*to].boot_id == machine.boot_id;
  return message_cores_of(2 * run_of(beside.profiles) / (before + after), machine.cores, beside.rate,
                          both_ends ? 2 : 1);
}

// To another machine, if there is such a way.
std::optional<Way> way_from(const CalibrationTask& task, const Workers& workers) {
  const auto is_here = [&](DeviceId worker) { return std::ranges::find(workers, worker) != workers.end(); };
  std::optional<Way> found;
  for (const Way& way : task.ways)
    if (is_here(way.from) && way.from != way.to && (!found || (is_here(found->to) && !is_here(way.to)))) found = way;
  return found;
}

Workers profiled(const CalibrationTask& task, const Workers& workers) {
  Workers computing;
  std::ranges::copy_if(workers, std::back_inserter(computing),
                       [&](DeviceId worker) { return !task.workers[worker].profile.empty(); });
  return computing;
}

// What executors take from each other, messages from executors, and rests cost messages: of each machine once.
void measure_machines(Fleet& fleet, const CalibrationTask& task, CalibrationMeasurements& measured) {
  const bool rests = task.pause_s > 0;
  for (const auto& [boot_id, workers] : workers_by_machine(measured.machines)) {
    const std::optional<Way> way = way_from(task, workers);
    const RestCurve messages = way && rests ? measure_message_rests(fleet, task, *way) : RestCurve{};
    for (const DeviceId id : workers) measured.machines[id].message_rests = messages;
    const Workers computing = profiled(task, workers);
    if (computing.empty()) continue;
    const unsigned cores = measured.machines[computing.front()].cores;
    const Workers busy = fill_cores(computing, task.threads, cores);
    const std::optional<double> contention = measure_contention(fleet, profile_question(task), busy, cores);
    const double message_cores = measure_message_cores(fleet, task, measured, workers, busy);
    for (const DeviceId id : workers) measured.machines[id].contention = contention;
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
