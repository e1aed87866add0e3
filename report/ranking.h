// Whether one back end orders the policies as the other does, and what following it costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace twinfer {

// Pairs of policies by how two rankings order them.
struct RankedPairs {
  std::uint64_t pairs = 0;
  std::uint64_t concordant = 0;  // the same in both
  std::uint64_t discordant = 0;  // one way here, the other way there
  std::uint64_t tied_first = 0;
  std::uint64_t tied_second = 0;

  RankedPairs& operator+=(const RankedPairs& other);
};

// Two values tie if they differ by at most `tolerance` of the larger one: a difference
// within the noise floor orders nothing. REQUIRES: as many values in both.
RankedPairs rank_pairs(const std::vector<double>& first, const std::vector<double>& second, double tolerance);

// Kendall's tau-b (Biometrika 1945): 1 the same order, -1 the opposite one, corrected for
// ties. Nothing where a ranking orders no pair.
std::optional<double> kendall_tau(const RankedPairs& pairs);

// The place of the best value; of equal ones the first. REQUIRES: not empty.
std::size_t best_of(const std::vector<double>& values, bool more_is_better);

// How much worse than the measured best is the policy that the simulator calls the best,
// relative to that best: 0 where it is the same. REQUIRES: as many values in both, not empty.
double regret(const std::vector<double>& simulated, const std::vector<double>& measured, bool more_is_better);

}  // namespace twinfer
