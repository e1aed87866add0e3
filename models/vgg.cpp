// VGG16 and VGG19, configurations D and E without batch norm: Simonyan, Zisserman,
// "Very deep convolutional networks for large-scale image recognition", ICLR 2015.
#include <array>

#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {
namespace {

struct GroupSettings {
  int convolutions;  // before a pool that halves the size
  long channels;
};
using Configuration = std::array<GroupSettings, 5>;
constexpr Configuration kD{{{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}};
constexpr Configuration kE{{{2, 64}, {2, 128}, {4, 256}, {4, 512}, {4, 512}}};

Network build_vgg(const std::string& model, const Configuration& groups, const std::vector<long>& input_shape,
                  std::uint64_t seed) {
  NetworkBuilder net(model, input_shape, 3, seed);
  LayerId x = NetworkBuilder::kInput;
  const auto then = [&](const std::string& name, const OperatorRecipe& recipe) { x = net.layer(name, recipe, {x}); };

  int position = 0;
  const auto feature = [&](const OperatorRecipe& recipe) { then("features." + std::to_string(position++), recipe); };
  for (const GroupSettings& group : groups) {
    for (int i = 0; i < group.convolutions; ++i) {
      feature(conv({.channels = group.channels, .kernel = 3, .padding = 1}));
      feature(relu());
    }
    feature(max_pool(2, 2));
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

}  // namespace

Network build_vgg16(const std::vector<long>& input_shape, std::uint64_t seed) {
  return build_vgg("vgg16", kD, input_shape, seed);
}

Network build_vgg19(const std::vector<long>& input_shape, std::uint64_t seed) {
  return build_vgg("vgg19", kE, input_shape, seed);
}

}  // namespace twinfer
