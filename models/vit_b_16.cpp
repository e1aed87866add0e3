// ViT-B/16: Dosovitskiy et al., "An image is worth 16x16 words: transformers for
// image recognition at scale", ICLR 2021. Image sizes other than 224 get a
// position embedding of their own, hence weights that are not the published ones.
#include "models/architectures.h"
#include "models/network_builder.h"
#include "models/transformer_operators.h"

namespace twinfer {
namespace {

constexpr long kPatch = 16;
constexpr long kFeatures = 768;
constexpr long kHidden = 3072;  // of a block's perceptron
constexpr long kHeads = 12;
constexpr int kBlocks = 12;
constexpr double kEpsilon = 1e-6;

LayerId attention(NetworkBuilder& net, const std::string& name, LayerId from) {
  const LayerId projections = net.layer(name + ".in_proj", linear(3 * kFeatures), {from});
  const LayerId scores = net.layer(name + ".scores", attention_scores(kHeads), {projections});
  const LayerId shares = net.layer(name + ".softmax", softmax(), {scores});
  const LayerId context = net.layer(name + ".context", attention_context(), {shares, projections});
  return net.layer(name + ".out_proj", linear(kFeatures), {context});
}

LayerId encoder_block(NetworkBuilder& net, const std::string& name, LayerId from) {
  LayerId x = net.layer(name + ".ln_1", layer_norm(kEpsilon), {from});
  x = attention(net, name + ".self_attention", x);
  const LayerId attended = net.layer(name + ".add_1", add(), {x, from});

  x = net.layer(name + ".ln_2", layer_norm(kEpsilon), {attended});
  x = net.layer(name + ".mlp.0", linear(kHidden), {x});
  x = net.layer(name + ".mlp.1", gelu(), {x});
  x = net.layer(name + ".mlp.3", linear(kFeatures), {x});
  return net.layer(name + ".add_2", add(), {x, attended});
}

}  // namespace

Network build_vit_b_16(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("vit-b-16", input_shape, 3, seed);
  LayerId x = net.layer("conv_proj", conv({.channels = kFeatures, .kernel = kPatch, .stride = kPatch}),
                        {NetworkBuilder::kInput});
  x = net.layer("tokens", class_and_patch_tokens(), {x});
  x = net.layer("encoder", position_embedding(), {x});
  for (int block = 0; block < kBlocks; ++block)
    x = encoder_block(net, "encoder.layers.encoder_layer_" + std::to_string(block), x);
  x = net.layer("encoder.ln", layer_norm(kEpsilon), {x});
  x = net.layer("class_token", first_token(), {x});
  net.layer("heads.head", linear(1000), {x});
  return net.finish();
}

}  // namespace twinfer
