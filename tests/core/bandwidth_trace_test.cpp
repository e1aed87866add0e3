#include "core/bandwidth_trace.h"

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

using namespace twinfer;

namespace {

// Two links: the first changes at 5 and 20 s, the second at 20 and 30 s.
Platform two_traces() {
  Platform platform = tiny::network({"a", "b", "c"}, {{0, 1, 100}, {1, 2, 40}});
  platform.links[0].changes = {{Seconds(5), BytesPerSecond(10)}, {Seconds(20), BytesPerSecond(50)}};
  platform.links[1].changes = {{Seconds(20), BytesPerSecond(80)}, {Seconds(30), BytesPerSecond(20)}};
  return platform;
}

}  // namespace

TEST_CASE("changes of all links are met in order, each time once") {
  CHECK(change_times(two_traces()) == std::vector<Seconds>{Seconds(5), Seconds(20), Seconds(30)});
  CHECK(change_times(tiny::mesh({"a", "b"}, 1)).empty());
}

TEST_CASE("a bandwidth holds from its change until the next one") {
  const Platform platform = two_traces();
  CHECK(platform_at(platform, Seconds(4.9)).links[0].bandwidth == BytesPerSecond(100));
  CHECK(platform_at(platform, Seconds(5)).links[0].bandwidth == BytesPerSecond(10));
  CHECK(platform_at(platform, Seconds(19)).links[1].bandwidth == BytesPerSecond(40));
  CHECK(platform_at(platform, Seconds(1000)).links[0].bandwidth == BytesPerSecond(50));
  CHECK(platform_at(platform, Seconds(1000)).links[1].bandwidth == BytesPerSecond(20));
}

TEST_CASE("the largest change is that of any link, up or down, relative to before") {
  const Platform platform = two_traces();
  CHECK(largest_change(platform, platform) == 0);
  CHECK(largest_change(platform, platform_at(platform, Seconds(5))) == doctest::Approx(0.9));
  CHECK(largest_change(platform_at(platform, Seconds(5)), platform_at(platform, Seconds(20))) == doctest::Approx(4));
}
