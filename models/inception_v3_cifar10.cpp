// The multi-exit Inception-v3 of DNet's cascade, for the 32x32 images of CIFAR-10:
// 16 blocks, each with a classifier. Szegedy et al., "Rethinking the Inception
// architecture for computer vision", CVPR 2016, as torchvision has it, but the
// stem neither strides nor, in its first convolution, shrinks, and its pools only
// smooth. A head reads its block's output, behind the pool where one follows.
#include "models/architectures.h"
#include "models/conv_block.h"

namespace twinfer {
namespace {

constexpr long kClasses = 10;
constexpr ConvSettings kWide7{.kernel = {1, 7}, .padding = {0, 3}};
constexpr ConvSettings kTall7{.kernel = {7, 1}, .padding = {3, 0}};
constexpr ConvSettings kWide3{.kernel = {1, 3}, .padding = {0, 1}};
constexpr ConvSettings kTall3{.kernel = {3, 1}, .padding = {1, 0}};
constexpr ConvSettings kSame3{.kernel = 3, .padding = 1};
constexpr ConvSettings kSame5{.kernel = 5, .padding = 2};
constexpr ConvSettings kHalf3{.kernel = 3, .stride = 2};
constexpr ConvSettings kPoint{};

ConvSettings with(long channels, ConvSettings settings) {
  settings.channels = channels;
  return settings;
}

// One block's layers, named PREFIX.PART.
class Block {
 public:
  Block(NetworkBuilder& net, std::string name, LayerId from) : net_(net), name_(std::move(name)), from_(from) {}

  LayerId branch(const std::vector<ConvBlock>& parts) { return conv_blocks(net_, name_, parts, from_); }
  LayerId then(LayerId x, const ConvBlock& part) { return conv_blocks(net_, name_, {part}, x); }
  LayerId max_pooled() { return net_.layer(name_ + ".maxpool", max_pool(3, 2), {from_}); }
  LayerId averaged(long channels) {
    const LayerId smooth = net_.layer(name_ + ".avgpool", avg_pool(3, 1, 1), {from_});
    return then(smooth, {"branch_pool", with(channels, kPoint)});
  }
  LayerId joined(const std::string& part, const std::vector<LayerId>& made) {
    return net_.layer(name_ + "." + part, concat(), made);
  }

