// What a run really used, from its rows: of the simulator and of the live system alike.
//
// A device is at work while an executor of it decodes and computes, and while one of
// its connections encodes. What a request that failed or was dropped used counts, too,
// as far as it has rows: a live request that was lost has none.
//
// Ignores: what core/energy.h does not count.
#pragma once

#include "core/energy.h"
#include "core/platform.h"
#include "core/result.h"

namespace twinfer {

// REQUIRES: rows of one run on `platform`, results and stages by request id.
Usage usage_of(const RunRows& rows, const Platform& platform, DeviceId source);

}  // namespace twinfer
