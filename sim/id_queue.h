// Requests that wait for one actor, in order of their coming. In the process's
// own memory: SimGrid hears of it only when the actor has to sleep or wake, since
// messages that pile up in a mailbox cost a list search each.
#pragma once

#include <cstdint>
#include <deque>

#include <simgrid/s4u.hpp>

namespace twinfer {

// REQUIRES: an Engine; one consumer.
class IdQueue {
 public:
  // From any actor.
  void push(std::uint64_t id);

  // Blocks the consumer until something waits.
  void wait();
  [[nodiscard]] const std::deque<std::uint64_t>& waiting() const { return waiting_; }
  // REQUIRES: position < waiting().size().
  std::uint64_t take(std::size_t position);

 private:
  std::deque<std::uint64_t> waiting_;
  simgrid::s4u::SemaphorePtr arrived_ = simgrid::s4u::Semaphore::create(0);
  bool asleep_ = false;
};

}  // namespace twinfer
