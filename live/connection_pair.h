// Two ends of one loopback connection, each for a thread of its own, as
// measurements and tests need them.
#pragma once

#include <memory>

#include "live/connection.h"
#include "live/run_to_end.h"

namespace twinfer {

struct ConnectionPair {
  ConnectionPair();

  asio::io_context first_io{1};
  asio::io_context second_io{1};
  std::shared_ptr<Connection> first;   // lives on first_io
  std::shared_ptr<Connection> second;  // lives on second_io
};

}  // namespace twinfer
