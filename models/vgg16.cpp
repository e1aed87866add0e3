// VGG16, configuration D without batch norm: Simonyan, Zisserman, "Very deep
// convolutional networks for large-scale image recognition", ICLR 2015.
#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {
namespace {

constexpr long kPool = 0;  // in the list below
constexpr long kFeatures[] = {64,    64,  kPool, 128, 128,   kPool, 256, 256, 256,
                              kPool, 512, 512,   512, kPool, 512,   512, 512, kPool};

}  // namespace

Network build_vgg16(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("vgg16", input_shape, 3, seed);
  LayerId x = NetworkBuilder::kInput;
  const auto then = [&](const std::string& name, const OperatorRecipe& recipe) { x = net.layer(name, recipe, {x}); };

  int position = 0;
  const auto feature = [&](const OperatorRecipe& recipe) { then("features." + std::to_string(position++), recipe); };
  for (const long channels : kFeatures) {
    if (channels == kPool) {
      feature(max_pool(2, 2));
    } else {
      feature(conv({.channels = channels, .kernel = 3, .padding = 1}));
      feature(relu());
    }
  }
  then("avgpool", adaptive_avg_pool(7, 7));
  then("flatten", flatten());
  then("classifier.0", linear(4096));
  then("classifier.1", relu());
  then("classifier.3", linear(4096));
  then("classifier.4", relu());
  then("classifier.6", linear(1000));
  return net.finish();
}

}  // namespace twinfer
