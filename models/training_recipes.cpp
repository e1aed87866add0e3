#include "models/training_recipes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include "core/error.h"
#include "models/pixels.h"

namespace twinfer {
namespace {

// What an image of a digit is distorted by at most, so that 1,350 samples suffice.
constexpr double kTurn = 0.2;    // radians
constexpr double kScale = 0.12;  // of the size
constexpr double kShift = 0.15;  // of half the width

at::Tensor uniform_around(double middle, double spread, long count, at::Generator& generator) {
  return at::empty({count}).uniform_(middle - spread, middle + spread, generator);
}

at::Tensor turn_scale_shift(const at::Tensor& images, at::Generator& generator) {
  const long count = images.size(0);
  const at::Tensor turn = uniform_around(0, kTurn, count, generator);
  const at::Tensor scale = uniform_around(1, kScale, count, generator);
  const at::Tensor dx = uniform_around(0, kShift, count, generator);
  const at::Tensor dy = uniform_around(0, kShift, count, generator);
  const at::Tensor cosine = turn.cos() * scale;
  const at::Tensor sine = turn.sin() * scale;
  const at::Tensor matrix = at::stack({cosine, -sine, dx, sine, cosine, dy}, 1).view({count, 2, 3});
  const at::Tensor grid = at::affine_grid_generator(matrix, images.sizes(), /*align_corners=*/false);
  constexpr int kBilinear = 0;
  constexpr int kBorder = 1;  // paper goes on beyond the edge
  return at::grid_sampler(images, grid, kBilinear, kBorder, /*align_corners=*/false);
}

// He et al., "Deep residual learning for image recognition", CVPR 2016, section
// 4.2: mirrored in half of the cases, shifted by up to four pixels.
at::Tensor mirror_and_shift(const at::Tensor& images, at::Generator& generator) {
  constexpr long kMargin = 4;
  const long count = images.size(0);
  const long height = images.size(2);
  const long width = images.size(3);
  const at::Tensor padded = at::pad(images, {kMargin, kMargin, kMargin, kMargin});  // with zero, the mean colour
  const at::Tensor top = at::randint(2 * kMargin + 1, {count}, generator).to(at::kLong);
  const at::Tensor left = at::randint(2 * kMargin + 1, {count}, generator).to(at::kLong);
  const at::Tensor mirrored = at::rand({count}, generator).lt(0.5).unsqueeze(1);

  const at::Tensor columns = at::arange(width).unsqueeze(0);
  const at::Tensor x = left.unsqueeze(1) + at::where(mirrored, width - 1 - columns, columns);
  const at::Tensor y = top.unsqueeze(1) + at::arange(height).unsqueeze(0);
  const at::Tensor image = at::arange(count).view({count, 1, 1});
  // Indexed with the channels last, so that one index picks a whole pixel.
  const at::Tensor picked = padded.permute({0, 2, 3, 1}).index({image, y.unsqueeze(2), x.unsqueeze(1)});
  return picked.permute({0, 3, 1, 2});
}

// A square at a random place takes the mean colour (DeVries, Taylor, "Improved
// regularization of convolutional neural networks with cutout", 2017).
at::Tensor hide_square(const at::Tensor& images, at::Generator& generator) {
  constexpr long kSide = 8;
  const long count = images.size(0);
  const auto inside = [&](long length) {
    const at::Tensor from = at::randint(1 - kSide, length, {count, 1}, generator);
    const at::Tensor at = at::arange(length).unsqueeze(0);
    return at.ge(from).logical_and(at.lt(from + kSide));
  };
  const at::Tensor rows = inside(images.size(2)).view({count, 1, -1, 1});
  const at::Tensor columns = inside(images.size(3)).view({count, 1, 1, -1});
  return images.masked_fill(rows.logical_and(columns), 0);
}

at::Tensor mirror_shift_hide(const at::Tensor& pixels, at::Generator& generator) {
  return hide_square(mirror_and_shift(network_input(pixels), generator), generator);
}

TrainingRecipe digits_recipe() {
  return {.epochs = 15,
          .batch = 32,
          .peak_rate = 2e-3,
          .mixed_precision = false,
          .optimizer = [](const TensorList& parameters) { return make_adamw(parameters, 0.01); },
          .distort = turn_scale_shift};
}

TrainingRecipe cifar10_recipe() {
  // Equal weights would cost the final exit.
  return {.epochs = 40,
          .batch = 128,
          .peak_rate = 0.1,
          .head_weight = 0.2,
          .mixed_precision = true,
          .optimizer = [](const TensorList& parameters) { return make_nesterov(parameters, 0.9, 5e-4); },
          .distort = mirror_shift_hide};
}

}  // namespace

TrainingRecipe training_recipe(const std::string& model) {
  if (model == "digits") return digits_recipe();
  if (model == "cifar10-branchy") return cifar10_recipe();
  throw InputError("", "model", model, "has no training recipe; only cifar10-branchy and digits have one");
}

}  // namespace twinfer
