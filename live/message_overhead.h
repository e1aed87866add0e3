// What a small message costs on a connection, whatever it carries.
#pragma once

#include "core/units.h"

namespace twinfer {

// One-way time of a 256-byte message over loopback between two threads, through
// the same frames and connections as a live run; median of `repeat` exchanges.
// Throws ConnectionError if loopback does not work. REQUIRES: repeat >= 1.
Seconds measure_message_overhead(unsigned repeat);

}  // namespace twinfer
