#include "live/measure_fleet.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <stop_token>
#include <thread>

#include "live/deployment.h"
#include "live/fleet_members.h"
#include "live/handshake.h"
#include "live/run_to_end.h"
#include "live/send_weights.h"
#include "live/way_probe.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::minutes kProfilePatience{60};  // a large network, many times, on a small machine
constexpr std::uint64_t kLargestProfile = 64ULL << 20;
constexpr std::uint64_t kAnyWeights = 1;  // seed: times do not depend on the values

wire::Header way_question(const Endpoint& to, const WaySettings& settings) {
  wire::Header header;
  wire::MeasureWay& question = *header.mutable_measure_way();
  question.set_endpoint(to_string(to));
  for (const Bytes size : settings.sizes) question.add_sizes(static_cast<std::uint64_t>(size.si()));
  question.set_repeat(settings.repeat);
  question.set_budget_s(settings.budget.si());
  question.set_pause_s(settings.pause.si());
  return header;
}

WayTimes way_times(const wire::WayMeasured& measured) {
  WayTimes times;
  for (const wire::SizeTimes& size : measured.sizes()) {
    const Bytes bytes(static_cast<double>(size.bytes()));
    for (const double round_trip_s : size.round_trip_s()) times.round_trips.push_back({bytes, Seconds(round_trip_s)});
    if (size.round_trip_s().empty()) times.left_out.push_back(bytes);
  }
  for (const double gap_s : measured.gap_s()) times.gaps.emplace_back(gap_s);
  return times;
}

wire::Header profile_message(const std::string& name, const ProfileQuestion& question,
                             const std::optional<WeightsFile>& weights) {
  wire::Header header;
  wire::Profile& profile = *header.mutable_profile();
  profile.set_device(name);
  profile.set_model(question.model);
  profile.mutable_input_shape()->Assign(question.input_shape.begin(), question.input_shape.end());
  profile.set_weights_seed(kAnyWeights);
  if (weights) {
    profile.set_weights_sha256(weights->sha256);
    profile.set_weights_bytes(weights->bytes);
    profile.set_imported(weights->imported);
  }
  profile.set_threads(question.threads);
  profile.set_repeat(question.repeat);
  profile.set_pause_s(question.pause.si());
  return header;
}

ReceiveRules profile_rules() {
  ReceiveRules rules = no_payload(kProfilePatience, kPatience);
  rules.limits.payload_bytes = kLargestProfile;
  rules.allocate = [](const wire::Header&, std::uint64_t bytes) {
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes)};
  };
  return rules;
}

MeasuredProfile to_profile(const Frame& frame, const std::string& peer) {
  if (!frame.header.has_profiled() || frame.tensors.empty()) throw ConnectionError(peer + ": sent no profile");
  const auto text = frame.tensors.front().bytes;
  return {parse_latency_profile({reinterpret_cast<const char*>(text.data()), text.size()}, peer),
          Seconds(frame.header.profiled().to_executor_s()), Seconds(frame.header.profiled().to_connection_s())};
}

}  // namespace

std::vector<Bytes> probe_sizes(std::optional<Bytes> largest) {
  constexpr std::uint64_t kStep = 4;
  constexpr std::size_t kLeastSizes = 4;  // a line and what lies off it
  std::vector<Bytes> sizes;
  for (std::uint64_t bytes = kSmallProbe; bytes <= kLargestProbe; bytes *= kStep) {
    sizes.emplace_back(static_cast<double>(bytes));
    if (largest && sizes.size() >= kLeastSizes && sizes.back() >= *largest) break;
  }
  return sizes;
}

WorkerMachine measure_machine(Fleet& fleet, DeviceId device) {
  Fleet::Members& members = fleet.members();
  wire::Header question;
  question.mutable_describe();
  Connection& control = *members.by_device.at(device).control;
  const wire::Header answer =
      run_to_end(members.io, ask(control, question, wire::Header::kMachine, std::chrono::nanoseconds(kPatience)));
  const wire::Machine& machine = answer.machine();
  return {machine.hostname(), machine.boot_id(), machine.processor(), std::max(1U, machine.cores()),
          Bytes(static_cast<double>(machine.memory_bytes()))};
}

WayTimes measure_way(Fleet& fleet, const Way& way, const WaySettings& settings) {
  Fleet::Members& members = fleet.members();
  const wire::Header question = way_question(members.by_device.at(way.to).endpoint, settings);
  if (way.from == way.to) return way_times(run_to_end(members.io, measure_way(question.measure_way())));
  // The worker keeps the budget, but may be in the middle of a message at its end.
  const std::chrono::nanoseconds patience = 2 * to_duration(settings.budget) + kPatience;
  Connection& control = *members.by_device.at(way.from).control;
  return way_times(run_to_end(members.io, ask(control, question, wire::Header::kWayMeasured, patience)).way_measured());
}

std::vector<MeasuredProfile> measure_profiles(Fleet& fleet, const std::vector<DeviceId>& devices,
                                              const std::string& profile_name, const ProfileQuestion& question) {
  Fleet::Members& members = fleet.members();
  const std::optional<WeightsFile> weights = find_weights_file(question.models_dir, question.model);
  const wire::Header message = profile_message(profile_name, question, weights);  // the tasks borrow it
  const ReceiveRules rules = profile_rules();
  std::vector<Connection*> controls;
  std::vector<Task<Frame>> asked;
  for (const DeviceId device : devices) {
    controls.push_back(members.by_device.at(device).control.get());
    asked.push_back(ask_with_weights(*controls.back(), message, weights, rules));
  }
  const std::vector<Frame> answers = run_all_to_end(members.io, std::move(asked));
  std::vector<MeasuredProfile> profiles;
  for (std::size_t i = 0; i < answers.size(); ++i) profiles.push_back(to_profile(answers[i], controls[i]->peer()));
  return profiles;
}

BusyProfiles measure_profiles_beside_messages(Fleet& fleet, const std::vector<DeviceId>& devices,
                                              const std::string& profile_name, const ProfileQuestion& question,
                                              DeviceId to) {
  const std::string endpoint = to_string(fleet.members().by_device.at(to).endpoint);
  BusyProfiles busy;
  std::exception_ptr failed;
  {
    const std::jthread sender([&](std::stop_token profiled) {
      try {
        asio::io_context io(1);
        busy.rate = run_to_end(io, fill_way(endpoint, [&] { return profiled.stop_requested(); }));
      } catch (...) {
        failed = std::current_exception();
      }
    });
    busy.profiles = measure_profiles(fleet, devices, profile_name, question);
  }
  if (failed) std::rethrow_exception(failed);
  return busy;
}

}  // namespace twinfer
