#include "core/workload.h"

#include <cassert>
#include <cmath>

#include "core/random.h"

namespace twinfer {
namespace {

Seconds exponential_gap(std::uint64_t seed, std::uint64_t id, double rate_hz) {
  return Seconds(-std::log1p(-uniform(seed, RandomStream::kArrival, id)) / rate_hz);
}

// Without a trace there is no set to draw from: any number is a seeded tensor.
std::uint64_t draw_sample(const Scenario& scenario, std::uint64_t id) {
  const std::uint64_t bits = random_bits(scenario.seed, RandomStream::kSample, id);
  return scenario.trace ? bits % scenario.trace->samples.size() : bits % 1000;
}

double cost_quantile(const Scenario& scenario, RandomStream stream, std::uint64_t request, std::uint64_t stage) {
  if (scenario.costs == CostDraw::kMedian) return 0.5;
  return uniform(scenario.seed, stream, request, scenario.draw << 32U | stage);
}

}  // namespace

double arrival_rate_hz(const Arrivals& arrivals, const Plan& plan) {
  return arrivals.load ? *arrivals.load / plan.bottleneck.si() : arrivals.rate_hz;
}

std::vector<Request> make_requests(const Scenario& scenario) {
  assert(scenario.arrivals.process == ArrivalProcess::kClosed || scenario.arrivals.rate_hz > 0);
  std::vector<Request> requests;
  requests.reserve(scenario.requests);
  Seconds now;
  for (std::uint64_t id = 0; id < scenario.requests; ++id) {
    switch (scenario.arrivals.process) {
      case ArrivalProcess::kClosed:
        break;
      case ArrivalProcess::kPeriodic:
        now = Seconds(static_cast<double>(id) / scenario.arrivals.rate_hz);
        break;
      case ArrivalProcess::kPoisson:
        now += exponential_gap(scenario.seed, id, scenario.arrivals.rate_hz);
        break;
    }
    requests.push_back({id, draw_sample(scenario, id), now});
  }
  return requests;
}

double compute_quantile(const Scenario& scenario, std::uint64_t request, std::uint64_t stage) {
  return cost_quantile(scenario, RandomStream::kCompute, request, stage);
}

double hand_off_quantile(const Scenario& scenario, std::uint64_t request, std::uint64_t stage) {
  return cost_quantile(scenario, RandomStream::kMessage, request, stage);
}

}  // namespace twinfer
