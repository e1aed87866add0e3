// AlexNet as torchvision has it: the one-column version of Krizhevsky, "One
// weird trick for parallelizing convolutional neural networks", 2014, after
// Krizhevsky, Sutskever, Hinton, NIPS 2012. Its features.0 to features.12 are the
// 13 layers that chain schedulers usually measure.
#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {

Network build_alexnet(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("alexnet", input_shape, 3, seed);
  LayerId x = NetworkBuilder::kInput;
  const auto then = [&](const std::string& name, const OperatorRecipe& recipe) { x = net.layer(name, recipe, {x}); };

  then("features.0", conv({.channels = 64, .kernel = 11, .stride = 4, .padding = 2}));
  then("features.1", relu());
  then("features.2", max_pool(3, 2));
  then("features.3", conv({.channels = 192, .kernel = 5, .padding = 2}));
  then("features.4", relu());
  then("features.5", max_pool(3, 2));
  then("features.6", conv({.channels = 384, .kernel = 3, .padding = 1}));
  then("features.7", relu());
  then("features.8", conv({.channels = 256, .kernel = 3, .padding = 1}));
  then("features.9", relu());
  then("features.10", conv({.channels = 256, .kernel = 3, .padding = 1}));
  then("features.11", relu());
  then("features.12", max_pool(3, 2));
  then("avgpool", adaptive_avg_pool(6, 6));
  then("flatten", flatten());
  then("classifier.1", linear(4096));
  then("classifier.2", relu());
  then("classifier.4", linear(4096));
  then("classifier.5", relu());
  then("classifier.6", linear(1000));
  return net.finish();
}

}  // namespace twinfer
