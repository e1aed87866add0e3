#include "sim/core_load.h"

#include <vector>

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
    // One of n threads would count as one job where contention asks how many are busy.
    std::vector<s4u::ExecPtr> parts;
    for (int core = 0; core < cores; ++core)
      parts.push_back(s4u::this_actor::exec_async(core_s_ / cores * machine.get_speed()));
    for (const s4u::ExecPtr& part : parts) part->wait();
  }
}

}  // namespace twinfer
