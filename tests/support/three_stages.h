// Three devices with a stage of 1 s each, and streams of requests through them.
#pragma once

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

namespace twinfer::tiny {

// Three stages of 1 s on a, b and c, which are joined by links without cost, with
// a head after each of the first two. Result: no time (2.56e-10 s).
inline World three_stages() {
  return {chain({1, 1, 1, 1}, {1, 2}), mesh({"a", "b", "c"}, 1e12), {{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}}};
}

inline const std::vector<Stage> kThree{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}};

inline Scenario stream(const World& world, std::uint64_t requests, std::uint64_t pd_num) {
  Scenario scenario = tiny::scenario(world);
  scenario.requests = requests;
  scenario.pd_num = pd_num;
  return scenario;
}

// Where links have a cost that is not worth writing down.
inline doctest::Approx nearly(double value) { return doctest::Approx(value).epsilon(1e-6); }

}  // namespace twinfer::tiny
