// What the messages of a connection take of a machine's cores: the kernel's work for them
// and the sockets'. It arises on any core, whoever computes there, and so it shares them as
// one more job on each core would: with all cores busy, executors lose all of it.
#pragma once

#include <cstdint>
#include <string>

#include <simgrid/s4u.hpp>

#include "sim/crew.h"
#include "sim/id_queue.h"

namespace twinfer {

// Stays where it was made: its actor holds on to it.
class CoreLoad {
 public:
  // A message takes `core_s` seconds of one core, in equal parts of each. Adds its actor to `crew`.
  CoreLoad(const std::string& name, simgrid::s4u::Host* machine, double core_s, Crew& crew);
  CoreLoad(const CoreLoad&) = delete;
  CoreLoad& operator=(const CoreLoad&) = delete;

  // One after the other.
  void add(std::uint64_t id) { messages_.push(id); }

 private:
  void serve();

  double core_s_;
  IdQueue messages_;
};

}  // namespace twinfer
