#include "cli/node_train.h"

#include <fmt/format.h>

#include "cli/models_folder.h"
#include "cli/progress.h"
#include "core/error.h"
#include "models/exit_recorder.h"
#include "models/exit_summary.h"
#include "models/threads.h"
#include "models/train_digits.h"
#include "models/weights.h"
#include "models/zoo.h"
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

void check_has_data_set(const std::string& model) {
  default_input_shape(model);  // throws on an unknown one
  if (model != "digits") throw InputError("", "model", model, "has no data set; only digits has one");
}

std::string percent(double share) { return fmt::format("{:.1f}", share * 100); }

void print_exits(const LayerGraph& graph, const ExitTrace& trace) {
  const std::vector<double> accuracy = exit_accuracy(trace);
  const CascadeSummary cascade = summarise_cascade(trace, kShownThreshold);
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

}  // namespace

void add_training_options(cxxopts::Options& options) {
  const TrainingSettings defaults;
  options.add_options()("seed", "Of initial weights, order and distortions (train)",
                        cxxopts::value<std::uint64_t>()->default_value(std::to_string(defaults.seed)), "N");
  options.add_options()("epochs", "Passes over the training samples (train)",
                        cxxopts::value<unsigned>()->default_value(std::to_string(defaults.epochs)), "N");
  options.add_options()("threads", "Threads to train with (train); another number gives other weights",
                        cxxopts::value<unsigned>()->default_value(std::to_string(defaults.threads)), "N");
}

int train_model(const std::string& model, const cxxopts::ParseResult& arguments) {
  check_has_data_set(model);
  const TrainingSettings settings{arguments["seed"].as<std::uint64_t>(), chosen_count(arguments, "epochs"),
                                  chosen_count(arguments, "threads")};
  const std::filesystem::path models = chosen_models(arguments);
  const DataSplit data = load_digits(digits_file(models));
  const TrainedFiles files = files_of(model, models);
  make_folder_of(files.weights);

  Network network = make_network(model, default_input_shape(model), settings.seed);
  {
    const ProgressLine line("training, epoch");
    train_digits(network, data.training, settings, [&](const EpochReport& report) {
      line.show(report.epoch, settings.epochs, fmt::format("loss {:.3f}", report.loss));
    });
  }
  save_weights(network, files.weights);
  record(network, data.held_out, files.trace);
  fmt::print("Weights: {}\nTrace: {}\n", files.weights.string(), files.trace.string());
  return 0;
}

int trace_model(const std::string& model, const cxxopts::ParseResult& arguments) {
  check_has_data_set(model);
  const std::filesystem::path models = chosen_models(arguments);
  const TrainedFiles files = files_of(model, models);
  Network network = make_network(model, default_input_shape(model), 1);
  load_weights(network, files.weights);
  record(network, load_digits(digits_file(models)).held_out, files.trace);
  fmt::print("Trace: {}\n", files.trace.string());
  return 0;
}

}  // namespace twinfer
