#include "policies/flow_shop.h"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

std::vector<Seconds> seconds(const std::vector<double>& values_s) {
  std::vector<Seconds> result;
  for (const double value : values_s) result.emplace_back(value);
  return result;
}

// The recurrence as it is written, from its definition.
double done_s(const PipelineCosts& costs, std::uint64_t frame, std::size_t s) {
  const double free_s = frame == 0 ? 0 : done_s(costs, frame - 1, s) - costs.lags[s].si();
  const double before_resource = s == 0 ? 0 : done_s(costs, frame, s - 1);
  return std::max(free_s, before_resource) + (frame == 0 ? costs.first : costs.following)[s].si() + costs.lags[s].si();
}

PipelineCosts equal_frames(const std::vector<double>& costs_s, const std::vector<double>& lags_s) {
  return {seconds(costs_s), seconds(costs_s), seconds(lags_s)};
}

TEST_CASE("a frame waits for its own arrival and for the frame before it") {
  // resource     A   B   C
  // frame 0      2   5   6     costs 2, 3, 1
  // frame 1      3   9  11     costs 1, 4, 2: A at 2+1, B at max(5,3)+4, C at max(6,9)+2
  // frame 2      4  13  15     A at 3+1, B at max(9,4)+4, C at max(11,13)+2
  const PipelineCosts costs{seconds({2, 3, 1}), seconds({1, 4, 2}), seconds({0, 0, 0})};
  const auto times = flow_shop_times(costs, 3);

  REQUIRE(times.size() == 3);
  CHECK(times[0] == seconds({2, 5, 6}));
  CHECK(times[1] == seconds({3, 9, 11}));
  CHECK(times[2] == seconds({4, 13, 15}));
  CHECK(flow_shop_makespan(costs, 3).si() == 15);
}

TEST_CASE("equal frames take their sum once and the dearest resource for each further frame") {
  // 2 + 5 + 1 + 5 + 3 = 16, then 7 x 5 = 35
  const PipelineCosts costs = equal_frames({2, 5, 1, 5, 3}, {0, 0, 0, 0, 0});
  CHECK(flow_shop_makespan(costs, 1).si() == 16);
  CHECK(flow_shop_makespan(costs, 2).si() == 21);
  CHECK(flow_shop_makespan(costs, 8).si() == 51);
  CHECK(flow_shop_makespan(costs, 100'000'001).si() == 16 + 5e8);
}

TEST_CASE("a lag delays a frame and holds back none behind it") {
  // resource     A + 10   B
  // frame 0      12       15   costs 2, 3
  // frame 1      14       18   A at 2+2, arrives at 14, B at max(15, 14)+3
  const PipelineCosts costs = equal_frames({2, 3}, {10, 0});
  const auto times = flow_shop_times(costs, 2);
  CHECK(times[0] == seconds({12, 15}));
  CHECK(times[1] == seconds({14, 18}));
  CHECK(flow_shop_makespan(costs, 1).si() == 15);
  CHECK(flow_shop_makespan(costs, 2).si() == 18);
}

TEST_CASE("a large first frame delays the others on the way but not for ever") {
  // Frame 0: 10, 11. Frame 1: A at 11, B at max(11, 11) + 3 = 14. Frame 2: B at 17.
  const PipelineCosts costs{seconds({10, 1}), seconds({1, 3}), seconds({0, 0})};
  CHECK(flow_shop_makespan(costs, 2).si() == 14);
  CHECK(flow_shop_makespan(costs, 3).si() == 17);
}

TEST_CASE("no frames and no resources take no time") {
  CHECK(flow_shop_makespan(equal_frames({1}, {0}), 0).si() == 0);
  CHECK(flow_shop_makespan({}, 5).si() == 0);
  CHECK(flow_shop_times(equal_frames({1}, {0}), 0).empty());
}

TEST_CASE("times and makespan agree with the recurrence on random pipelines") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    PipelineCosts costs;
    const std::size_t resources = 1 + random() % 7;
    for (std::size_t s = 0; s < resources; ++s) {
      costs.first.emplace_back(static_cast<double>(random() % 32) / 8);
      costs.following.emplace_back(static_cast<double>(random() % 32) / 8);
      costs.lags.emplace_back(random() % 2 == 0 ? 0 : static_cast<double>(random() % 32) / 8);
    }
    const std::uint64_t frames = 1 + random() % 6;
    const auto times = flow_shop_times(costs, frames);
    REQUIRE(times.size() == frames);
    for (std::uint64_t f = 0; f < frames; ++f)
      for (std::size_t s = 0; s < resources; ++s) REQUIRE(times[f][s].si() == done_s(costs, f, s));
    REQUIRE(flow_shop_makespan(costs, frames).si() == times.back().back().si());
  }
}

}  // namespace
}  // namespace twinfer
