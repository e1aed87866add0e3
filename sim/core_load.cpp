#include "sim/core_load.h"

namespace twinfer {

namespace s4u = simgrid::s4u;

CoreLoad::CoreLoad(const std::string& name, s4u::Host* machine, double core_s, Crew& crew) : core_s_(core_s) {
  crew.add_worker(name, machine, [this] { serve(); });
}

void CoreLoad::serve() {
  const s4u::Host& machine = *s4u::this_actor::get_host();
  const int cores = machine.get_core_count();
  for (;;) {
    messages_.wait();
    messages_.take(0);
    s4u::this_actor::exec_init(core_s_ / cores * machine.get_speed())->set_thread_count(cores)->wait();
  }
}

}  // namespace twinfer
