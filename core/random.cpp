#include "core/random.h"

namespace twinfer {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t random_bits(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t sub) {
  return mix(mix(mix(mix(seed) ^ static_cast<std::uint64_t>(stream)) ^ index) ^ sub);
}

double uniform(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t sub) {
  // The top 53 bits fill a double's mantissa exactly.
  return static_cast<double>(random_bits(seed, stream, index, sub) >> 11) * 0x1.0p-53;
}

}  // namespace twinfer
