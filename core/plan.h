// Which layers run where: the answer of a partition policy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/layer_graph.h"
#include "core/platform.h"
#include "core/units.h"

namespace twinfer {

// Consecutive layers run together on one device: first..last, both included.
struct Stage {
  DeviceId device = 0;
  LayerId first = 0;  // >= 1: layer 0, the input, belongs to no stage
  LayerId last = 0;

  friend bool operator==(const Stage&, const Stage&) = default;
};

// An alternative that the policy weighed, with what it would have cost.
struct Candidate {
  std::string description;
  Seconds cost;  // in the policy's objective
};

struct Plan {
  std::string policy;                 // as written in the scenario: "split:3"
  std::vector<Stage> stages;          // in order; together they hold layers 1..last once each
  Seconds predicted_latency;          // one request alone, no exit taken, result returned
  Seconds bottleneck;                 // slowest stage or hop: 1 / bottleneck bounds the throughput
  std::string bottleneck_at;          // "stage 2 on jetson", "hop pi -> cloud"
  std::string objective;              // what the policy minimised, in words
  std::string why;                    // one sentence
  std::vector<Candidate> candidates;  // best first; the chosen one included
};

// The stages as one line: "pi[1-4] cloud[5-12]". Equal lines are equal plans.
std::string describe(const std::vector<Stage>& stages, const Platform& platform);

// Throws InputError (naming `policy`) unless the stages hold layers 1..last in
// order, once each, non-empty, every hop (source -> first, stage -> stage,
// every stage -> source) has a route, and parameters fit the device's memory.
void check_plan(const Plan& plan, const LayerGraph& graph, const Platform& platform, DeviceId source);

// Whether check_plan would find every route and enough memory, for planners that
// weigh many alternatives. REQUIRES: the stages hold layers 1..last in order.
bool is_feasible(const std::vector<Stage>& stages, const LayerGraph& graph, const Platform& platform, DeviceId source);

}  // namespace twinfer
