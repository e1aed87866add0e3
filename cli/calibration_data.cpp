#include "cli/calibration_data.h"

#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace twinfer {
namespace {

using nlohmann::json;

template <class Read>
auto read_json(const std::filesystem::path& file, const Read& read) {
  std::ifstream in(file);
  if (!in) throw InputError(file, "", "", "cannot be read");
  try {
    return read(json::parse(in));
  } catch (const json::exception&) {
    throw InputError(file, "", "", "is not what another twinfer of this version wrote");
  }
}

template <class Quantity>
std::vector<double> si_of(const std::vector<Quantity>& quantities) {
  std::vector<double> values;
  for (const Quantity quantity : quantities) values.push_back(quantity.si());
  return values;
}

template <class Quantity>
std::vector<Quantity> of_si(const json& values) {
  std::vector<Quantity> quantities;
  for (const json& value : values) quantities.emplace_back(value.get<double>());
  return quantities;
}

json way_json(const MeasuredWay& way) {
  json trips = json::array();
  for (const RoundTrip& trip : way.round_trips) trips.push_back({trip.bytes.si(), trip.time.si()});
  return {{"from", way.way.from},
          {"to", way.way.to},
          {"round_trips", trips},
          {"gaps_s", si_of(way.gaps)},
          {"left_out_bytes", si_of(way.left_out)}};
}

MeasuredWay read_way(const json& text) {
  MeasuredWay way{
      {text.at("from"), text.at("to")}, {}, of_si<Seconds>(text.at("gaps_s")), of_si<Bytes>(text.at("left_out_bytes"))};
  for (const json& trip : text.at("round_trips")) way.round_trips.push_back({Bytes(trip.at(0)), Seconds(trip.at(1))});
  return way;
}

json machine_json(const CalibrationMachine& machine) {
  json text = {{"hostname", machine.hostname},
               {"boot_id", machine.boot_id},
               {"processor", machine.processor},
               {"cores", machine.cores},
               {"memory_bytes", machine.memory.si()}};
  if (machine.contention) text["contention"] = *machine.contention;
  if (machine.message_cores) text["message_cores"] = *machine.message_cores;
  return text;
}

CalibrationMachine read_machine(const json& text) {
  CalibrationMachine machine{text.at("hostname"), text.at("boot_id"), text.at("processor"), text.at("cores"),
                             Bytes(text.at("memory_bytes"))};
  if (text.contains("contention")) machine.contention = text.at("contention").get<double>();
  if (text.contains("message_cores")) machine.message_cores = text.at("message_cores").get<double>();
  return machine;
}

CalibrationWorker read_worker(const json& text) { return {text.at("device"), text.at("endpoint"), text.at("profile")}; }

Way read_task_way(const json& text, std::size_t workers) {
  const Way way{text.at(0), text.at(1)};
  if (way.from >= workers || way.to >= workers) throw InputError("", "ways", text.dump(), "must join workers");
  return way;
}

CalibrationTask read_task(const json& text) {
  CalibrationTask task;
  for (const json& worker : text.at("workers")) task.workers.push_back(read_worker(worker));
  for (const json& way : text.at("ways")) task.ways.push_back(read_task_way(way, task.workers.size()));
  if (text.contains("here")) task.here = text.at("here").get<DeviceId>();
  task.messages = text.at("messages");
  task.budget_s = text.at("budget_s");
  task.pause_s = text.at("pause_s");
  if (text.contains("largest_bytes")) task.largest = Bytes(text.at("largest_bytes").get<double>());
  task.model = text.at("model");
  task.input_shape = text.at("input_shape").get<std::vector<long>>();
  task.threads = text.at("threads");
  task.repeat = text.at("repeat");
  task.models_dir = text.at("models_dir").get<std::string>();
  return task;
}

CalibrationMeasurements read_measurements(const json& text, const std::string& file) {
  CalibrationMeasurements measurements;
  for (const json& machine : text.at("machines")) measurements.machines.push_back(read_machine(machine));
  for (const json& profile : text.at("profiles")) {
    measurements.profiles.emplace_back();
    if (!profile.is_null()) measurements.profiles.back() = parse_latency_profile(profile, file);
  }
  for (const json& way : text.at("ways")) measurements.ways.push_back(read_way(way));
  return measurements;
}

}  // namespace

std::string to_text(const CalibrationTask& task) {
  json workers = json::array(), ways = json::array();
  for (const CalibrationWorker& worker : task.workers)
    workers.push_back({{"device", worker.device}, {"endpoint", worker.endpoint}, {"profile", worker.profile}});
  for (const Way& way : task.ways) ways.push_back({way.from, way.to});
  json text = {{"workers", workers},
               {"ways", ways},
               {"messages", task.messages},
               {"budget_s", task.budget_s},
               {"pause_s", task.pause_s},
               {"model", task.model},
               {"input_shape", task.input_shape},
               {"threads", task.threads},
               {"repeat", task.repeat},
               {"models_dir", task.models_dir.string()}};
  if (task.here) text["here"] = *task.here;
  if (task.largest) text["largest_bytes"] = task.largest->si();
  return text.dump() + "\n";
}

std::string to_text(const CalibrationMeasurements& measurements) {
  json machines = json::array(), profiles = json::array(), ways = json::array();
  for (const CalibrationMachine& machine : measurements.machines) machines.push_back(machine_json(machine));
  for (const std::optional<LatencyProfile>& profile : measurements.profiles)
    profiles.push_back(profile ? json(latency_profile_text(*profile)) : json());
  for (const MeasuredWay& way : measurements.ways) ways.push_back(way_json(way));
  const json text = {{"machines", machines}, {"profiles", profiles}, {"ways", ways}};
  return text.dump() + "\n";
}

CalibrationTask read_calibration_task(const std::filesystem::path& file) { return read_json(file, read_task); }

CalibrationMeasurements read_calibration_measurements(const std::filesystem::path& file) {
  return read_json(file, [&](const json& text) { return read_measurements(text, file); });
}

}  // namespace twinfer
