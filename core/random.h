// Seeded draws that can be made again one by one: a draw is a function of the
// seed, a stream and an index, not of how many draws came before. The mixer is
// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014); the same on every platform.
#pragma once

#include <cstdint>

namespace twinfer {

// What a draw is for; streams are independent of each other.
enum class RandomStream : std::uint64_t {
  kArrival = 1,
  kSample = 2,
  kCompute = 3,
  kTensor = 4,
  kWeights = 5,
  kTraining = 6,
  kReplication = 7,
  kBootstrap = 8,
  kMessage = 9
};

std::uint64_t random_bits(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t sub = 0);

// In [0, 1).
double uniform(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t sub = 0);

}  // namespace twinfer
