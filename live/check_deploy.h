// What a worker lets itself be asked: a deployment comes over the network, so
// nothing in it is used before it was checked.
#pragma once

#include "core/layer_graph.h"
#include "live/wire.pb.h"

namespace twinfer {

// By itself: exit rule, thresholds, and that every time is finite, not negative
// and below what a clock can hold. Throws InputError.
void check_deploy(const wire::Deploy& deploy);

// That every time in it is one.
void check_reshape(const wire::Reshape& reshape);

// Against the network that it names: layers, tensors, exits, and an emulated cost
// for every way to leave the stage. Throws InputError.
void check_deploy_fits(const wire::Deploy& deploy, const LayerGraph& graph);

}  // namespace twinfer
