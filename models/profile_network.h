// Measures what each layer and head of a network costs on this machine.
//
// A repeat runs the whole network once, so that a slow spell of the machine
// falls on all layers alike and a layer finds its input as warm as in use.
#pragma once

#include <functional>
#include <string>

#include "core/latency_profile.h"
#include "models/network.h"

namespace twinfer {

struct ProfileSettings {
  std::string device;  // name of the profile
  unsigned threads = 1;
  unsigned batch = 1;
  unsigned repeat = 50;  // measured runs
  unsigned warm_up = 5;  // runs before, not measured
  Seconds pause;         // before each run: seldom used, a network finds cold caches
};

// Told after every run, warm-up included.
using RunProgress = std::function<void(unsigned done, unsigned all)>;

// Everything but the message overhead, which is the live side's to measure.
// Output bytes are those of batch 1, as in the graph; times are of the batch.
// Throws InputError if threads, batch or repeat are 0 or the device has no name.
LatencyProfile profile_network(const Network& network, const ProfileSettings& settings,
                               const RunProgress& progress = {});

}  // namespace twinfer
