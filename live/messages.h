// What waits in the queues between IO and compute threads.
#pragma once

#include <cstdint>
#include <vector>

#include "live/bounded_queue.h"
#include "live/steady_time.h"
#include "live/wire.pb.h"
#include "live/wire_tensor.h"

namespace twinfer {

// Bytes of parameters that one message carries at most.
inline constexpr std::uint64_t kParametersPiece = 16ULL << 20;

// A request that waits for the executor.
struct Job {
  wire::Request request;
  std::vector<WireTensor> tensors;
  SteadyTime received;
};

// A request or result that waits for its connection.
struct Outgoing {
  wire::Header header;
  std::vector<WireTensor> tensors;
  SteadyTime ready;
  bool shaped = false;  // the connection does to it what SendShape says
};

using JobQueue = BoundedQueue<Job>;
using OutgoingQueue = BoundedQueue<Outgoing>;

}  // namespace twinfer
