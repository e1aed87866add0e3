#include "core/calibration.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

// Times of a way that takes `fixed_s` and a millionth of a second a byte, with `gap_s` for one more message.
MeasuredWay measured(DeviceId from, DeviceId to, double fixed_s, double gap_s) {
  MeasuredWay way{{from, to}, {}, {Seconds(gap_s + 64e-6)}, {}};
  const double back_s = fixed_s + 64e-6;
  for (const double bytes : {64.0, 1000.0, 1e6})
    way.round_trips.push_back({Bytes(bytes), Seconds(fixed_s + bytes * 1e-6 + back_s)});
  return way;
}

TEST_CASE("ways become overheads of devices, and latencies that make up for them") {
  // pi needs 0.2 and 0.3 s a message: the least is its overhead, what the other way needs more is latency.
  const Platform platform = tiny::mesh({"pi", "jetson", "pc"}, 1);
  const std::vector<FittedWay> ways =
      fit_ways(platform, {measured(0, 1, 1, 0.2), measured(0, 2, 2, 0.3), measured(2, 0, 1, 4)}, std::nullopt);
  REQUIRE(ways.size() == 3);
  CHECK(ways[0].cost.bandwidth.si() == doctest::Approx(1e6));
  CHECK(ways[0].cost.overhead.si() == doctest::Approx(0.2));
  CHECK(ways[1].cost.latency.si() == doctest::Approx(1.7));
  CHECK(ways[2].cost.overhead.si() == doctest::Approx(1));  // at most the whole

  const std::map<DeviceId, Seconds> overheads = message_overheads(ways);
  REQUIRE(overheads.size() == 2);
  CHECK(overheads.at(0).si() == doctest::Approx(0.2));
  const std::vector<WayCost> costs = way_costs(ways, overheads);
  CHECK(costs[0].latency.si() == doctest::Approx(0.8));
  CHECK(costs[1].latency.si() == doctest::Approx(1.8));
  CHECK(costs[2].latency.si() == doctest::Approx(0));
}

TEST_CASE("a way that tells nothing is named") {
  const Platform platform = tiny::mesh({"pi", "pc"}, 1);
  MeasuredWay way = measured(1, 0, 1, 0.1);
  way.round_trips.resize(1);
  CHECK_THROWS_WITH_AS(fit_ways(platform, {way}, std::nullopt),
                       "pc -> pi: message sizes: `1`: at least two are needed to tell a bandwidth", InputError);
  way = measured(1, 0, 1, 0.1);
  way.gaps.clear();
  CHECK_THROWS_WITH_AS(fit_ways(platform, {way}, std::nullopt), "pc -> pi: gaps: `0`: at least one is needed",
                       InputError);
}

TEST_CASE("ways without a topology have a link each") {
  Platform platform = tiny::mesh({"pi", "pc"}, 1);
  join_directly(platform, {{0, 1}, {1, 0}});
  REQUIRE(platform.links.size() == 2);
  CHECK(platform.links[0].name == "pi-to-pc");
  CHECK(platform.routes.at({1, 0}) == std::vector<LinkId>{1});
}

TEST_CASE("messages take of cores what computing lost beside them") {
  // 4 cores, computing 1.25 times as long: a fifth of each, 0.8 of a core for 1000 B a second.
  Device machine;
  machine.cores = 4;
  CHECK(message_cores_of(1.25, machine, 4, BytesPerSecond(1000), 1) == doctest::Approx(0.8e-3));
  CHECK(message_cores_of(1.25, machine, 4, BytesPerSecond(1000), 2) == doctest::Approx(0.4e-3));
  CHECK(message_cores_of(1.25, machine, 1, BytesPerSecond(1000), 1) ==
        doctest::Approx(3.2e-3));  // three idle took most
  CHECK(message_cores_of(0.99, machine, 4, BytesPerSecond(1000), 1) == 0);
  machine.contention = 2;  // computing took twice as long anyway
  CHECK(message_cores_of(1.25, machine, 4, BytesPerSecond(1000), 1) == doctest::Approx(0.4e-3));
}

TEST_CASE("contention is what makes the measured executors as slow as they were") {
  CHECK(contention_of(1.5, 1, 2, 2) == doctest::Approx(1.5));
  CHECK(contention_of(1.2, 1, 2, 4) == doctest::Approx(1.6));  // 0.2 for each other core
  CHECK(contention_of(0.9, 1, 2, 2) == 1);
  CHECK(contention_of(7, 1, 2, 2) == doctest::Approx(2));
  for (const unsigned threads : {1U, 2U, 4U}) {
    Device device;
    device.cores = 8;
    device.contention = contention_of(1.3, threads, 2, 8);
    CHECK(device.slowdown(2.0 * threads) / device.slowdown(threads) == doctest::Approx(1.3));
  }
}

TEST_CASE("a device without a loopback gets one, once") {
  Platform platform = tiny::mesh({"pi", "pc"}, 1);
  const std::size_t links = platform.links.size();
  for (int i = 0; i < 2; ++i) add_loopback(platform, 1);
  REQUIRE(platform.links.size() == links + 1);
  CHECK(platform.links.back().name == "pc-loopback");
  CHECK(platform.route(1, 1) == std::vector<LinkId>{links});
  CHECK(platform.route(0, 0).empty());
}

}  // namespace
}  // namespace twinfer
