// How long a message lies between the two threads of a worker, on an idle one: the sockets'
// and the executor's. Neither resource is held meanwhile.
#pragma once

#include "core/units.h"
#include "live/asio.h"

namespace twinfer {

struct HandOff {
  Seconds to_executor;    // from the last byte's arrival until the executor has the job
  Seconds to_connection;  // from the executor's end until the connection takes the message up
};

// Medians of `repeat` messages through the queues that requests take, a pause before each.
// REQUIRES: repeat >= 1; runs on `io`.
Task<HandOff> measure_hand_off(asio::io_context& io, unsigned repeat);

}  // namespace twinfer
