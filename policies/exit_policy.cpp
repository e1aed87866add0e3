// Threshold rules at exit heads. After BranchyNet (Teerapittayanon, McDanel,
// Kung, ICPR 2016), which compares entropy, and DNet, which compares max-softmax.
// A value exactly at the threshold leaves. Ignores what earlier heads said.

#include "policies/exit_policy.h"

#include <cassert>

namespace twinfer {
namespace {

// Heads without a threshold are not worth their time.
std::vector<ExitId> heads_with_threshold(const ExitSettings& settings) {
  std::vector<ExitId> heads;
  for (const auto& [head, threshold] : settings.thresholds) heads.push_back(head);
  return heads;
}

class NoExit final : public ExitPolicy {
 public:
  bool leaves(ExitId, const ExitObservation&) const override { return false; }
  const std::vector<ExitId>& active_heads() const override { return none_; }

 private:
  std::vector<ExitId> none_;
};

class Threshold : public ExitPolicy {
 public:
  explicit Threshold(const ExitSettings& settings)
      : thresholds_(settings.thresholds), heads_(heads_with_threshold(settings)) {}
  const std::vector<ExitId>& active_heads() const override { return heads_; }

 protected:
  double threshold(ExitId head) const { return thresholds_.at(head); }

 private:
  std::map<ExitId, double> thresholds_;
  std::vector<ExitId> heads_;
};

class MaxSoftmax final : public Threshold {
 public:
  using Threshold::Threshold;
  bool leaves(ExitId head, const ExitObservation& seen) const override { return seen.confidence >= threshold(head); }
};

class Entropy final : public Threshold {
 public:
  using Threshold::Threshold;
  bool leaves(ExitId head, const ExitObservation& seen) const override { return seen.entropy <= threshold(head); }
};

}  // namespace

std::unique_ptr<ExitPolicy> make_exit_policy(const ExitSettings& settings) {
  switch (settings.rule) {
    case ExitRule::kNone:
      return std::make_unique<NoExit>();
    case ExitRule::kMaxSoftmax:
      return std::make_unique<MaxSoftmax>(settings);
    case ExitRule::kEntropy:
      return std::make_unique<Entropy>(settings);
  }
  assert(false);
  return nullptr;
}

std::optional<ExitId> first_exit(const ExitPolicy& policy, const SampleTrace& sample) {
  for (const ExitId head : policy.active_heads())
    if (policy.leaves(head, sample.exits.at(head))) return head;
  return std::nullopt;
}

}  // namespace twinfer
