// Training on a few samples: seconds would be too long.
#include "models/train_digits.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include "core/error.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"

namespace twinfer {
namespace {

const LabelledImages& few_digits() {
  static const LabelledImages few = [] {
    LabelledImages images = load_digits(digits_file(std::filesystem::path(TWINFER_SOURCE_DIR) / "models")).training;
    images.images = images.images.narrow(0, 0, 32).contiguous();
    images.labels.resize(32);
    images.samples.resize(32);
    return images;
  }();
  return few;
}

struct Trained {
  Network network;
  std::vector<double> losses;
};

Trained train(const TrainingSettings& settings) {
  Trained trained{make_network("digits", default_input_shape("digits"), settings.seed), {}};
  train_digits(trained.network, few_digits(), settings,
               [&](const EpochReport& report) { trained.losses.push_back(report.loss); });
  return trained;
}

TEST_CASE("training twice with one seed gives equal weights") {
  const Trained a = train({.seed = 3, .epochs = 1});
  const Trained b = train({.seed = 3, .epochs = 1});
  for (std::size_t i = 0; i < a.network.state().size(); ++i)
    CHECK(at::equal(a.network.state()[i].second, b.network.state()[i].second));
}

TEST_CASE("training changes every parameter, so every exit learns") {
  const Trained trained = train({.seed = 3, .epochs = 1});
  const Network before = make_network("digits", default_input_shape("digits"), 3);
  for (std::size_t i = 0; i < before.state().size(); ++i) {
    CAPTURE(before.state()[i].first);
    CHECK_FALSE(at::equal(before.state()[i].second, trained.network.state()[i].second));
    CHECK_FALSE(trained.network.state()[i].second.requires_grad());
  }
}

TEST_CASE("the joint loss falls") {
  const Trained trained = train({.seed = 3, .epochs = 5});
  REQUIRE(trained.losses.size() == 5);
  CHECK(trained.losses.back() < trained.losses.front());
}

TEST_CASE("training for no epochs or on no threads is refused") {
  Network network = make_network("digits", default_input_shape("digits"), 1);
  CHECK_THROWS_WITH_AS(train_digits(network, few_digits(), {.epochs = 0}, {}), "epochs: `0`: must be at least 1",
                       InputError);
  CHECK_THROWS_WITH_AS(train_digits(network, few_digits(), {.threads = 0}, {}), "threads: `0`: must be 1 to 1024",
                       InputError);
}

}  // namespace
}  // namespace twinfer
