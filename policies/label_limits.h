// What label searches have in common: when to give up, and when two sums are equal.
#pragma once

#include <cstddef>

namespace twinfer {

// Of a search, whose worst case is exponential: some hundred MB.
inline constexpr std::size_t kMostLabels = 2'000'000;

// Relative, between sums of the same terms taken in another order.
inline constexpr double kRounding = 1 + 1e-12;

}  // namespace twinfer