 private:
  NetworkBuilder& net_;
  std::string name_;
  LayerId from_;
};

// 5b to 5d.
LayerId block_a(Block block, long pooled) {
  const LayerId one = block.branch({{"branch1x1", with(64, kPoint)}});
  const LayerId five = block.branch({{"branch5x5_1", with(48, kPoint)}, {"branch5x5_2", with(64, kSame5)}});
  const LayerId three = block.branch({{"branch3x3dbl_1", with(64, kPoint)},
                                      {"branch3x3dbl_2", with(96, kSame3)},
                                      {"branch3x3dbl_3", with(96, kSame3)}});
  return block.joined("concat", {one, five, three, block.averaged(pooled)});
}

// 6a, which halves the size.
LayerId block_b(Block block) {
  const LayerId three = block.branch({{"branch3x3", with(384, kHalf3)}});
  const LayerId twice = block.branch({{"branch3x3dbl_1", with(64, kPoint)},
                                      {"branch3x3dbl_2", with(96, kSame3)},
                                      {"branch3x3dbl_3", with(96, kHalf3)}});
  return block.joined("concat", {three, twice, block.max_pooled()});
}

// 6b to 6e.
LayerId block_c(Block block, long inner) {
  const LayerId one = block.branch({{"branch1x1", with(192, kPoint)}});
  const LayerId seven = block.branch(
      {{"branch7x7_1", with(inner, kPoint)}, {"branch7x7_2", with(inner, kWide7)}, {"branch7x7_3", with(192, kTall7)}});
  const LayerId twice = block.branch({{"branch7x7dbl_1", with(inner, kPoint)},
                                      {"branch7x7dbl_2", with(inner, kTall7)},
                                      {"branch7x7dbl_3", with(inner, kWide7)},
                                      {"branch7x7dbl_4", with(inner, kTall7)},
                                      {"branch7x7dbl_5", with(192, kWide7)}});
  return block.joined("concat", {one, seven, twice, block.averaged(192)});
}

// 7a, which halves the size.
LayerId block_d(Block block) {
  const LayerId three = block.branch({{"branch3x3_1", with(192, kPoint)}, {"branch3x3_2", with(320, kHalf3)}});
  const LayerId seven = block.branch({{"branch7x7x3_1", with(192, kPoint)},
                                      {"branch7x7x3_2", with(192, kWide7)},
                                      {"branch7x7x3_3", with(192, kTall7)},
                                      {"branch7x7x3_4", with(192, kHalf3)}});
  return block.joined("concat", {three, seven, block.max_pooled()});
}

// 7b and 7c.
LayerId block_e(Block block) {
  const auto spread = [&](const std::string& name, const std::string& part, LayerId x) {
    const LayerId wide = block.then(x, {name + part + "a", with(384, kWide3)});
    const LayerId tall = block.then(x, {name + part + "b", with(384, kTall3)});
    return block.joined(name, {wide, tall});
  };
  const LayerId one = block.branch({{"branch1x1", with(320, kPoint)}});
  const LayerId three = spread("branch3x3", "_2", block.branch({{"branch3x3_1", with(384, kPoint)}}));
  const LayerId twice =
      spread("branch3x3dbl", "_3",
             block.branch({{"branch3x3dbl_1", with(448, kPoint)}, {"branch3x3dbl_2", with(384, kSame3)}}));
  return block.joined("concat", {one, three, twice, block.averaged(192)});
}

// Coarser where there is less left to look at.
OperatorRecipe head_pool(int block) {
  if (block <= 4) return max_pool(11, 3);
  if (block <= 9) return max_pool(11, 5);
  return max_pool(block <= 13 ? 11 : 5, 1);
}

// Blocks 1 to 5. Every block calls `ends` with the layer that it ends with.
template <class Ends>
LayerId stem(NetworkBuilder& net, const Ends& ends) {
  LayerId x = NetworkBuilder::kInput;
  const auto block = [&](const std::string& name, const ConvSettings& settings) {
    x = conv_block(net, name, settings, x);
  };
  const auto smooth = [&](const std::string& name) { x = net.layer(name, max_pool(3, 1), {x}); };
  block("Conv2d_1a_3x3", with(32, kSame3));
  ends(x);
  block("Conv2d_2a_3x3", {.channels = 32, .kernel = 3});
  ends(x);
  block("Conv2d_2b_3x3", with(64, kSame3));
  smooth("maxpool1");
  ends(x);
  block("Conv2d_3b_1x1", with(80, kPoint));
  ends(x);
  block("Conv2d_4a_3x3", {.channels = 192, .kernel = 3});
  smooth("maxpool2");
  ends(x);
  return x;
}

}  // namespace

Network build_inception_v3_cifar10(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("inception-v3-cifar10", input_shape, 3, seed);
  int number = 0;
  const auto ends = [&](LayerId last) {
    ++number;
    net.exit_head("exit" + std::to_string(number), last,
                  {head_pool(number), flatten(), linear(128), relu(), linear(kClasses)});
  };

  LayerId x = stem(net, ends);
  const auto block = [&](const std::string& part) { return Block(net, "Mixed_" + part, x); };
  ends(x = block_a(block("5b"), 32));
  ends(x = block_a(block("5c"), 64));
  ends(x = block_a(block("5d"), 64));
  ends(x = block_b(block("6a")));
  ends(x = block_c(block("6b"), 128));
  ends(x = block_c(block("6c"), 160));
  ends(x = block_c(block("6d"), 160));
  ends(x = block_c(block("6e"), 192));
  ends(x = block_d(block("7a")));
  ends(x = block_e(block("7b")));
  x = block_e(block("7c"));  // the last block's head is the network's end

  x = net.layer("avgpool", avg_pool(4, 4), {x});
  x = net.layer("flatten", flatten(), {x});
  net.layer("fc", linear(kClasses), {x});
  return net.finish();
}

}  // namespace twinfer
