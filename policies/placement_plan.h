// A plan out of a placement search, for the policies that differ in their rules.
#pragma once

#include <string>

#include "policies/placement_search.h"

namespace twinfer {

// Which device may hold which layer, by the scenario's constraints; empty if there are none.
std::vector<std::vector<bool>> allowed_devices(const Problem& problem);

// As many as a plan names, itself included.
inline constexpr std::size_t kMostCandidates = 12;

// Those that have their routes and fit the memory, by the latency of the search.
std::vector<Candidate> placement_candidates(const Problem& problem, const std::vector<Placement>& placements);

// The cheapest placement with its alternatives as candidates; `claim` begins the
// sentence that says why. Throws InputError where nothing keeps the rules.
Plan placement_plan(const Problem& problem, const std::string& policy, const PlacementRules& rules,
                    const std::string& claim);

}  // namespace twinfer
