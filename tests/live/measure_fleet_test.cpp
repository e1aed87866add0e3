// Workers that measure each other over loopback, and what they refuse to measure.
#include "live/measure_fleet.h"

#include <cmath>
#include <functional>
#include <thread>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "live/fleet_members.h"
#include "live/hand_off.h"
#include "live/handshake.h"
#include "live/machine_facts.h"
#include "live/run_to_end.h"
#include "live/way_probe.h"
#include "tests/live/live_world.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{10};

struct TwoWorkers {
  WorkerThread first, second;
  Platform platform = tiny::mesh({"a", "b"}, 1);
  TemporaryFolder no_models;

  TwoWorkers() {
    platform.devices[0].endpoint = to_string(first.endpoint());
    platform.devices[1].endpoint = to_string(second.endpoint());
  }
  [[nodiscard]] Fleet fleet() const { return {platform, {0, 1}, {.program = {}, .models_dir = {}}}; }
};

std::vector<std::size_t> repeats(const WayTimes& times, const std::vector<Bytes>& sizes) {
  std::vector<std::size_t> counts;
  for (const Bytes size : sizes)
    counts.push_back(static_cast<std::size_t>(
        std::ranges::count(times.round_trips, size, [](const RoundTrip& t) { return t.bytes; })));
  return counts;
}

TEST_CASE("a way is measured in every size, as often as asked for, and its gap") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  const std::vector<Bytes> sizes{Bytes(64), Bytes(4096), Bytes(262144)};
  const WayTimes times = measure_way(fleet, {0, 1}, {sizes, 10, Seconds(30)});
  CHECK(repeats(times, sizes) == std::vector<std::size_t>{10, 10, 10});
  CHECK(times.left_out.empty());
  CHECK(times.gaps.size() == 40);  // five rounds of eight trains

  // Both ways at once would disturb each other; one after the other is fine.
  CHECK(measure_way(fleet, {1, 0}, {sizes, 5, Seconds(30)}).round_trips.size() == 15);
}

TEST_CASE("the way within a device is the coordinator's to its worker") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  fleet.members().by_device.at(1).control->close();  // the worker cannot be asked
  const std::vector<Bytes> sizes{Bytes(64), Bytes(4096)};
  const WayTimes times = measure_way(fleet, {1, 1}, {sizes, 10, Seconds(30)});
  CHECK(repeats(times, sizes) == std::vector<std::size_t>{10, 10});
  CHECK(times.gaps.size() == 40);
}

TEST_CASE("sizes that the budget does not allow are left out, the smallest never") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  // A share of 1e-7 / 3 / 5 s is less than any round trip.
  const WayTimes times = measure_way(fleet, {0, 1}, {{Bytes(64), Bytes(256), Bytes(67108864)}, 50, Seconds(1e-7)});
  REQUIRE(times.left_out.size() == 2);
  CHECK(times.left_out[0] == Bytes(256));
  CHECK(times.left_out[1] == Bytes(67108864));
  CHECK(times.round_trips.size() == 5);  // one in each round
}

TEST_CASE("sizes for calibration go from 64 B to 64 MB") {
  const std::vector<Bytes> sizes = probe_sizes();
  CHECK(sizes.size() == 11);
  CHECK(sizes.front() == Bytes(64));
  CHECK(sizes.back() == Bytes(64.0 * 1024 * 1024));
  CHECK(probe_sizes(Bytes(20000)).back() == Bytes(65536));
  CHECK(probe_sizes(Bytes(65536)).back() == Bytes(65536));
  CHECK(probe_sizes(Bytes(1)).size() == 4);
}

TEST_CASE("a worker tells its machine, the same as every process on it") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  const WorkerMachine machine = measure_machine(fleet, 0);
  CHECK(machine.boot_id.size() == 36);  // a UUID
  CHECK(machine.boot_id == machine_facts().boot_id());
  CHECK(machine.cores == std::max(1U, std::thread::hardware_concurrency()));
  CHECK(machine.memory > Bytes(1e8));
}

TEST_CASE("a profile comes over the wire with every layer and head, and the hand-offs") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  const ProfileQuestion question{
      workers.no_models.path(), "digits", default_input_shape("digits"), 1, 3, Seconds(0.001)};
  const MeasuredProfile measured = measure_profiles(fleet, {1}, "lab-b", question).front();
  const Network network = make_network("digits", question.input_shape, 1);
  CHECK(measured.profile.device == "lab-b");
  CHECK(measured.profile.model == "digits");
  CHECK(measured.profile.pause == Seconds(0.001));
  CHECK(measured.profile.layers.size() == network.graph().size());
  CHECK(measured.profile.exits.size() == network.graph().exit_heads().size());
  CHECK(measured.profile.layers.at(network.graph().layer(1).name).compute.samples == 3);
  CHECK(measured.profile.layers.at(network.graph().layer(1).name).compute.median() > Seconds(0));
  CHECK(measured.to_executor > Seconds(0));
  CHECK(measured.to_connection > Seconds(0));
}

