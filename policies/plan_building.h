// What partition policies have in common: layouts of stages, and the fields of a
// plan that do not depend on how it was found.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "policies/partition_policy.h"

namespace twinfer {

// Layers 1..`split` on the source, the rest on the target; a side without layers
// has no stage. REQUIRES: split <= last layer.
std::vector<Stage> two_way_stages(const Problem& problem, LayerId split);

// The last layer of each device of a chain, not descending. A device whose end
// is its predecessor's is empty.
using ChainEnds = std::vector<LayerId>;

// The stages of a chain, without its empty devices. REQUIRES: ends.back() is the
// graph's last layer, one end a device.
std::vector<Stage> chain_stages(const std::vector<DeviceId>& chain, const ChainEnds& ends);

// Throws InputError naming `policy` if the problem has no chain.
void require_chain(const Problem& problem, const std::string& policy);

// The device's time for each layer with the active heads on it; zero for the input.
std::vector<Seconds> layer_times(const Problem& problem, DeviceId device);

// Whether a plan of these stages would pass check_plan.
bool is_feasible(const Problem& problem, const std::vector<Stage>& stages);

// A plan with policy, stages, predicted latency and bottleneck. Throws InputError
// if the stages do not pass check_plan.
Plan costed_plan(const Problem& problem, const std::string& policy, std::vector<Stage> stages);

// Latency of one request alone. REQUIRES: feasible stages.
Seconds latency_of(const Problem& problem, const std::vector<Stage>& stages);

// Sorted by cost; equal costs keep the given order, equal layouts appear once.
std::vector<Candidate> best_first(std::vector<Candidate> candidates);

// The feasible ones of `layouts` with their latency, best first.
std::vector<Candidate> by_latency(const Problem& problem, const std::vector<std::vector<Stage>>& layouts);

// The stages as describe() writes them.
std::string layout(const Problem& problem, const std::vector<Stage>& stages);

std::string device_name(const Problem& problem, DeviceId device);

// "12.3 ms", "1.5 s"
std::string time_text(Seconds time);

// "12.3 mJ", "1.5 J"
std::string energy_text(Joules energy);

// "; next comes pi[1-4], 1.5 s slower", of the plan's candidates; empty if there is only one.
std::string runner_up_text(const Plan& plan);

// "stage 2 on cloud takes 12.3 ms of every request"
std::string bottleneck_text(const Plan& plan);

// The cost of what cannot be.
inline constexpr Seconds kNever{std::numeric_limits<double>::infinity()};

// What single-request policies minimise, as plans state it.
inline constexpr const char* kLatencyObjective = "latency of one request alone";

}  // namespace twinfer
