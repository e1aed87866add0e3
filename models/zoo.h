// The networks that come with Twinfer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"

namespace twinfer {

// "alexnet", "digits", ...; ascending.
std::vector<std::string> zoo_names();

// The published input shape of a network, batch 1. Throws InputError on an unknown name.
std::vector<long> default_input_shape(const std::string& model);

// Builds a network with weights drawn from `seed`: equal arguments give equal
// weights. Throws InputError on an unknown name (listing the known ones) or on a
// shape that the network cannot take.
Network make_network(const std::string& model, const std::vector<long>& input_shape, std::uint64_t seed);

}  // namespace twinfer
