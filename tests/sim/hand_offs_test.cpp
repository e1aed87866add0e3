// Hand-offs that are drawn, by hand.
#include <doctest/doctest.h>

#include "tests/support/simulated.h"
#include "tests/support/three_stages.h"

using namespace twinfer;
using tiny::nearly;
using tiny::stream;

namespace {

// All on b: 100 B take 1 s on the wire and 0.5 s of latency; nothing is computed, results take 2.56 + 0.5 s.
struct Handed {
  tiny::World world{tiny::chain({100, 1}), tiny::mesh({"a", "b"}, 100, 0.5), {{0, 0}, {0, 0}}};
  Scenario scenario = stream(world, 20, 0);

  Handed() {
    scenario.arrivals = {ArrivalProcess::kPeriodic, 0.1};
    scenario.profiles[1]->hand_off = summarise({0.25, 0.5, 3});
    scenario.profiles[0]->result_hand_off = summarise({0, 1, 5});
  }
  [[nodiscard]] RunRows rows() const { return tiny::simulated(scenario, {{1, 1, 1}}); }
};

}  // namespace

TEST_CASE("every message and result is handed off after its median") {
  const RunRows rows = Handed().rows();
  for (const StageRow& row : rows.stages) CHECK(row.transfer_s == nearly(1.5 + 0.5));
  for (const ResultRow& row : rows.results) CHECK(row.result_return_s == nearly(3.06 + 1));
}

TEST_CASE("sampled, every message and result draws its hand-off, and another draw another one") {
  Handed handed;
  handed.scenario.costs = CostDraw::kSampled;
  const RunRows first = handed.rows();
  std::size_t others = 0;
  for (std::uint64_t id = 0; id < 20; ++id) {
    const double drawn_s = handed.scenario.profiles[1]->hand_off.at(hand_off_quantile(handed.scenario, id, 0)).si();
    CHECK(first.stages[id].transfer_s == nearly(1.5 + drawn_s));
    const double result_s =
        handed.scenario.profiles[0]->result_hand_off.at(hand_off_quantile(handed.scenario, id, 1)).si();
    CHECK(first.results[id].result_return_s == nearly(3.06 + result_s));
  }
  handed.scenario.draw = 1;
  const RunRows second = handed.rows();
  for (std::uint64_t id = 0; id < 20; ++id) {
    others += second.stages[id].transfer_s != first.stages[id].transfer_s ? 1 : 0;
    CHECK(second.results[id].arrival_s == first.results[id].arrival_s);
    CHECK(second.results[id].sample == first.results[id].sample);
  }
  CHECK(others == 20);
}

TEST_CASE("within a device without a loopback hand-offs are drawn, too, even if most are none") {
  Handed handed;
  handed.scenario.costs = CostDraw::kSampled;
  handed.scenario.profiles[0]->hand_off = summarise({0, 0, 0, 4});
  const RunRows rows = tiny::simulated(handed.scenario, {{0, 1, 1}});
  std::size_t some = 0;
  for (const StageRow& row : rows.stages) {
    const double u = hand_off_quantile(handed.scenario, row.request, 0);
    CHECK(row.transfer_s == nearly(handed.scenario.profiles[0]->hand_off.at(u).si()));
    some += row.transfer_s > 0 ? 1 : 0;
  }
  CHECK(some > 0);
}

TEST_CASE("no message overtakes another, however long that one's hand-off takes") {
  Handed handed;
  handed.scenario.costs = CostDraw::kSampled;
  handed.scenario.arrivals = {ArrivalProcess::kPeriodic, 1};
  const RunRows rows = handed.rows();
  double before_s = 0;
  for (const StageRow& row : rows.stages) {
    const double there_s = row.hop_start_s + row.transfer_s;
    CHECK(there_s >= before_s);
    before_s = there_s;
  }
}
