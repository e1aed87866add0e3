// The committed weights and exit trace of digits.
#include <algorithm>
#include <cmath>

#include "models/dataset.h"
#include "models/exit_recorder.h"
#include "models/threads.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "policies/exit_outcome.h"
#include "tests/models/doctest_after_torch.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";

ExitTrace committed_trace() {
  const LayerGraph graph = load_layer_graph(kModels / "graphs" / "digits.csv");
  return load_exit_trace(kModels / "exits" / "digits.csv", graph);
}

Network trained_digits() {
  Network network = make_network("digits", default_input_shape("digits"), 1);
  load_weights(network, kModels / "weights" / "digits.pt");
  return network;
}

TEST_CASE("the final exit of digits is right on at least 97 % of 360 or more held-out samples") {
  const ExitTrace trace = committed_trace();
  CHECK(trace.samples.size() >= 360);
  CHECK(exit_accuracy(trace).back() >= 0.97);
}

TEST_CASE("at threshold 0.9 half of the digits leave early and at most 1 point of accuracy is lost") {
  const ExitTrace trace = committed_trace();
  const ExitOutcome cascade =
      evaluate_exits(trace, *make_exit_policy({ExitRule::kMaxSoftmax, {{0, 0.9}, {1, 0.9}, {2, 0.9}}}));
  CHECK(1 - cascade.shares.back() >= 0.5);
  CHECK(cascade.accuracy >= exit_accuracy(trace).back() - 0.01);
}

TEST_CASE("the trace holds exactly the held-out samples with their classes") {
  const ExitTrace trace = committed_trace();
  const LabelledImages held_out = load_digits(digits_file(kModels)).held_out;
  REQUIRE(trace.samples.size() == held_out.samples.size());
  for (std::size_t i = 0; i < trace.samples.size(); ++i) {
    CHECK(trace.samples[i].sample == held_out.samples[i]);
    CHECK(trace.samples[i].true_class == held_out.labels[i]);
  }
}

// Another processor may round otherwise; a decision must not flip for that.
constexpr double kRounding = 1e-4;

TEST_CASE("recording every eighth sample again gives the trace's observations") {
  use_threads(1);
  const Network network = trained_digits();
  const ExitTrace trace = committed_trace();
  const InputSource source("digits", kModels, network.input_shape(), 1);
  for (std::size_t i = 0; i < trace.samples.size(); i += 8) {
    const std::vector<ExitObservation> seen = observe_exits(network, source.input(trace.samples[i].sample));
    REQUIRE(seen.size() == trace.samples[i].exits.size());
    for (ExitId exit = 0; exit < seen.size(); ++exit) {
      CAPTURE(trace.samples[i].sample);
      CHECK(seen[exit].predicted == trace.samples[i].exits[exit].predicted);
      CHECK(std::abs(seen[exit].confidence - trace.samples[i].exits[exit].confidence) <= kRounding);
      CHECK(std::abs(seen[exit].entropy - trace.samples[i].exits[exit].entropy) <= kRounding);
    }
  }
}

TEST_CASE("two recordings agree to the last bit") {
  use_threads(1);
  const Network network = trained_digits();
  LabelledImages few = load_digits(digits_file(kModels)).held_out;
  few.labels.resize(20);
  const ExitTrace a = record_exits(network, few);
  const ExitTrace b = record_exits(network, few);
  REQUIRE(a.samples.size() == 20);
  for (std::size_t i = 0; i < a.samples.size(); ++i)
    for (ExitId exit = 0; exit < 4; ++exit) {
      CHECK(a.samples[i].exits[exit].confidence == b.samples[i].exits[exit].confidence);
      CHECK(a.samples[i].exits[exit].entropy == b.samples[i].exits[exit].entropy);
    }
}

TEST_CASE("no confidence of the trace lies within rounding of a threshold that scenarios use") {
  // Else a machine that rounds otherwise would take other exits than the simulator.
  for (const SampleTrace& sample : committed_trace().samples)
    for (const ExitObservation& seen : sample.exits)
      for (const double threshold : {0.5, 0.8, 0.9, 0.95}) {
        CAPTURE(sample.sample);
        CHECK(std::abs(seen.confidence - threshold) > 1e-6);
      }
}

}  // namespace
}  // namespace twinfer
