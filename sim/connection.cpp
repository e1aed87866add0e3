#include "sim/connection.h"

#include <cmath>

namespace twinfer {

namespace s4u = simgrid::s4u;

Connection::Connection(ConnectionSettings settings, ConnectionEvents events, Crew& crew)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      lags_(settings_.passage.crosses_links || settings_.latency > Seconds(0) || settings_.hands_off),
      preparation_s_((settings_.passage.cost.encode + settings_.passage.cost.overhead).si()),
      bytes_(static_cast<std::uint64_t>(std::llround(settings_.passage.bytes.si()))) {
  if (lags_) crew.add_worker(settings_.name + " arrivals", settings_.to, [this] { arrive(); });
  for (const MachineShare& share : settings_.shares)
    loads_.push_back(std::make_unique<CoreLoad>(settings_.name + " cores of " + share.machine->get_name(),
                                                share.machine, share.core_time.si(), crew));
  crew.add_worker(settings_.name + " sender", settings_.from, [this] { serve(); });
}

void Connection::serve() {
  for (;;) {
    queue_.wait();
    const std::uint64_t id = queue_.take(0);
    events_.taken_up(id);
    carry(id);
  }
}

void Connection::carry(std::uint64_t id) {
  if (preparation_s_ > 0) s4u::this_actor::sleep_for(preparation_s_);
  const double prepared_s = s4u::Engine::get_clock();
  if (settings_.passage.crosses_links) {
    start_transfer(id, prepared_s);
  } else if (!lags_) {
    return events_.delivered(id);
  }
  leaving_.push_back({last_, prepared_s});
  on_its_way_.push(id);
}

// Waits until the wire is free.
void Connection::start_transfer(std::uint64_t id, double prepared_s) {
  if (last_) {
    last_->wait();
    events_.held_up(id, s4u::Engine::get_clock() - prepared_s);
  }
  for (const auto& load : loads_) load->add(id);
  last_ = s4u::Comm::sendto_init();
  if (settings_.window_rate) last_->set_rate(*settings_.window_rate);
  last_->set_payload_size(bytes_)->set_source(settings_.from)->set_destination(settings_.to);
}

void Connection::arrive() {
  for (;;) {
    on_its_way_.wait();
    const Leaving message = std::move(leaving_.front());
    leaving_.pop_front();
    if (message.transfer) message.transfer->wait();
    const std::uint64_t id = on_its_way_.take(0);
    const double sent_s = message.transfer ? message.transfer->get_finish_time() : message.prepared_s;
    s4u::this_actor::sleep_until(sent_s + (settings_.latency + events_.hand_off(id)).si());
    events_.delivered(id);
  }
}

}  // namespace twinfer
