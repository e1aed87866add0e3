// A rest that a worker lets itself be asked for, before each of its measurements.
#pragma once

namespace twinfer {

// Throws InputError unless it is from 0 to 1 second.
void check_pause(double pause_s);

}  // namespace twinfer
