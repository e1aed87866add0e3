// How far a worker's monotonic clock is from the coordinator's, by Cristian's
// algorithm (1989): of several ping exchanges the one with the shortest round
// trip bounds the error best, by half of it. Rounds before, during and after a
// run also take out a constant drift.
#pragma once

#include <cstdint>
#include <vector>

namespace twinfer {

struct PingSample {
  std::int64_t sent_ns = 0;      // coordinator's clock
  std::int64_t worker_ns = 0;    // worker's clock, in between
  std::int64_t received_ns = 0;  // coordinator's clock
};

class ClockAlignment {
 public:
  // One round of exchanges. A round whose best round trip is over twice the
  // shortest one known is left out: it met a busy machine. REQUIRES: not empty.
  void add_round(const std::vector<PingSample>& samples);

  // A worker's time on the coordinator's clock: linear between rounds, constant
  // before the first and after the last. REQUIRES: a round.
  [[nodiscard]] std::int64_t to_coordinator(std::int64_t worker_ns) const;

 private:
  struct Knot {
    std::int64_t worker_ns;
    std::int64_t offset_ns;  // coordinator - worker
  };
  std::vector<Knot> knots_;  // by worker_ns
  std::int64_t shortest_ns_ = 0;
};

}  // namespace twinfer