TEST_CASE("several workers take a profile each") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  const ProfileQuestion question{workers.no_models.path(), "digits", default_input_shape("digits"), 1, 2, Seconds(0)};
  const std::vector<MeasuredProfile> measured = measure_profiles(fleet, {0, 1}, "both", question);
  REQUIRE(measured.size() == 2);
  for (const MeasuredProfile& one : measured) CHECK(one.profile.device == "both");
  CHECK(measured[0].profile.layers.at("block1.conv1").compute.mean !=
        measured[1].profile.layers.at("block1.conv1").compute.mean);
}

TEST_CASE("profiles are taken beside messages, and what the way carried is told") {
  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  const ProfileQuestion question{workers.no_models.path(), "digits", default_input_shape("digits"), 1, 5, Seconds(0)};
  const BusyProfiles busy = measure_profiles_beside_messages(fleet, {0}, "busy", question, 1);
  REQUIRE(busy.profiles.size() == 1);
  CHECK(busy.profiles[0].profile.device == "busy");
  CHECK(busy.rate > BytesPerSecond(1e6));
  // Whatever fails, nothing goes on behind it.
  ProfileQuestion unknown = question;
  unknown.model = "lenet";
  CHECK_THROWS_AS(measure_profiles_beside_messages(fleet, {0}, "busy", unknown, 1), ConnectionError);
  const Endpoint gone = fleet.members().by_device.at(1).endpoint;
  fleet.members().by_device.at(1).endpoint = {gone.host, 1};
  CHECK_THROWS_WITH_AS(measure_profiles_beside_messages(fleet, {0}, "busy", question, 1),
                       doctest::Contains("Connection refused"), ConnectionError);
}

Task<int> after(asio::io_context& io, std::chrono::milliseconds wait, int value) {
  asio::steady_timer timer(io, wait);
  co_await timer.async_wait(asio::use_awaitable);
  if (value < 0) throw std::runtime_error(std::to_string(value));
  co_return value;
}

TEST_CASE("tasks run beside each other, and their results stand in their order, whoever ends first") {
  asio::io_context io(1);
  const auto run = [&](int slow, int quick) {
    std::vector<Task<int>> tasks;
    tasks.push_back(after(io, std::chrono::milliseconds(20), slow));
    tasks.push_back(after(io, std::chrono::milliseconds(1), quick));
    return run_all_to_end(io, std::move(tasks));
  };
  CHECK(run(1, 2) == std::vector<int>{1, 2});
  CHECK_THROWS_WITH(run(-1, -2), "-1");  // the first in their order
  CHECK_THROWS_WITH(run(1, -2), "-2");
}

TEST_CASE("a hand-off is timed in both directions") {
  asio::io_context io(1);
  const HandOff hand_off = run_to_end(io, measure_hand_off(io, 5));
  CHECK(hand_off.to_executor > Seconds(0));
  CHECK(hand_off.to_connection > Seconds(0));
}

// What a worker answers to a question that it refuses.
std::string refusal(const std::function<void(wire::Header&)>& ask_for) {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header question;
  ask_for(question);
  try {
    run_to_end(io, ask(*control, question, wire::Header::kPong, kPatience));
  } catch (const ConnectionError& error) {
    return std::string(error.what()).substr(to_string(worker.endpoint()).size() + 2);
  }
  return "";
}

std::string way_refusal(const std::function<void(wire::MeasureWay&)>& change) {
  return refusal([&](wire::Header& header) {
    wire::MeasureWay& question = *header.mutable_measure_way();
    question.set_endpoint("127.0.0.1:1");
    question.add_sizes(64);
    question.set_repeat(1);
    question.set_budget_s(1);
    change(question);
  });
}

