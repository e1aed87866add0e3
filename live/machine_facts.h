// What a worker tells of the machine that it runs on.
#pragma once

#include "live/wire.pb.h"

namespace twinfer {

// What the system does not tell is empty or 0; at least one core.
wire::Machine machine_facts();

}  // namespace twinfer
