// Work of recorded operators.
#pragma once

#include <string>

#include <ATen/core/stack.h>

#include "core/units.h"

namespace twinfer {

// A multiply-add counts as two. Convolutions, linear layers and matrix products
// from their shapes, without the bias; pooling one per element of the window;
// batch norm two per output; what only moves data none; Einstein sums, recurrent layers, fused attention and
// encoder layers by what they do inside; everything else one per output.
Flops operator_flops(const std::string& op, const torch::jit::Stack& arguments, const torch::jit::Stack& results);

}  // namespace twinfer
