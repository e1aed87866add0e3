#include "core/plan.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

// Three layers of 100 B of parameters; a-b and b-c are joined, a and c are not.
struct Line {
  LayerGraph graph = tiny::dag({{{}, 4}, {{0}, 4, 100}, {{1}, 4, 100}, {{2}, 4, 100}});
  Platform platform = tiny::network({"a", "b", "c"}, {{0, 1, 1}, {1, 2, 1}});

  std::string error(const std::vector<Stage>& stages, DeviceId source = 0) const {
    Plan plan;
    plan.policy = "mine";
    plan.stages = stages;
    try {
      check_plan(plan, graph, platform, source);
    } catch (const InputError& e) {
      return e.what();
    }
    return "no error";
  }
};

TEST_CASE_FIXTURE(Line, "a plan that holds every layer once, over routes, passes") {
  CHECK(error({{0, 1, 3}}) == "no error");
  CHECK(error({{0, 1, 1}, {1, 2, 3}}) == "no error");
  CHECK(error({{0, 1, 1}, {1, 2, 2}, {0, 3, 3}}) == "no error");
  CHECK(error({{2, 1, 2}, {1, 3, 3}}, 1) == "no error");
}

TEST_CASE_FIXTURE(Line, "a plan that leaves out, repeats or reorders layers is refused") {
  CHECK(error({}) == "plan: mine: layers from 1 on are in no stage");
  CHECK(error({{0, 1, 2}}) == "plan: mine: layers from 3 on are in no stage");
  CHECK(error({{0, 0, 3}}) == "plan: mine, stage 1: `0-3`: stages must hold layers 1 to 3 in order, once each");
  CHECK(error({{0, 1, 4}}) == "plan: mine, stage 1: `1-4`: stages must hold layers 1 to 3 in order, once each");
  CHECK(error({{0, 1, 2}, {1, 2, 3}}) ==
        "plan: mine, stage 2: `2-3`: stages must hold layers 1 to 3 in order, once each");
  CHECK(error({{0, 1, 1}, {1, 3, 3}}) ==
        "plan: mine, stage 2: `3-3`: stages must hold layers 1 to 3 in order, once each");
  CHECK(error({{0, 1, 0}, {1, 1, 3}}) ==
        "plan: mine, stage 1: `1-0`: stages must hold layers 1 to 3 in order, once each");
}

TEST_CASE_FIXTURE(Line, "a plan over a device that is not there is refused") {
  CHECK(error({{3, 1, 3}}) == "plan: mine: `3`: is no device id of tiny.xml");
}

TEST_CASE_FIXTURE(Line, "every hop of a plan needs a route") {
  CHECK(error({{2, 1, 3}}) == "tiny.xml: route: `a -> c`: is missing; policy mine needs it");
  CHECK(error({{1, 1, 1}, {2, 2, 3}}) == "tiny.xml: route: `c -> a`: is missing; policy mine needs it");
  platform.routes[{2, 0}] = {0};
  CHECK(error({{1, 1, 1}, {2, 2, 3}}) == "no error");
}

TEST_CASE_FIXTURE(Line, "the parameters of a device's stages must fit its memory, heads included") {
  platform.devices[0].memory = Bytes(200);
  CHECK(error({{0, 1, 2}, {1, 3, 3}}) == "no error");
  CHECK(error({{0, 1, 1}, {1, 2, 2}, {0, 3, 3}}) == "no error");
  CHECK(error({{0, 1, 3}}) == "plan: mine, device a: `300 B`: parameters exceed its memory of 200 B");

  for (const LayerId layer : {LayerId{1}, LayerId{2}}) {
    graph = LayerGraph("tiny", graph.layers(), {{"exit1", layer, Flops(1), Bytes(1)}});
    CHECK(error({{0, 1, 2}, {1, 3, 3}}) == "plan: mine, device a: `201 B`: parameters exceed its memory of 200 B");
  }
}

TEST_CASE_FIXTURE(Line, "a plan is feasible exactly where its routes and memory pass the check") {
  platform.devices[0].memory = Bytes(200);
  for (const std::vector<Stage>& stages : std::vector<std::vector<Stage>>{{{0, 1, 2}, {1, 3, 3}},
                                                                          {{0, 1, 3}},
                                                                          {{2, 1, 3}},
                                                                          {{1, 1, 1}, {2, 2, 3}},
                                                                          {{1, 1, 3}},
                                                                          {{0, 1, 1}, {1, 2, 2}, {0, 3, 3}}})
    CHECK(is_feasible(stages, graph, platform, 0) == (error(stages) == "no error"));
}

TEST_CASE_FIXTURE(Line, "stages are described in order with their layers") {
  CHECK(describe({{0, 1, 1}, {1, 2, 3}}, platform) == "a[1-1] b[2-3]");
  CHECK(describe({}, platform) == "");
}

}  // namespace
}  // namespace twinfer
