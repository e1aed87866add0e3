// One FIFO connection: a sender that prepares one message at a time, a wire that
// carries one at a time, and latency behind both: neither a message that is being
// prepared nor one on its long way keeps the wire from the others.
//
//   queue -> sender: sleep(encode + overhead), wait for the wire, start(bytes)
//                                    -> arrivals: wait(bytes), sleep(latency + hand-off)
//
// Within a device whose loopback the platform does not state there is no wire.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>

#include "sim/core_load.h"
#include "sim/crew.h"
#include "sim/id_queue.h"
#include "sim/plan_times.h"

namespace twinfer {

struct MachineShare {
  simgrid::s4u::Host* machine = nullptr;
  Seconds core_time;  // that a message takes of its cores
};

struct ConnectionSettings {
  std::string name;  // unique in the simulation
  simgrid::s4u::Host* from = nullptr;
  simgrid::s4u::Host* to = nullptr;
  Passage passage;
  Seconds latency;                         // behind the wire
  bool hands_off = false;                  // whether any message may take a hand-off
  std::optional<double> window_rate = {};  // bytes per second that it allows at most
  std::vector<MachineShare> shares = {};   // of machines, from when a message is on the wire
};

// What its owner does with a request, at these moments, and says of it.
struct ConnectionEvents {
  std::function<void(std::uint64_t id)> taken_up;                 // by the sender
  std::function<void(std::uint64_t id, double seconds)> held_up;  // prepared, it waited for the wire
  std::function<void(std::uint64_t id)> delivered;                // at the other end
  std::function<Seconds(std::uint64_t id)> hand_off;              // behind the latency; each waits for the one before
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
  void start_transfer(std::uint64_t id, double prepared_s);
  void arrive();

  ConnectionSettings settings_;
  ConnectionEvents events_;
  bool lags_;  // behind preparing
  double preparation_s_;
  std::uint64_t bytes_;
  IdQueue queue_;
  std::vector<std::unique_ptr<CoreLoad>> loads_;
  struct Leaving {
    simgrid::s4u::CommPtr transfer;  // none on one device
    double prepared_s;
  };

  simgrid::s4u::CommPtr last_;   // that was on the wire
  IdQueue on_its_way_;           // from the wire on
  std::deque<Leaving> leaving_;  // these
};

}  // namespace twinfer
