// The latency-throughput-energy front of a problem: every plan that no other one
// beats in one of the three without being worse in another.
//
// Exact over the plans of `exact-throughput`: stages of consecutive layers on the
// chain's devices in order, any of them left out, within their memory and the
// scenario's constraints. Times are those of requests that come alone and run to
// the end.
//
// A multi-objective shortest path by labels (Martins, "On a multicriteria shortest
// path problem", EJOR, 1984), with the bottleneck as an objective of the max kind
// (Gandibleux, Beugnies, Randriamasy, "Martins' algorithm revisited for
// multi-objective shortest path problems with a MaxMin cost function", 4OR, 2006),
// in the order of the least latency of the whole. So whatever was settled before is no
// slower, and the other two objectives decide; what even at its best is beaten by a
// plan found before is dropped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/partition_policy.h"

namespace twinfer {

struct FrontPlan {
  std::vector<Stage> stages;
  Seconds latency;
  Seconds bottleneck;            // 1 / bottleneck bounds the throughput
  std::optional<Joules> energy;  // of one request; nothing where the platform does not state enough
};

struct ParetoFront {
  std::vector<FrontPlan> plans;  // fastest first; plans that are equal in all three appear once
  std::optional<Watts> at_rest;  // of the source and the chain's devices together; nothing if energy was left out
  std::string no_energy;         // why it was; empty if it was not
};

// Throws InputError if no plan is possible, without a chain, or where the search
// outgrows its bound.
ParetoFront pareto_front(const Problem& problem);

}  // namespace twinfer
