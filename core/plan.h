// Which layers run where: the answer of a partition policy.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cut.h"
#include "core/exit_settings.h"
#include "core/layer_graph.h"
#include "core/platform.h"
#include "core/units.h"

namespace twinfer {

// Which of several serves a request, where they take turns: the only statement of
// that rule. REQUIRES: count >= 1.
constexpr std::size_t turn_of(std::uint64_t request, std::size_t count) { return request % count; }

template <class T>
const T& serving(const std::vector<T>& each, std::uint64_t request) {
  return each[turn_of(request, each.size())];
}

// Layers run together on one device, in ascending order. They need not follow one
// another in the graph's order: a cut may leave two branches of a DAG at different
// depths. On several devices, each of these replicas has all the layers.
struct Stage {
  std::vector<DeviceId> devices;  // distinct; replicas take turns in this order
  std::vector<LayerId> layers;    // ascending; layer 0, the input, belongs to no stage

  Stage(std::vector<DeviceId> on, std::vector<LayerId> held) : devices(std::move(on)), layers(std::move(held)) {}
  Stage(DeviceId on, std::vector<LayerId> held) : Stage(std::vector<DeviceId>{on}, std::move(held)) {}
  Stage(std::vector<DeviceId> on, LayerId first, LayerId last);  // first..last, both included
  Stage(DeviceId on, LayerId first, LayerId last) : Stage(std::vector<DeviceId>{on}, first, last) {}

  [[nodiscard]] bool holds(LayerId layer) const;
  [[nodiscard]] bool runs_on(DeviceId device) const;

  friend bool operator==(const Stage&, const Stage&) = default;
};

// What a plan costs in its policy's objective: a time or an energy.
class Cost {
 public:
  enum class Unit { kSeconds, kJoules };

  Cost(Seconds time) : si_(time.si()), unit_(Unit::kSeconds) {}
  Cost(Joules energy) : si_(energy.si()), unit_(Unit::kJoules) {}

  [[nodiscard]] double si() const { return si_; }
  [[nodiscard]] Unit unit() const { return unit_; }

  friend auto operator<=>(const Cost&, const Cost&) = default;

 private:
  double si_;
  Unit unit_;
};

// "s" or "J"
const char* to_string(Cost::Unit unit);

// An alternative that the policy weighed, with what it would have cost.
struct Candidate {
  std::string description;
  Cost cost;  // all of a plan in one unit
};

struct Plan {
  std::string policy;                      // as written in the scenario: "split:3"
  std::vector<Stage> stages;               // in order; together they hold layers 1..last once each
  Seconds predicted_latency;               // one request alone, no exit taken, result returned
  Seconds bottleneck;                      // slowest stage or hop: 1 / bottleneck bounds the throughput
  std::string bottleneck_at;               // "stage 2 on jetson", "hop pi -> cloud"
  std::string objective;                   // what the policy minimised, in words
  std::string why;                         // one sentence
  std::vector<Candidate> candidates;       // best first; the chosen one included
  std::optional<ExitSettings> exits = {};  // thresholds that the policy chose, in place of the scenario's
};

// Whether requests take the same way and leave at the same exits, whoever planned it.
inline bool is_same_way(const Plan& a, const Plan& b) { return a.stages == b.stages && a.exits == b.exits; }

// A connection's two ends.
struct Way {
  DeviceId from = 0;
  DeviceId to = 0;

  friend bool operator==(const Way&, const Way&) = default;
};

// The connections into a stage, and from its replicas back to the source: those
// that requests take, which take turns. As many into it as the least common
// multiple of its replicas and those of the stage before.
std::vector<Way> ways_into(const std::vector<Stage>& stages, std::size_t stage, DeviceId source);
std::vector<Way> ways_back(const Stage& stage, DeviceId source);

// The position in `stages` of every layer; 0 for the input.
// REQUIRES: the stages hold layers 1..last once each.
std::vector<std::size_t> stage_of_layers(const std::vector<Stage>& stages, const LayerGraph& graph);

// What crosses into each stage: every tensor made before it (the input is made by
// the source) and read by it or a later one, each once. A tensor that only a
// later stage reads is relayed with the rest.
// REQUIRES: the stages hold layers 1..last once each, inputs no later than readers.
std::vector<Cut> cuts_of(const std::vector<Stage>& stages, const LayerGraph& graph);

// "1-4,7-7": runs of ascending layers.
std::string describe_layers(const std::vector<LayerId>& layers);

// "pi", or "{jetson,pc}" of a stage with replicas.
std::string describe_devices(const Stage& stage, const Platform& platform);

// The stages as one line: "pi[1-4] {jetson,pc}[5-12]".
std::string describe(const std::vector<Stage>& stages, const Platform& platform);

// The same with the thresholds that the policy chose, if it did: "pi[1-4] pc[5-12], leaving at exit1 0.75". Of one
// graph and platform, equal lines are the same way (is_same_way).
std::string describe(const Plan& plan, const LayerGraph& graph, const Platform& platform);

// Throws InputError (naming `policy`) unless the stages hold layers 1..last once
// each, none is empty, no layer stands before one that it reads, exits are met in
// their order, every stage has a device, and none twice, every connection (source ->
// first, stage -> stage, every stage -> source) has a route, and parameters fit the
// device's memory.
void check_plan(const Plan& plan, const LayerGraph& graph, const Platform& platform, DeviceId source);

// Whether check_plan would find every route and enough memory, for planners that
// weigh many alternatives. REQUIRES: the stages hold layers 1..last once each, inputs
// no later than readers.
bool is_feasible(const std::vector<Stage>& stages, const LayerGraph& graph, const Platform& platform, DeviceId source);

}  // namespace twinfer
