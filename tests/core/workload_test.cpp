#include "core/workload.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

namespace twinfer {
namespace {

struct Arriving {
  tiny::World world{tiny::chain({4, 4, 4}, {1}), tiny::mesh({"a"}, 1), {{0, 1, 1}}};
  Scenario scenario = tiny::scenario(world);

  Arriving() { scenario.requests = 1000; }

  std::vector<double> arrivals_s() const {
    std::vector<double> times;
    for (const Request& request : make_requests(scenario)) times.push_back(request.arrival.si());
    return times;
  }
};

TEST_CASE_FIXTURE(Arriving, "request ids count up from 0 and there are as many as asked for") {
  const std::vector<Request> requests = make_requests(scenario);
  REQUIRE(requests.size() == 1000);
  for (std::uint64_t id = 0; id < requests.size(); ++id) CHECK(requests[id].id == id);
}

TEST_CASE_FIXTURE(Arriving, "closed arrivals are all zero: the window decides") {
  const std::vector<double> times = arrivals_s();
  CHECK(std::ranges::all_of(times, [](double t) { return t == 0; }));
}

TEST_CASE_FIXTURE(Arriving, "periodic request i arrives at i over the rate, without drift") {
  scenario.arrivals = {ArrivalProcess::kPeriodic, 3};
  const std::vector<double> times = arrivals_s();
  CHECK(times[0] == 0);
  CHECK(times[1] == 1.0 / 3);
  CHECK(times[999] == 333);
}

TEST_CASE("a load is a share of what the plan sustains, a rate is itself") {
  Plan plan;
  plan.bottleneck = Seconds(0.25);  // sustains 4/s
  CHECK(arrival_rate_hz({ArrivalProcess::kPoisson, 0, 0.75}, plan) == 3);
  CHECK(arrival_rate_hz({ArrivalProcess::kPoisson, 7}, plan) == 7);
  CHECK(arrival_rate_hz({ArrivalProcess::kClosed}, plan) == 0);
}

TEST_CASE_FIXTURE(Arriving, "Poisson gaps are exponential with mean one over the rate, the first before request 0") {
  // 100,000 gaps of mean 1/4 and deviation 1/4: standard error of the mean 0.0008.
  // A share 1/e = 0.3679 of them exceeds the mean.
  scenario.requests = 100'000;
  scenario.arrivals = {ArrivalProcess::kPoisson, 4};
  const std::vector<double> times = arrivals_s();
  CHECK(times[0] > 0);
  CHECK(std::ranges::is_sorted(times));
  CHECK(std::abs(times.back() / 100'000 - 0.25) < 0.004);
  std::size_t long_gaps = times[0] > 0.25;
  for (std::size_t i = 1; i < times.size(); ++i) long_gaps += times[i] - times[i - 1] > 0.25;
  CHECK(std::abs(static_cast<double>(long_gaps) / 100'000 - std::exp(-1)) < 0.008);
}

TEST_CASE_FIXTURE(Arriving, "the same seed gives the same requests, another seed others") {
  scenario.arrivals = {ArrivalProcess::kPoisson, 4};
  scenario.trace = tiny::trace(world.graph, std::vector(50, std::vector{0.5, 0.5}));
  const std::vector<Request> once = make_requests(scenario);
  const std::vector<Request> again = make_requests(scenario);
  scenario.seed = 2;
  const std::vector<Request> other = make_requests(scenario);
  std::size_t other_samples = 0;
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK(once[i].arrival == again[i].arrival);
    CHECK(once[i].sample == again[i].sample);
    CHECK(once[i].arrival != other[i].arrival);
    other_samples += once[i].sample != other[i].sample;
  }
  CHECK(other_samples > 900);
}

TEST_CASE_FIXTURE(Arriving, "a request keeps its sample and arrival when more requests follow it") {
  scenario.arrivals = {ArrivalProcess::kPoisson, 4};
  const std::vector<Request> many = make_requests(scenario);
  scenario.requests = 10;
  const std::vector<Request> few = make_requests(scenario);
  for (std::size_t i = 0; i < few.size(); ++i) {
    CHECK(few[i].arrival == many[i].arrival);
    CHECK(few[i].sample == many[i].sample);
  }
}

TEST_CASE_FIXTURE(Arriving, "samples are places in the trace, and all of them come up") {
  scenario.trace = tiny::trace(world.graph, std::vector(50, std::vector{0.5, 0.5}));
  std::set<std::uint64_t> seen;
  for (const Request& request : make_requests(scenario)) {
    CHECK(request.sample < 50);
    seen.insert(request.sample);
  }
  CHECK(seen.size() == 50);
}

TEST_CASE_FIXTURE(Arriving, "costs are medians unless the scenario draws them, each request and stage its own") {
  CHECK(compute_quantile(scenario, 3, 1) == 0.5);
  scenario.costs = CostDraw::kSampled;
  const double u = compute_quantile(scenario, 3, 1);
  CHECK(u >= 0);
  CHECK(u < 1);
  CHECK(u == compute_quantile(scenario, 3, 1));
  CHECK(u != compute_quantile(scenario, 4, 1));
  CHECK(u != compute_quantile(scenario, 3, 2));
  scenario.seed = 2;
  CHECK(u != compute_quantile(scenario, 3, 1));
}

TEST_CASE_FIXTURE(Arriving, "computing and hand-offs are drawn apart, and again by another draw of the same seed") {
  CHECK(hand_off_quantile(scenario, 3, 1) == 0.5);
  scenario.costs = CostDraw::kSampled;
  std::set<double> drawn;
  for (const std::uint64_t draw : {0, 1, 2}) {
    scenario.draw = draw;
    for (const std::uint64_t stage : {0, 1})
      for (const double u : {compute_quantile(scenario, 7, stage), hand_off_quantile(scenario, 7, stage)})
        CHECK(drawn.insert(u).second);
  }
}

}  // namespace
}  // namespace twinfer