TEST_CASE("a measurement without bounds is refused") {
  CHECK(way_refusal([](wire::MeasureWay&) {}) == "other worker: 127.0.0.1:1: Connection refused");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_endpoint("nowhere"); }) ==
        "endpoint: `nowhere`: must be HOST:PORT, port 0 to 65535");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.clear_sizes(); }) == "sizes: `0`: must be 1 to 24");
  CHECK(way_refusal([](wire::MeasureWay& q) {
          for (unsigned i = 0; i < 24; ++i) q.add_sizes(100 + i);
        }) == "sizes: `25`: must be 1 to 24");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.add_sizes(64); }) == "sizes: `64`: must ascend, from 64 to 67108864");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_sizes(0, 63); }) ==
        "sizes: `63`: must ascend, from 64 to 67108864");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.add_sizes(67108865); }) ==
        "sizes: `67108865`: must ascend, from 64 to 67108864");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_repeat(0); }) == "repeat: `0`: must be 1 to 200");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_repeat(201); }) == "repeat: `201`: must be 1 to 200");
  for (const double budget_s : {0.0, -1.0, std::nan("")})
    CHECK(way_refusal([&](wire::MeasureWay& q) {
            q.set_budget_s(budget_s);
          }).ends_with("`: must be above 0 and at most 600 seconds"));
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_budget_s(601); }) ==
        "budget_s: `601`: must be above 0 and at most 600 seconds");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_pause_s(1.5); }) == "pause_s: `1.5`: must be 0 to 1 second");
  CHECK(way_refusal([](wire::MeasureWay& q) { q.set_pause_s(std::nan("")); }) ==
        "pause_s: `nan`: must be 0 to 1 second");
}

std::string profile_refusal(const std::function<void(wire::Profile&)>& change) {
  return refusal([&](wire::Header& header) {
    wire::Profile& question = *header.mutable_profile();
    question.set_device("d");
    question.set_model("lenet");
    question.set_threads(1);
    question.set_repeat(1);
    change(question);
  });
}

TEST_CASE("a profile that cannot be taken is refused with the reason, and the next one is taken") {
  CHECK(profile_refusal([](wire::Profile&) {}).find("lenet") != std::string::npos);
  for (const char* name : {"", "a,b", "a/b", "a\nb"})
    CHECK(profile_refusal([&](wire::Profile& q) { q.set_device(name); }) ==
          "device: must be 1 to 128 plain characters without comma and slash");
  CHECK(profile_refusal([](wire::Profile& q) { q.set_threads(0); }) == "threads: `0`: must be 1 to 1024");
  CHECK(profile_refusal([](wire::Profile& q) { q.set_repeat(100001); }) == "repeat: `100001`: must be 1 to 100000");
  CHECK(profile_refusal([](wire::Profile& q) { q.set_pause_s(-1); }) == "pause_s: `-1`: must be 0 to 1 second");

  const TwoWorkers workers;
  Fleet fleet = workers.fleet();
  ProfileQuestion question{workers.no_models.path(), "lenet", {1, 1, 32, 32}, 1, 1, Seconds(0)};
  CHECK_THROWS_AS(measure_profiles(fleet, {0}, "a", question), ConnectionError);
  question.model = "digits";
  question.input_shape = default_input_shape("digits");
  CHECK(measure_profiles(fleet, {0}, "a", question).front().profile.device == "a");
}

TEST_CASE("a probe that is too large, or none, ends its connection and no other") {
  std::vector<std::string> reported;
  WorkerOptions options;
  options.on_error = [&](const std::string& line) { reported.push_back(line); };
  WorkerThread worker(options);
  asio::io_context io;
  wire::Hello hello;
  hello.set_role(wire::PROBE);
  const auto close_after = [&](const wire::Header& header) {
    const auto connection = run_to_end(io, dial_worker(worker.endpoint(), hello, kPatience));
    run_to_end(io, connection->send(header, {}, kPatience));
    CHECK_THROWS_AS(run_to_end(io, connection->receive(no_payload(kPatience, kPatience))), ConnectionError);
  };
  wire::Header ping;
  ping.mutable_ping();
  close_after(ping);

  const auto connection = run_to_end(io, dial_worker(worker.endpoint(), hello, kPatience));
  wire::Header probe;
  probe.mutable_probe()->set_answer(true);
  const std::vector<WireTensor> too_large{allocate_bytes(0, {}, kLargestProbe + 1)};
  CHECK_THROWS_AS(run_to_end(io,
                             [](auto peer, const auto& header, const auto& payload) -> Task<void> {
                               co_await peer->send(header, payload, kPatience);
                               co_await peer->receive(no_payload(kPatience, kPatience));
                             }(connection, probe, too_large)),
                  ConnectionError);
  worker.end();
  REQUIRE(reported.size() == 2);
  CHECK(reported[0].ends_with(": sent no probe"));
  CHECK(reported[1].ends_with(": sent a payload of 67108865 bytes, 67108864 are allowed here"));
}

}  // namespace
}  // namespace twinfer
