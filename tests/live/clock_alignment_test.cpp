#include "live/clock_alignment.h"

#include <doctest/doctest.h>

namespace twinfer {
namespace {

TEST_CASE("the exchange with the shortest round trip sets the offset") {
  // sent 1000, back 1020: the worker's 5010 was 1010 here, 4000 less.
  // The slow exchange would have said 3900 less.
  ClockAlignment clock;
  clock.add_round({{1000, 5100, 1400}, {1000, 5010, 1020}});
  CHECK(clock.to_coordinator(5010) == 1010);
  CHECK(clock.to_coordinator(9000) == 5000);
}

TEST_CASE("a drift between two rounds is taken out linearly") {
  // offset 0 at worker time 1000, 100 at worker time 2000: 50 halfway
  ClockAlignment clock;
  clock.add_round({{1000, 1000, 1000}});
  clock.add_round({{2100, 2000, 2100}});
  CHECK(clock.to_coordinator(1500) == 1550);
  CHECK(clock.to_coordinator(500) == 500);
  CHECK(clock.to_coordinator(3000) == 3100);
}

TEST_CASE("a round that met a busy machine is left out") {
  // shortest 10, then 21 > 2 * 10: unused; then 20: used
  ClockAlignment clock;
  clock.add_round({{0, 5, 10}});
  clock.add_round({{1000, 2000, 1021}});
  CHECK(clock.to_coordinator(2000) == 2000);
  clock.add_round({{1000, 2000, 1020}});
  CHECK(clock.to_coordinator(2000) == 1010);
}

}  // namespace
}  // namespace twinfer
