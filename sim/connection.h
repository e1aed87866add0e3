// One FIFO connection: a sender that carries one message at a time, held for
// encoding, overhead and wire.
//
//   queue -> sender: sleep(encode + overhead) -> put(bytes) ~~ link ~~ get -> receiver
//
// Between two stages of one device there is no link, and no receiver either.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include <simgrid/s4u.hpp>

#include "sim/crew.h"
#include "sim/id_queue.h"
#include "sim/plan_times.h"

namespace twinfer {

struct ConnectionSettings {
  std::string name;  // unique in the simulation
  simgrid::s4u::Host* from = nullptr;
  simgrid::s4u::Host* to = nullptr;
  Passage passage;
};

// What its owner does with a request, at these two moments.
struct ConnectionEvents {
  std::function<void(std::uint64_t id)> taken_up;   // by the sender
  std::function<void(std::uint64_t id)> delivered;  // at the other end, the connection free again
};

// Stays where it was made: its actors hold on to it.
class Connection {
 public:
  // Adds its actors to `crew`.
  Connection(ConnectionSettings settings, ConnectionEvents events, Crew& crew);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::uint64_t id) { queue_.push(id); }

 private:
  void serve();
  void carry(std::uint64_t id);
  void receive();

  ConnectionSettings settings_;
  ConnectionEvents events_;
  double preparation_s_;
  std::uint64_t bytes_;
  simgrid::s4u::Mailbox* mailbox_ = nullptr;
  IdQueue queue_;
  std::deque<std::uint64_t> travelling_;  // at most two: a sender may be a step ahead of its receiver
};

}  // namespace twinfer
