// Training on a few samples: seconds would be too long.
#include "models/trainer.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "models/pixels.h"
#include "models/training_recipes.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

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

Trained train_few_digits(const TrainingSettings& settings) {
  Trained trained{make_network("digits", default_input_shape("digits"), settings.seed), {}};
  train(trained.network, few_digits(), training_recipe("digits"), settings,
        [&](const EpochReport& report) { trained.losses.push_back(report.loss); });
  return trained;
}

TEST_CASE("training twice with one seed gives equal weights") {
  const Trained a = train_few_digits({.seed = 3, .epochs = 1});
  const Trained b = train_few_digits({.seed = 3, .epochs = 1});
  for (std::size_t i = 0; i < a.network.state().size(); ++i)
    CHECK(at::equal(a.network.state()[i].second, b.network.state()[i].second));
}

TEST_CASE("training changes every parameter, so every exit learns") {
  const Trained trained = train_few_digits({.seed = 3, .epochs = 1});
  const Network before = make_network("digits", default_input_shape("digits"), 3);
  for (std::size_t i = 0; i < before.state().size(); ++i) {
    CAPTURE(before.state()[i].first);
    CHECK_FALSE(at::equal(before.state()[i].second, trained.network.state()[i].second));
    CHECK_FALSE(trained.network.state()[i].second.requires_grad());
  }
}

TEST_CASE("the joint loss falls") {
  const Trained trained = train_few_digits({.seed = 3, .epochs = 5});
  REQUIRE(trained.losses.size() == 5);
  CHECK(trained.losses.back() < trained.losses.front());
}

std::string complaint(const TrainingSettings& settings, const LabelledImages& images = few_digits()) {
  Network network = make_network("digits", default_input_shape("digits"), 1);
  return refusal_of([&] { train(network, images, training_recipe("digits"), settings, {}); });
}

TEST_CASE("training for no epochs, on no threads or on less than a batch is refused") {
  CHECK(complaint({.epochs = 0}) == "epochs: `0`: must be at least 1");
  CHECK(complaint({.threads = 0}) == "threads: `0`: must be 1 to 1024");
  LabelledImages fewer = few_digits();
  fewer.labels.resize(31);
  CHECK(complaint({.epochs = 1}, fewer) == "training images: `31`: must be at least 32");
}

TEST_CASE("only networks with a recipe can be trained") {
  CHECK_THROWS_WITH_AS(training_recipe("vgg16"),
                       "model: `vgg16`: has no training recipe; only cifar10-branchy and digits have one", InputError);
}

// Gives up after an epoch, as a run does that is killed.
struct Interrupted {};

bool equal_state(const Network& a, const Network& b) {
  const TensorList left = a.state();
  const TensorList right = b.state();
  for (std::size_t i = 0; i < left.size(); ++i)
    if (!at::equal(left[i].second, right[i].second)) return false;
  return left.size() == right.size();
}

// Three epochs, killed after the first and started again, against three in one go.
void check_resumes(const std::string& model, const LabelledImages& images, TrainingRecipe recipe) {
  const TemporaryFolder folder;
  TrainingSettings settings{.seed = 5, .epochs = 3};
  Network whole = make_network(model, default_input_shape(model), 5);
  train(whole, images, recipe, settings, {});

  settings.checkpoint = folder / "run.pt";
  Network killed = make_network(model, default_input_shape(model), 5);
  CHECK_THROWS_AS(train(killed, images, recipe, settings, [](const EpochReport&) { throw Interrupted(); }),
                  Interrupted);
  CHECK_FALSE(equal_state(killed, whole));
  Network resumed = make_network(model, default_input_shape(model), 5);
  std::vector<unsigned> epochs;
  train(resumed, images, recipe, settings, [&](const EpochReport& report) { epochs.push_back(report.epoch); });
  CHECK(epochs == std::vector<unsigned>{2, 3});
  CHECK(equal_state(resumed, whole));
}

TEST_CASE("a run that was interrupted and resumed gives the weights of one that was not") {
  check_resumes("digits", few_digits(), training_recipe("digits"));
}

LabelledImages few_colours() {
  LabelledImages images;
  images.images = at::zeros({8, 3, 32, 32}, at::kByte);
  for (long i = 0; i < 8; ++i) {
    images.images[i].fill_(30 * i);
    images.labels.push_back(static_cast<int>(i));
    images.samples.push_back(static_cast<std::size_t>(i));
  }
  return images;
}

TEST_CASE("resuming restores batch statistics and momentum too") {
  TrainingRecipe recipe = training_recipe("cifar10-branchy");
  recipe.batch = 4;
  check_resumes("cifar10-branchy", few_colours(), recipe);
}

TEST_CASE("training moves the running statistics of batch norm, and evaluation then uses them") {
  TrainingRecipe recipe = training_recipe("cifar10-branchy");
  recipe.batch = 4;
  Network network = make_network("cifar10-branchy", default_input_shape("cifar10-branchy"), 5);
  const auto running_mean = [&network] {
    for (const auto& [name, tensor] : network.state())
      if (name == "unit1.stem.bn.running_mean") return tensor.clone();
    return at::Tensor();
  };
  const at::Tensor before = running_mean().clone();
  train(network, few_colours(), recipe, {.seed = 5, .epochs = 1}, {});
  CHECK_FALSE(at::equal(before, running_mean()));
  // one image alone has no batch to normalise by, and changes nothing
  const at::Tensor one = network_input(few_colours().images.narrow(0, 3, 1));
  const at::Tensor after = running_mean();
  const at::Tensor output = network.forward(one);
  CHECK(at::equal(after, running_mean()));
  // and what was kept decides: another mean, another output
  for (const auto& [name, tensor] : network.state())
    if (name == "unit1.stem.bn.running_mean") at::Tensor(tensor).add_(1);
  CHECK_FALSE(at::equal(output, network.forward(one)));
}

TEST_CASE("a checkpoint of another run is refused and changes nothing") {
  const TemporaryFolder folder;
  const std::string file = (folder / "run.pt").string();
  const TrainingSettings settings{.seed = 3, .epochs = 1, .checkpoint = file};
  train_few_digits(settings);
  CHECK(complaint({.seed = 4, .epochs = 1, .checkpoint = file}) ==
        file + ": seed: `4`: the checkpoint is of a run with 3");
  CHECK(complaint({.seed = 3, .epochs = 2, .checkpoint = file}) ==
        file + ": epochs: `2`: the checkpoint is of a run with 1");
  CHECK(complaint({.seed = 3, .epochs = 1, .threads = 2, .checkpoint = file}) ==
        file + ": threads: `2`: the checkpoint is of a run with 1");

  Network other = make_network("cifar10-branchy", default_input_shape("cifar10-branchy"), 5);
  const Network untouched = make_network("cifar10-branchy", default_input_shape("cifar10-branchy"), 5);
  TrainingRecipe recipe = training_recipe("cifar10-branchy");
  recipe.batch = 4;
  CHECK_THROWS_WITH_AS(
      train(other, few_colours(), recipe, settings, {}),
      (file + ": unit1.stem.conv.weight: missing or of another shape; the checkpoint is of another network").c_str(),
      InputError);
  CHECK(equal_state(other, untouched));
}

TEST_CASE("a damaged checkpoint is refused") {
  const TemporaryFolder folder;
  const std::string file = folder.write("run.pt", "nonsense").string();
  CHECK(complaint({.seed = 3, .epochs = 1, .checkpoint = file}) == file + ": is no checkpoint, or a truncated one");
}

}  // namespace
}  // namespace twinfer
