#include "policies/exit_policy.h"

#include <vector>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

ExitObservation seen(double confidence, double entropy) { return {confidence, entropy, 0}; }

TEST_CASE("max-softmax lets a request leave at its threshold and above, not below") {
  const auto policy = make_exit_policy({ExitRule::kMaxSoftmax, {{1, 0.75}}});
  CHECK(policy->leaves(1, seen(0.75, 9)));
  CHECK(policy->leaves(1, seen(0.875, 9)));
  CHECK_FALSE(policy->leaves(1, seen(0.625, 0)));
}

TEST_CASE("entropy lets a request leave at its threshold and below, not above") {
  const auto policy = make_exit_policy({ExitRule::kEntropy, {{0, 0.5}}});
  CHECK(policy->leaves(0, seen(0, 0.5)));
  CHECK(policy->leaves(0, seen(0, 0.25)));
  CHECK_FALSE(policy->leaves(0, seen(1, 0.625)));
}

TEST_CASE("each head has its own threshold") {
  const auto policy = make_exit_policy({ExitRule::kMaxSoftmax, {{0, 0.5}, {2, 0.9}}});
  CHECK(policy->leaves(0, seen(0.6, 0)));
  CHECK_FALSE(policy->leaves(2, seen(0.6, 0)));
}

TEST_CASE("heads with a threshold are active, in ascending order") {
  CHECK(make_exit_policy({ExitRule::kMaxSoftmax, {{2, 0.9}, {0, 0.5}}})->active_heads() == std::vector<ExitId>{0, 2});
  CHECK(make_exit_policy({ExitRule::kEntropy, {{1, 0.9}}})->active_heads() == std::vector<ExitId>{1});
}

TEST_CASE("without a rule no head is active, whatever the thresholds") {
  const auto policy = make_exit_policy({ExitRule::kNone, {{0, 0.0}}});
  CHECK(policy->active_heads().empty());
  CHECK_FALSE(policy->leaves(0, seen(1, 0)));
}

TEST_CASE("a sample leaves at the first active head that lets it") {
  // Head 0 would let everything go but is not active; head 1 is not sure enough.
  const SampleTrace sample{7, 3, {seen(1, 0), seen(0.5, 0.7), seen(0.9, 0.1), seen(0.99, 0.01)}};
  CHECK(first_exit(*make_exit_policy({ExitRule::kMaxSoftmax, {{1, 0.8}, {2, 0.8}}}), sample) == ExitId{2});
  CHECK(first_exit(*make_exit_policy({ExitRule::kMaxSoftmax, {{1, 0.5}, {2, 0.8}}}), sample) == ExitId{1});
}

TEST_CASE("a sample that no head lets go runs to the end") {
  const SampleTrace sample{7, 3, {seen(0.5, 0.7), seen(0.9, 0.1)}};
  CHECK(first_exit(*make_exit_policy({ExitRule::kMaxSoftmax, {{0, 0.8}}}), sample) == std::nullopt);
  CHECK(first_exit(*make_exit_policy({ExitRule::kNone, {}}), sample) == std::nullopt);
}

}  // namespace
}  // namespace twinfer
