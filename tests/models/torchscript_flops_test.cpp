// Work of operators that do much inside, counted by hand.
#include "models/torchscript_flops.h"

#include <ATen/ops/zeros.h>

#include "models/einsum_flops.h"
#include "tests/models/doctest_after_torch.h"

namespace twinfer {
namespace {

at::Tensor zeros(const std::vector<long>& shape) { return at::zeros(shape); }

TEST_CASE("an Einstein sum of two operands costs two for each combination of labels") {
  // A 3x4 and a 4x5 matrix: 3 x 5 outputs of 4 multiply-adds.
  CHECK(einsum_flops("ij,jk->ik", {{3, 4}, {4, 5}}) == 2 * 3 * 4 * 5);
  CHECK(einsum_flops("ij,jk", {{3, 4}, {4, 5}}) == 2 * 3 * 4 * 5);
  // Attention scores: 2 samples, 6 heads, 7 queries, 8 keys, 16 features.
  CHECK(einsum_flops("bhqd, bhkd -> bhqk", {{2, 6, 7, 16}, {2, 6, 8, 16}}) == 2 * 2 * 6 * 7 * 8 * 16);
  // An ellipsis stands for 2 and 6; the second operand has one of each.
  CHECK(einsum_flops("...qd,...kd->...qk", {{2, 6, 7, 16}, {1, 1, 8, 16}}) == 2 * 2 * 6 * 7 * 8 * 16);
  CHECK(einsum_flops("...qd,kd", {{2, 6, 7, 16}, {8, 16}}) == 2 * 2 * 6 * 7 * 8 * 16);
}

TEST_CASE("an Einstein sum that sums nothing multiplies once an output") {
  CHECK(einsum_flops("i,j->ij", {{3}, {4}}) == 3 * 4);
  CHECK(einsum_flops("ij->ji", {{3, 4}}) == 0);
  CHECK(einsum_flops("ij->i", {{3, 4}}) == 3 * 4);
  CHECK(einsum_flops("ij,jk->ik", {{3, 4}}) == 0);
}

TEST_CASE("an Einstein sum of three operands is contracted from left to right") {
  // ij,jk->ik: 2 x 3 x 4 x 5; then ik,kl->il: 2 x 3 x 5 x 6.
  CHECK(einsum_flops("ij,jk,kl->il", {{3, 4}, {4, 5}, {5, 6}}) == 2 * 3 * 4 * 5 + 2 * 3 * 5 * 6);
}

TEST_CASE("an Einstein sum counts as an operator") {
  c10::List<at::Tensor> operands;
  operands.push_back(zeros({3, 4}));
  operands.push_back(zeros({4, 5}));
  CHECK(operator_flops("aten::einsum", {"ij,jk->ik", operands, c10::IValue()}, {zeros({3, 5})}).si() == 120);
}

// 2 samples of 7 tokens of 16 features, 4 heads.
constexpr double kTokens = 2 * 7;
constexpr double kProjections = 2 * kTokens * 16 * 4 * 16;                 // queries, keys, values, and out
constexpr double kScores = 2 * 2 * 7 * 7 * 16;                             // and as much for the weighted values
constexpr double kAttention = kProjections + 2 * kScores + 2 * 4 * 7 * 7;  // softmax: one a score and head

TEST_CASE("fused attention counts its projections, scores and softmax") {
  const at::Tensor x = zeros({2, 7, 16});
  const torch::jit::Stack arguments{x, x, x, 16, 4, zeros({48, 16}), zeros({48}), zeros({16, 16}), zeros({16})};
  CHECK(operator_flops("aten::_native_multi_head_attention", arguments, {x, c10::IValue()}).si() == kAttention);
  // 5 keys: queries and result 14 tokens, keys and values 10.
  const at::Tensor keys = zeros({2, 5, 16});
  const torch::jit::Stack crossed{x, keys, keys, 16, 4, zeros({48, 16}), zeros({48}), zeros({16, 16}), zeros({16})};
  CHECK(operator_flops("aten::_native_multi_head_attention", crossed, {x, c10::IValue()}).si() ==
        2 * (14 + 14 + 10 + 10) * 16 * 16 + 2 * (2 * 2 * 7 * 5 * 16) + 2 * 4 * 7 * 5);
}

TEST_CASE("a fused encoder layer adds its two linear layers, activation, norms and sums") {
  const at::Tensor x = zeros({2, 7, 16});
  const at::Tensor norm = zeros({16});
  const torch::jit::Stack arguments{
      x,    16,   4,    zeros({48, 16}), zeros({48}), zeros({16, 16}), zeros({16}), true, true, 1e-5, norm,
      norm, norm, norm, zeros({64, 16}), zeros({64}), zeros({16, 64}), zeros({16})};
  // Each token meets 2 x 16 x 64 weights and 64 activations; two norms and two sums of 16.
  CHECK(operator_flops("aten::_transformer_encoder_layer_fwd", arguments, {x}).si() ==
        kAttention + kTokens * (2 * 2 * 16 * 64 + 64 + 4 * 16));
}

TEST_CASE("a sum of matrix products counts each of them") {
  const torch::jit::Stack arguments{zeros({3, 5}), zeros({2, 3, 4}), zeros({2, 4, 5})};
  CHECK(operator_flops("aten::addbmm", arguments, {zeros({3, 5})}).si() == 2 * (2 * 3 * 4 * 5));
}

}  // namespace
}  // namespace twinfer
