#include "sim/connection.h"

#include <cmath>

namespace twinfer {

namespace s4u = simgrid::s4u;

Connection::Connection(ConnectionSettings settings, ConnectionEvents events, Crew& crew)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      preparation_s_((settings_.passage.cost.encode + settings_.passage.cost.overhead).si()),
      bytes_(static_cast<std::uint64_t>(std::llround(settings_.passage.bytes.si()))) {
  if (settings_.passage.between_devices) {
    mailbox_ = s4u::Mailbox::by_name(settings_.name);
    crew.add_worker(settings_.name + " receiver", settings_.to, [this] { receive(); });
  }
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
  if (mailbox_ == nullptr) {
    events_.delivered(id);
    return;
  }
  travelling_.push_back(id);
  mailbox_->put(this, bytes_);  // SimGrid wants some payload; the id travels beside it
}

void Connection::receive() {
  for (;;) {
    mailbox_->get<Connection>();
    const std::uint64_t id = travelling_.front();
    travelling_.pop_front();
    events_.delivered(id);
  }
}

}  // namespace twinfer
