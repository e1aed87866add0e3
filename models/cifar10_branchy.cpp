// A compact residual network for CIFAR-10 with three early exits, after
// Teerapittayanon et al., "BranchyNet", ICPR 2016. The trunk is a narrow form of
// the residual networks with which D. Page ("How to train your ResNet", 2018)
// made CIFAR-10 cheap: few, wide layers at low resolution.
//
// Units 2 and 3 end by squeezing their channels, so that a cut behind them
// carries 8 kB where the input has 12 kB.
#include "core/error.h"
#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {
namespace {

constexpr long kClasses = 10;
// Of a branch's last batch norm before training: the block begins close to the identity.
constexpr double kBranchScale = 0.25;

class Trunk {
 public:
  explicit Trunk(NetworkBuilder& net) : net_(net) {}

  void conv_bn(const std::string& name, long channels, long kernel, double scale = 1) {
    then(name + ".conv", conv({.channels = channels, .kernel = kernel, .padding = kernel / 2, .bias = false}));
    then(name + ".bn", batch_norm(scale));
  }

  void conv_bn_relu(const std::string& name, long channels) {
    conv_bn(name, channels, 3);
    then(name + ".relu", relu());
  }

  // Pooled before the ReLU, which gives the same and has a quarter to do.
  void conv_bn_pool_relu(const std::string& name, long channels) {
    conv_bn(name, channels, 3);
    then(name + ".pool", max_pool(2, 2));
    then(name + ".relu", relu());
  }

  void residual(const std::string& name, long channels) {
    const LayerId before = x_;
    conv_bn_relu(name + ".a", channels);
    conv_bn(name + ".b", channels, 3, kBranchScale);
    x_ = net_.layer(name + ".add", add(), {x_, before});
    then(name + ".relu", relu());
  }

  void then(const std::string& name, const OperatorRecipe& recipe) { x_ = net_.layer(name, recipe, {x_}); }

  void exit_head(const std::string& name, long channels) {
    net_.exit_head(name, x_,
                   {conv({.channels = channels, .kernel = 3, .stride = 2, .padding = 1, .bias = false}), batch_norm(),
                    relu(), adaptive_avg_pool(2, 2), flatten(), linear(kClasses)});
  }

 private:
  NetworkBuilder& net_;
  LayerId x_ = NetworkBuilder::kInput;
};

}  // namespace

Network build_cifar10_branchy(const std::vector<long>& input_shape, std::uint64_t seed) {
  const std::vector<long> only{1, 3, 32, 32};
  if (input_shape != only)
    throw InputError("cifar10-branchy", "input shape", format_shape(input_shape), "must be " + format_shape(only));

  NetworkBuilder net("cifar10-branchy", input_shape, 3, seed);
  Trunk trunk(net);
  trunk.conv_bn_relu("unit1.stem", 16);
  trunk.conv_bn_pool_relu("unit1.widen", 48);
  trunk.residual("unit1.residual", 48);
  trunk.exit_head("exit1", 48);

  trunk.conv_bn_pool_relu("unit2.widen", 96);
  trunk.residual("unit2.residual", 96);
  trunk.conv_bn("unit2.squeeze", 32, 1);
  trunk.exit_head("exit2", 64);

  trunk.conv_bn_relu("unit3.widen", 96);
  trunk.residual("unit3.residual", 96);
  trunk.conv_bn("unit3.squeeze", 32, 1);
  trunk.exit_head("exit3", 64);

  trunk.conv_bn_pool_relu("unit4.widen", 192);
  trunk.residual("unit4.residual", 192);
  trunk.then("avgpool", adaptive_avg_pool(1, 1));
  trunk.then("flatten", flatten());
  trunk.then("classifier", linear(kClasses));
  return net.finish();
}

}  // namespace twinfer
