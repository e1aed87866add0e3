#include "sim/connection.h"

#include <cmath>

namespace twinfer {

namespace s4u = simgrid::s4u;

Connection::Connection(ConnectionSettings settings, ConnectionEvents events, Crew& crew)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      preparation_s_((settings_.passage.cost.encode + settings_.passage.cost.overhead).si()),
      bytes_(static_cast<std::uint64_t>(std::llround(settings_.passage.bytes.si()))),
      latency_s_(settings_.latency.si()) {
  if (settings_.passage.between_devices)
    crew.add_worker(settings_.name + " arrivals", settings_.to, [this] { arrive(); });
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
  if (!settings_.passage.between_devices) return events_.delivered(id);
  if (last_) {
    const double prepared_s = s4u::Engine::get_clock();
    last_->wait();
    events_.held_up(id, s4u::Engine::get_clock() - prepared_s);
  }
  last_ = s4u::Comm::sendto_init();
  if (settings_.window_rate) last_->set_rate(*settings_.window_rate);
  last_->set_payload_size(bytes_)->set_source(settings_.from)->set_destination(settings_.to);
  transfers_.push_back(last_);
  on_its_way_.push(id);
}

void Connection::arrive() {
  for (;;) {
    on_its_way_.wait();
    const s4u::CommPtr transfer = std::move(transfers_.front());
    transfers_.pop_front();
    transfer->wait();
    s4u::this_actor::sleep_until(transfer->get_finish_time() + latency_s_);
    events_.delivered(on_its_way_.take(0));
  }
}

}  // namespace twinfer
