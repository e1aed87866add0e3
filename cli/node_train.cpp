#include "cli/node_train.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/models_folder.h"
#include "cli/progress.h"
#include "core/error.h"
#include "models/exit_recorder.h"
#include "models/image_sets.h"
#include "models/pixels.h"
#include "models/threads.h"
#include "models/trainer.h"
#include "models/training_recipes.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "policies/exit_outcome.h"
#include "report/table.h"

namespace twinfer {
namespace {

constexpr double kShownThreshold = 0.9;

struct TrainedFiles {
  std::filesystem::path weights;
  std::filesystem::path trace;
};

TrainedFiles files_of(const std::string& model, const std::filesystem::path& models) {
  return {models / "weights" / (model + ".pt"), models / "exits" / (model + ".csv")};
}

// The folder of --data, which networks need whose images do not come with Twinfer.
std::filesystem::path chosen_data(const std::string& model, const cxxopts::ParseResult& arguments) {
  if (arguments.count("data") == 0)
    throw InputError("", "--data", "", "missing; " + model + " needs the folder that its images are in");
  return arguments["data"].as<std::string>();
}

void check_fits(const LabelledImages& data, const Network& network, const std::filesystem::path& dir) {
  check_image_shape(data, network.input_shape(), network.graph().model(), dir);
  const long classes = network.graph().layer(network.graph().last()).output_shape.at(1);
  if (const int largest = *std::ranges::max_element(data.labels); largest >= classes)
    throw InputError(dir, "classes", std::to_string(largest + 1),
                     network.graph().model() + " tells " + std::to_string(classes) + " apart");
}

LabelledImages load_part(const Network& network, ImagePart part, const cxxopts::ParseResult& arguments) {
  const std::string& model = network.graph().model();
  if (has_own_data(model)) {
    if (arguments.count("data") > 0)
      throw InputError("", "--data", arguments["data"].as<std::string>(), model + " has its own data");
    DataSplit split = load_digits(digits_file(chosen_models(arguments)));
    return part == ImagePart::kTraining ? std::move(split.training) : std::move(split.held_out);
  }
  const std::filesystem::path dir = chosen_data(model, arguments);
  LabelledImages data = load_images(dir, part);
  check_fits(data, network, dir);
  return data;
}

LabelledImages load_held_out(const Network& network, const cxxopts::ParseResult& arguments) {
  LabelledImages data = load_part(network, ImagePart::kTest, arguments);
  data.images = network_input(data.images);
  return data;
}

std::string percent(double share) { return fmt::format("{:.1f}", share * 100); }

void print_exits(const LayerGraph& graph, const ExitTrace& trace) {
  const std::vector<double> accuracy = exit_accuracy(trace);
  ExitSettings settings{ExitRule::kMaxSoftmax, {}};
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head) settings.thresholds[head] = kShownThreshold;
  const ExitOutcome cascade = evaluate_exits(trace, *make_exit_policy(settings));
  Table table({{"Exit", true}, {"Accuracy (%)"}, {fmt::format("Leave at {} (%)", kShownThreshold)}});
  for (ExitId exit = 0; exit < accuracy.size(); ++exit)
    table.add_row({graph.exit_name(exit), percent(accuracy[exit]), percent(cascade.shares[exit])});
  fmt::print("{}\n{} held-out samples; accuracy with exits at {}: {} %\n", table.text(), trace.samples.size(),
             kShownThreshold, percent(cascade.accuracy));
}

// One thread, as executors run by default, so that live confidences are the same.
ExitTrace record(const Network& network, const LabelledImages& held_out, const std::filesystem::path& file) {
  use_threads(1);
  ExitTrace trace;
  {
    const ProgressLine line("recording exits");
    trace = record_exits(network, held_out, [&](std::size_t done, std::size_t all) { line.show(done, all); });
  }
  make_folder_of(file);
  save_exit_trace(trace, network.graph(), file);
  print_exits(network.graph(), trace);
  return trace;
}

TrainingRecipe recipe_of(const std::string& model) {
  default_input_shape(model);  // throws on an unknown one
  return training_recipe(model);
}

TrainingSettings chosen_settings(const TrainingRecipe& recipe, const cxxopts::ParseResult& arguments) {
  TrainingSettings settings;
  settings.seed = arguments["seed"].as<std::uint64_t>();
  settings.epochs = arguments.count("epochs") > 0 ? chosen_count(arguments, "epochs") : recipe.epochs;
  settings.threads = chosen_count(arguments, "threads");
  if (arguments.count("checkpoint") > 0) settings.checkpoint = arguments["checkpoint"].as<std::string>();
  return settings;
}

}  // namespace

void add_training_options(cxxopts::Options& options) {
  const TrainingSettings defaults;
  options.add_options()("seed", "Of initial weights, order and distortions (train)",
                        cxxopts::value<std::uint64_t>()->default_value(std::to_string(defaults.seed)), "N");
  options.add_options()("data", "Folder with the images, for networks but digits (train, trace)",
                        cxxopts::value<std::string>(), "DIR");
  options.add_options()("epochs", "Passes over the training samples (train); default: the network's recipe",
                        cxxopts::value<unsigned>(), "N");
  options.add_options()("threads", "Threads to train with (train); another number gives other weights",
                        cxxopts::value<unsigned>()->default_value(std::to_string(defaults.threads)), "N");
  options.add_options()("checkpoint", "Write the run's state here after every epoch, and go on from it (train)",
                        cxxopts::value<std::string>(), "FILE");
}

int train_model(const std::string& model, const cxxopts::ParseResult& arguments) {
  const TrainingRecipe recipe = recipe_of(model);
  const TrainingSettings settings = chosen_settings(recipe, arguments);
  const TrainedFiles files = files_of(model, chosen_models(arguments));
  Network network = make_network(model, default_input_shape(model), settings.seed);
  const LabelledImages training = load_part(network, ImagePart::kTraining, arguments);
  const LabelledImages held_out = load_held_out(network, arguments);
  make_folder_of(files.weights);
  make_folder_of(settings.checkpoint);
  {
    const ProgressLine line("training, epoch", /*lines_in_logs=*/true);
    train(network, training, recipe, settings, [&](const EpochReport& report) {
      line.show(report.epoch, settings.epochs, fmt::format("loss {:.3f}", report.loss));
    });
  }
  save_weights(network, files.weights);
  record(network, held_out, files.trace);
  fmt::print("Weights: {}\nTrace: {}\n", files.weights.string(), files.trace.string());
  return 0;
}

int trace_model(const std::string& model, const cxxopts::ParseResult& arguments) {
  constexpr std::uint64_t kReplaced = 1;  // the weights that this seed gives
  const TrainedFiles files = files_of(model, chosen_models(arguments));
  Network network = make_network(model, default_input_shape(model), kReplaced);
  load_weights(network, files.weights);
  record(network, load_held_out(network, arguments), files.trace);
  fmt::print("Trace: {}\n", files.trace.string());
  return 0;
}

}  // namespace twinfer
