// Measurements between devices, told of the links of a known topology.
#include "core/link_attribution.h"

#include <doctest/doctest.h>

#include "core/error.h"

namespace twinfer {
namespace {

// Devices a, b and c, each on a link of its own, and the routes over two of them.
Platform star(double a_s, double b_s, double c_s) {
  Platform platform;
  platform.file = "star.xml";
  for (const char* name : {"a", "b", "c"}) platform.devices.push_back({name, 1e9, 1, Bytes(0), name, "spawn"});
  for (const double latency_s : {a_s, b_s, c_s})
    platform.links.push_back({"l" + std::to_string(platform.links.size()), BytesPerSecond(1), Seconds(latency_s)});
  for (DeviceId from = 0; from < 3; ++from)
    for (DeviceId to = 0; to < 3; ++to)
      if (from != to) platform.routes[{from, to}] = {from, to};
  return platform;
}

WayCost way(DeviceId from, DeviceId to, double latency_s, double bandwidth) {
  return {{from, to}, Seconds(latency_s), BytesPerSecond(bandwidth)};
}

TEST_CASE("latencies of links are told apart where routes share them") {
  // a + b = 3, a + c = 5, b + c = 6, whatever was stated.
  for (const double stated_s : {0.0, 1e-6, 7.0}) {
    const Attribution found =
        attribute_to_links(star(stated_s, 0.1, 100), {way(0, 1, 3, 8), way(0, 2, 5, 2), way(1, 2, 6, 2)});
    CHECK(found.links[0].latency.si() == doctest::Approx(1).epsilon(1e-4));
    CHECK(found.links[1].latency.si() == doctest::Approx(2).epsilon(1e-4));
    CHECK(found.links[2].latency.si() == doctest::Approx(4).epsilon(1e-4));
    CHECK(found.routes[1].latency.si() == doctest::Approx(5).epsilon(1e-4));
  }
}

TEST_CASE("a link is as fast as the fastest route over it, and a route as its slowest link") {
  // c is the slow one: a and b are proven to carry 8 B/s, c only 2 and 3.
  const Attribution found = attribute_to_links(star(1, 1, 1), {way(0, 1, 2, 8), way(0, 2, 2, 2), way(1, 2, 2, 3)});
  CHECK(found.links[0].bandwidth == BytesPerSecond(8));
  CHECK(found.links[1].bandwidth == BytesPerSecond(8));
  CHECK(found.links[2].bandwidth == BytesPerSecond(3));
  CHECK(found.routes[0].bandwidth == BytesPerSecond(8));
  CHECK(found.routes[1].bandwidth == BytesPerSecond(3));  // 2 was measured: no star explains both
}

TEST_CASE("links that are only crossed together change by the same share") {
  // 1 + 3 became 8: each twice what it was.
  const Attribution found = attribute_to_links(star(1, 3, 9), {way(0, 1, 8, 5)});
  CHECK(found.links[0].latency.si() == doctest::Approx(2).epsilon(1e-4));
  CHECK(found.links[1].latency.si() == doctest::Approx(6).epsilon(1e-4));
  CHECK(found.measured == std::vector<bool>{true, true, false});
  CHECK(found.links[2].latency == Seconds(9));
  CHECK(found.links[2].bandwidth == BytesPerSecond(1));
}

TEST_CASE("no link gets a latency below zero") {
  // a + b = 1, a + c = 1 and b + c = 9 would make a -3.5. Held at 0, b and c weigh 1 and 81 to 1:
  // b = (1 + (9 - c) / 81) / (1 + 1 / 81), the same of c, so b = c = (1 + 9 / 81) / (1 + 2 / 81).
  const Attribution found = attribute_to_links(star(1, 1, 1), {way(0, 1, 1, 1), way(0, 2, 1, 1), way(1, 2, 9, 1)});
  CHECK(found.links[0].latency == Seconds(0));
  CHECK(found.links[1].latency.si() == doctest::Approx((1 + 9.0 / 81) / (1 + 2.0 / 81)).epsilon(1e-3));
  CHECK(found.links[2].latency.si() == doctest::Approx((1 + 9.0 / 81) / (1 + 2.0 / 81)).epsilon(1e-3));
}

TEST_CASE("both directions over one link count as measured twice") {
  Platform platform = star(1, 1, 1);
  platform.routes[{0, 1}] = platform.routes[{1, 0}] = {2};
  // Latency by relative error, weights 1 and 1/9: (1 + 3 / 9) / (1 + 1 / 9) = 1.2; bandwidth: the median of 4 and 6.
  const Attribution found = attribute_to_links(platform, {way(0, 1, 1, 4), way(1, 0, 3, 6)});
  CHECK(found.links[2].latency.si() == doctest::Approx(1.2).epsilon(1e-4));
  CHECK(found.links[2].bandwidth == BytesPerSecond(5));
}

TEST_CASE("a way without a route is refused by name") {
  Platform platform = star(1, 1, 1);
  platform.routes.erase({0, 1});
  CHECK_THROWS_WITH_AS(attribute_to_links(platform, {way(0, 1, 1, 1)}), "star.xml: route a -> b: is missing",
                       InputError);
}

}  // namespace
}  // namespace twinfer
