// The sending end of a connection: one message at a time, first come first served.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "live/async_signal.h"
#include "live/connection.h"
#include "live/messages.h"
#include "live/pacer.h"

namespace twinfer {

// Writes the sender's times into the message that they belong to, and its
// tensors' shapes into a request.
void stamp_times(Outgoing& message, SteadyTime start, SteadyTime encoded);

// Lives on one io_context's thread; its queue is filled by any.
class MessageSender {
 public:
  // Borrows queue and counts. REQUIRES: nobody else sets the queue's on_item.
  MessageSender(asio::io_context& io, OutgoingQueue& queue, PadCounts& pads, wire::SendShape shape,
                std::chrono::nanoseconds patience);

  // Sends until the queue is closed. Throws ConnectionError; take_unsent() then
  // has the message that did not get through.
  Task<void> run(std::shared_ptr<Connection> connection);

  // For messages that it takes up from now on.
  void reshape(wire::SendShape shape) { shape_ = std::move(shape); }

  // Waits for the next message; nothing once the queue is closed.
  Task<std::optional<Outgoing>> next();

  [[nodiscard]] std::optional<Outgoing> take_unsent() { return std::exchange(unsent_, std::nullopt); }

 private:
  Task<void> send(Connection& connection, Outgoing& message);
  Task<void> send_plainly(Connection& connection, Outgoing& message);
  Task<void> send_held(Connection& connection, Outgoing& message);
  Task<void> send_late(Connection& connection, Outgoing& message);

  OutgoingQueue& queue_;
  PadCounts& pads_;
  wire::SendShape shape_;
  std::chrono::nanoseconds patience_;
  std::shared_ptr<AsyncSignal> item_;
  Pacer preparing_;
  Pacer wire_;
  asio::steady_timer late_timer_;
  std::optional<Outgoing> unsent_;
};

// Messages that wait for one connection, and what sends them.
struct SendLane {
  // As MessageSender's.
  SendLane(asio::io_context& io, std::size_t capacity, PadCounts& pads, wire::SendShape shape,
           std::chrono::nanoseconds patience);

  OutgoingQueue queue;
  MessageSender sender;
};

}  // namespace twinfer
