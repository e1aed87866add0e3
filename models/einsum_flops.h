// Work of an Einstein sum.
#pragma once

#include <string>
#include <vector>

namespace twinfer {

// Operands are contracted from left to right, as LibTorch does; a label is summed as
// soon as no later operand and no output has it. A contraction that sums costs two
// for each combination of its labels, one that does not costs one; a single operand
// one for each of its elements if it is summed, else none. `equation` as einsum takes
// it, ellipses included, one shape an operand. Zero if it does not fit the shapes.
double einsum_flops(const std::string& equation, const std::vector<std::vector<long>>& shapes);

}  // namespace twinfer
