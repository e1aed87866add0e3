// A multi-exit network for 64x64 images of digits: three cheap classifiers after
// blocks 1 to 3, then the final one. After Teerapittayanon et al., "BranchyNet",
// ICPR 2016. Each block ends by squeezing its channels, so that a cut between
// blocks carries little: 16, 8 and 4 kB after blocks 1, 2 and 3, where the input
// has 16 kB and the inside of block 1 has 256 kB.
#include "core/error.h"
#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {
namespace {

constexpr long kClasses = 10;

// Averages over a coarse grid, so that a head stays cheap and knows less than
// what follows it: with a finer one hardly a digit would go beyond the first.
std::vector<OperatorRecipe> exit_steps(long grid) {
  return {adaptive_avg_pool(grid, grid), flatten(), linear(kClasses)};
}

}  // namespace

Network build_digits(const std::vector<long>& input_shape, std::uint64_t seed) {
  const std::vector<long> only{1, 1, 64, 64};
  if (input_shape != only)
    throw InputError("digits", "input shape", format_shape(input_shape), "must be " + format_shape(only));

  NetworkBuilder net("digits", input_shape, 1, seed);
  LayerId x = NetworkBuilder::kInput;
  const auto then = [&](const std::string& name, const OperatorRecipe& recipe) { x = net.layer(name, recipe, {x}); };

  then("block1.conv1", conv({.channels = 32, .kernel = 5, .stride = 2, .padding = 2}));
  then("block1.relu1", relu());
  then("block1.conv2", conv({.channels = 64, .kernel = 3, .padding = 1}));
  then("block1.relu2", relu());
  then("block1.pool", max_pool(2, 2));
  then("block1.squeeze", conv({.channels = 16}));
  net.exit_head("exit1", x, exit_steps(3));

  then("block2.conv1", conv({.channels = 128, .kernel = 3, .padding = 1}));
  then("block2.relu1", relu());
  then("block2.conv2", conv({.channels = 128, .kernel = 3, .padding = 1}));
  then("block2.relu2", relu());
  then("block2.pool", max_pool(2, 2));
  then("block2.squeeze", conv({.channels = 32}));
  net.exit_head("exit2", x, exit_steps(2));

  then("block3.conv1", conv({.channels = 128, .kernel = 3, .padding = 1}));
  then("block3.relu1", relu());
  then("block3.conv2", conv({.channels = 128, .kernel = 3, .padding = 1}));
  then("block3.relu2", relu());
  then("block3.squeeze", conv({.channels = 16}));
  net.exit_head("exit3", x, exit_steps(2));

  then("block4.conv", conv({.channels = 128, .kernel = 3, .padding = 1}));
  then("block4.relu", relu());
  then("block4.pool", max_pool(2, 2));
  then("flatten", flatten());
  then("classifier", linear(kClasses));
  return net.finish();
}

}  // namespace twinfer
