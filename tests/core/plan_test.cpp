#include "core/plan.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/refusal.h"
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
    return refusal_of([&] { check_plan(plan, graph, platform, source); });
  }
};

TEST_CASE_FIXTURE(Line, "a plan that holds every layer once, over routes, passes") {
  CHECK(error({{0, 1, 3}}) == "no error");
  CHECK(error({{0, 1, 1}, {1, 2, 3}}) == "no error");
  CHECK(error({{0, 1, 1}, {1, 2, 2}, {0, 3, 3}}) == "no error");
  CHECK(error({{2, 1, 2}, {1, 3, 3}}, 1) == "no error");
}

TEST_CASE_FIXTURE(Line, "a plan that leaves out, repeats or reorders layers is refused") {
  CHECK(error({}) == "plan: mine: `layer 1`: is in no stage");
  CHECK(error({{0, 1, 2}}) == "plan: mine: `layer 3`: is in no stage");
  CHECK(error({{0, 0, 3}}) == "plan: mine, stage 1: `layer 0`: must be one of layers 1 to 3, in ascending order");
  CHECK(error({{0, 1, 4}}) == "plan: mine, stage 1: `layer 4`: must be one of layers 1 to 3, in ascending order");
  CHECK(error({{0, {2, 1, 3}}}) == "plan: mine, stage 1: `layer 1`: must be one of layers 1 to 3, in ascending order");
  CHECK(error({{0, 1, 2}, {1, 2, 3}}) == "plan: mine, stage 2: `layer 2`: is in an earlier stage, too");
  CHECK(error({{0, 1, 1}, {1, 3, 3}}) == "plan: mine: `layer 2`: is in no stage");
  CHECK(error({{0, 1, 0}, {1, 1, 3}}) == "plan: mine, stage 1: holds no layer");
  CHECK(error({{0, 2, 3}, {1, 1, 1}}) == "plan: mine, stage 1: `layer 2`: reads layer 1, which a later stage holds");
}

// 1 and 2 read the input, 3 reads both; both 1 and 2 have an exit.
TEST_CASE_FIXTURE(Line, "branches may be cut at different depths, as long as exits keep their order") {
  graph = tiny::dag({{{}, 4}, {{0}, 8}, {{0}, 16}, {{1, 2}, 4}});
  CHECK(error({{0, {1, 3}}, {1, {2}}}) == "plan: mine, stage 1: `layer 3`: reads layer 2, which a later stage holds");
  CHECK(error({{0, {2}}, {1, {1, 3}}}) == "no error");

  const std::vector<Cut> cuts = cuts_of({{0, {2}}, {1, {1, 3}}}, graph);
  CHECK(cuts[0].tensors == std::vector<LayerId>{0});
  CHECK(cuts[1].tensors == std::vector<LayerId>{0, 2});  // layer 1 still reads the input
  CHECK(cuts[1].bytes == Bytes(20));

  graph = tiny::dag({{{}, 4}, {{0}, 8}, {{0}, 16}, {{1, 2}, 4}}, {1, 2});
  CHECK(error({{0, {2}}, {1, {1, 3}}}) ==
        "plan: mine, stage 1: `layer 2`: has exit exit2, which would be met before exit1");
}

TEST_CASE_FIXTURE(Line, "cuts of consecutive stages are the cuts after their layers") {
  graph = tiny::dag({{{}, 4}, {{0}, 8}, {{1}, 16}, {{1, 2}, 32}, {{2, 3}, 4}});
  const std::vector<Cut> cuts = cuts_of({{0, 1, 1}, {1, 2, 2}, {2, 3, 3}, {0, 4, 4}}, graph);
  for (LayerId after = 0; after < graph.last(); ++after) {
    CHECK(cuts[after].tensors == cut_after(graph, after).tensors);
    CHECK(cuts[after].bytes == cut_after(graph, after).bytes);
  }
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
  CHECK(describe({{0, 1, 1}, {{2, 1}, 2, 3}}, platform) == "a[1-1] {c,b}[2-3]");
}

TEST_CASE("those that take turns serve requests by number") {
  CHECK(turn_of(0, 1) == 0);
  CHECK(turn_of(7, 1) == 0);
  CHECK(turn_of(7, 3) == 1);
  CHECK(serving(std::vector<DeviceId>{4, 5, 6}, 8) == 6);
}

TEST_CASE("two stages have the connections that their requests take, in the order of these") {
  // Of two replicas and three, request r takes r mod 2 and r mod 3: all six pairs.
  const std::vector<Stage> stages{{{1, 2}, 1, 1}, {{3, 4, 5}, 2, 2}, {{3, 4, 5, 6, 7, 8}, 3, 3}, {9, 4, 4}};
  CHECK(ways_into(stages, 0, 0) == std::vector<Way>{{0, 1}, {0, 2}});
  CHECK(ways_into(stages, 1, 0) == std::vector<Way>{{1, 3}, {2, 4}, {1, 5}, {2, 3}, {1, 4}, {2, 5}});
  // Of three and six, only those that differ by a multiple of three.
  CHECK(ways_into(stages, 2, 0) == std::vector<Way>{{3, 3}, {4, 4}, {5, 5}, {3, 6}, {4, 7}, {5, 8}});
  CHECK(ways_into(stages, 3, 0) == std::vector<Way>{{3, 9}, {4, 9}, {5, 9}, {6, 9}, {7, 9}, {8, 9}});
  CHECK(ways_back(stages[0], 0) == std::vector<Way>{{1, 0}, {2, 0}});
}

TEST_CASE_FIXTURE(Line, "replicas are distinct devices that are there") {
  CHECK(error({{std::vector<DeviceId>{}, 1, 3}}) == "plan: mine, stage 1: has no device");
  CHECK(error({{{0, 1}, 1, 3}}) == "no error");
  CHECK(error({{{1, 0, 1}, 1, 3}}) == "plan: mine, stage 1: `b`: is two of its replicas");
  CHECK(error({{{0, 3}, 1, 3}}) == "plan: mine: `3`: is no device id of tiny.xml");
}

TEST_CASE_FIXTURE(Line, "replicas need routes where requests pass, and no others") {
  // Turns pair a with a and c with c; the other way round a would have to reach c.
  for (const auto& [stages, message] : std::vector<std::pair<std::vector<Stage>, std::string>>{
           {{{{0, 2}, 1, 1}, {{0, 2}, 2, 3}}, "no error"},
           {{{{0, 2}, 1, 1}, {{2, 0}, 2, 3}}, "tiny.xml: route: `a -> c`: is missing; policy mine needs it"},
           {{{{0, 2}, 1, 1}, {{0, 2, 1}, 2, 3}}, "tiny.xml: route: `c -> a`: is missing; policy mine needs it"}}) {
    CHECK(error(stages, 1) == message);
    CHECK(is_feasible(stages, graph, platform, 1) == (message == "no error"));
  }
  CHECK(error({{{1, 2}, 1, 3}}) == "tiny.xml: route: `a -> c`: is missing; policy mine needs it");
}

TEST_CASE_FIXTURE(Line, "each replica needs memory for all of the stage") {
  platform.devices[1].memory = Bytes(200);
  CHECK(error({{{0, 1}, 1, 2}, {0, 3, 3}}) == "no error");
  CHECK(error({{{0, 1}, 1, 3}}) == "plan: mine, device b: `300 B`: parameters exceed its memory of 200 B");
  CHECK_FALSE(is_feasible({{{0, 1}, 1, 3}}, graph, platform, 0));
}

}  // namespace
}  // namespace twinfer
