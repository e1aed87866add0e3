// The actors of one simulation. An exception that leaves one of them ends all,
// and reaches whoever runs the engine: SimGrid itself would abort the process.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include <simgrid/s4u.hpp>

namespace twinfer {

class Crew {
 public:
  // A worker serves for as long as some source lives; then SimGrid ends it.
  void add_source(const std::string& name, simgrid::s4u::Host* host, std::function<void()> body);
  void add_worker(const std::string& name, simgrid::s4u::Host* host, std::function<void()> body);

  // Throws what an actor threw, if one did. Call after the engine has run.
  void rethrow() const;

 private:
  simgrid::s4u::ActorPtr add(const std::string& name, simgrid::s4u::Host* host, std::function<void()> body);

  std::exception_ptr failure_;
};

}  // namespace twinfer
