#include "sim/crew.h"

namespace twinfer {

namespace s4u = simgrid::s4u;

void Crew::add_source(const std::string& name, s4u::Host* host, std::function<void()> body) {
  add(name, host, std::move(body));
}

void Crew::add_worker(const std::string& name, s4u::Host* host, std::function<void()> body) {
  add(name, host, std::move(body))->daemonize();
}

s4u::ActorPtr Crew::add(const std::string& name, s4u::Host* host, std::function<void()> body) {
  return s4u::Actor::create(name, host, [this, run = std::move(body)] {
    try {
      run();
    } catch (const std::exception&) {  // SimGrid's own way to end an actor is no std::exception and must pass
      if (!failure_) failure_ = std::current_exception();
      s4u::Actor::kill_all();
    }
  });
}

void Crew::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace twinfer
