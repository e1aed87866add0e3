// Several operators as one layer, for networks whose published cut positions
// leave blocks whole. For inference only: its batch norms keep their statistics.
#pragma once

#include <string>
#include <vector>

#include "models/operators.h"

namespace twinfer {

struct NamedRecipe {
  std::string name;  // of its parameters: "conv1.weight"
  OperatorRecipe recipe;
};

// `branch` one after the other, plus `shortcut` one after the other (none: the
// input itself), and a ReLU over the sum. REQUIRES: one input.
OperatorRecipe residual_block(std::vector<NamedRecipe> branch, std::vector<NamedRecipe> shortcut);

}  // namespace twinfer
