// What somebody outside of a run says to it: by which of its plans requests are to set out. Lines on
// a stream socket, numbers of plans as the run has them:
//
//   -> plan 2
//   <- plan 2 from 117      the first request that set out by it
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/local/stream_protocol.hpp>

#include "live/asio.h"

namespace twinfer {

class PlanOrders {
 public:
  // Takes a duplicate of `socket`. Throws InputError where it is no stream socket.
  PlanOrders(asio::io_context& io, int socket);

  // The number of the next plan, below `plans`; nothing once the other side has gone, or close() was
  // called. Throws std::runtime_error on anything else.
  Task<std::optional<std::size_t>> next(std::size_t plans);

  // To nobody, if the other side has gone.
  void answer(std::size_t plan, std::uint64_t first_request);

  void close();

 private:
  asio::local::stream_protocol::socket socket_;
  std::string read_;  // and not yet taken
};

}  // namespace twinfer
