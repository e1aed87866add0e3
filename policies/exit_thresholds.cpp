#include "policies/exit_thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

// Passes over the trace in the first phase: about a second for 10,000 samples.
constexpr std::size_t kMostCombinations = 4096;

constexpr double kNever = std::numeric_limits<double>::infinity();  // no confidence reaches it

using Thresholds = std::vector<double>;  // by head

// Sums over the samples, so that accuracies compare without rounding.
struct Result {
  Thresholds thresholds;
  std::size_t right = 0;
  double price = std::numeric_limits<double>::infinity();
};

// What becomes of one sample that does not leave at the head in question.
struct Fate {
  bool arrives = false;  // at the head at all
  bool right = false;
  double price = 0;  // without asking that head
};

class Search {
 public:
  Search(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy)
      : trace_(trace), prices_(prices), heads_(prices.heads.size()) {
    const auto samples = static_cast<double>(trace.samples.size());
    constexpr double kSlack = 1e-9;  // 0.9 of 10 samples are 9, however 0.9 is rounded
    required_ = static_cast<std::size_t>(std::ceil(std::max(0.0, min_accuracy * samples - kSlack)));
    for (ExitId head = 0; head < heads_; ++head) orders_.push_back(most_confident_first(head));
  }

  // Nothing if no thresholds are accurate enough.
  std::optional<Result> run() {
    try_global_thresholds();
    try_combinations();
    while (best_) {
      const double before = best_->price;
      for (ExitId head = 0; head < heads_; ++head) sweep(Thresholds(best_->thresholds), head);
      if (!(best_->price < before)) break;
    }
    return best_;
  }

  [[nodiscard]] std::size_t most_right() const { return most_right_; }

 private:
  [[nodiscard]] double confidence(std::size_t sample, ExitId head) const {
    return trace_.samples[sample].exits[head].confidence;
  }
  [[nodiscard]] bool right(std::size_t sample, ExitId exit) const {
    return trace_.samples[sample].exits[exit].predicted == trace_.samples[sample].true_class;
  }

  [[nodiscard]] std::vector<std::size_t> most_confident_first(ExitId head) const {
    std::vector<std::size_t> order(trace_.samples.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t s) { return confidence(s, head); });
    return order;
  }

  // Never, and up to `most` of the head's confidences, evenly among the samples.
  [[nodiscard]] std::vector<double> candidates(ExitId head, std::size_t most) const {
    std::vector<double> distinct;
    for (const std::size_t sample : orders_[head])
      if (distinct.empty() || distinct.back() != confidence(sample, head)) distinct.push_back(confidence(sample, head));
    std::vector<double> chosen{kNever};
    const std::size_t count = std::min(most, distinct.size());
    for (std::size_t i = 1; i <= count; ++i) chosen.push_back(distinct[i * distinct.size() / count - 1]);
    return chosen;
  }

  void try_global_thresholds() {
    for (const double threshold : candidates(0, 64)) sweep(Thresholds(heads_, threshold), heads_ - 1);
  }

  // Every combination of candidates for all heads but the last, which is swept.
  void try_combinations() {
    const auto others = static_cast<double>(std::max<std::size_t>(heads_ - 1, 1));
    const auto each = static_cast<std::size_t>(std::pow(static_cast<double>(kMostCombinations), 1 / others) + 1e-9);
    if (each < 2) return;  // too many heads for a grid
    std::vector<std::vector<double>> choices;
    for (ExitId head = 0; head + 1 < heads_; ++head) choices.push_back(candidates(head, each - 1));
    std::vector<std::size_t> digits(choices.size());
    for (;;) {
      Thresholds thresholds(heads_, kNever);
      for (ExitId head = 0; head < choices.size(); ++head) thresholds[head] = choices[head][digits[head]];
      sweep(thresholds, heads_ - 1);
      std::size_t place = 0;
      while (place < digits.size() && ++digits[place] == choices[place].size()) digits[place++] = 0;
      if (place == digits.size()) return;
    }
  }

  // What asking the heads before `head` costs.
  [[nodiscard]] double asked_before(const Thresholds& thresholds, ExitId head) const {
    double price = 0;
    for (ExitId before = 0; before < head; ++before)
      if (thresholds[before] != kNever) price += prices_.heads[before];
    return price;
  }

  [[nodiscard]] Fate fate(const Thresholds& thresholds, std::size_t sample, ExitId skipped) const {
    double asked = 0;
    for (ExitId head = 0; head < heads_; ++head) {
      if (head == skipped || thresholds[head] == kNever) continue;
      asked += prices_.heads[head];
      if (confidence(sample, head) >= thresholds[head])
        return {head > skipped, right(sample, head), asked + prices_.layers[head]};
    }
    return {true, right(sample, heads_), asked + prices_.layers[heads_]};
  }

  // The best threshold of `head`, those of the others given: from never downwards,
  // one group of equal confidences after the other leaves here.
  void sweep(const Thresholds& thresholds, ExitId head) {
    std::vector<Fate> fates;
    Result now{thresholds, 0, 0};
    now.thresholds[head] = kNever;
    double arrivals = 0;
    for (std::size_t sample = 0; sample < trace_.samples.size(); ++sample) {
      fates.push_back(fate(thresholds, sample, head));
      now.right += fates.back().right ? 1 : 0;
      now.price += fates.back().price;
      arrivals += fates.back().arrives ? 1 : 0;
    }
    offer(now);

    now.price += arrivals * prices_.heads[head];
    const double leaving = prices_.layers[head] + asked_before(thresholds, head);
    const std::vector<std::size_t>& order = orders_[head];
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Fate& without = fates[order[i]];
      if (without.arrives) {
        now.right += right(order[i], head) ? 1 : 0;
        now.right -= without.right ? 1 : 0;
        now.price += leaving - without.price;
      }
      now.thresholds[head] = confidence(order[i], head);
      const bool group_ends = i + 1 == order.size() || confidence(order[i + 1], head) != now.thresholds[head];
      if (group_ends) offer(now);
    }
  }

  void offer(const Result& result) {
    most_right_ = std::max(most_right_, result.right);
    if (result.right < required_) return;
    if (!best_ || result.price < best_->price || (result.price == best_->price && result.right > best_->right))
      best_ = result;
  }

  const ExitTrace& trace_;
  const ExitPrices& prices_;
  std::size_t heads_;
  std::size_t required_ = 0;
  std::vector<std::vector<std::size_t>> orders_;  // by head
  std::optional<Result> best_;
  std::size_t most_right_ = 0;
};

}  // namespace

ThresholdChoice choose_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy) {
  if (!(min_accuracy >= 0 && min_accuracy <= 1))
    throw InputError("", "minimum accuracy", format_number(min_accuracy), "must be 0 to 1");
  if (prices.heads.empty()) throw InputError("", "model", trace.model, "has no exit heads");
  Search search(trace, prices, min_accuracy);
  const std::optional<Result> found = search.run();
  const auto samples = static_cast<double>(trace.samples.size());
  if (!found)
    throw InputError("", "minimum accuracy", format_number(min_accuracy),
                     "no thresholds reach it; the best found have " +
                         format_number(static_cast<double>(search.most_right()) / samples));
  ThresholdChoice choice{
      {ExitRule::kMaxSoftmax, {}}, static_cast<double>(found->right) / samples, found->price / samples};
  for (ExitId head = 0; head < found->thresholds.size(); ++head)
    if (found->thresholds[head] != kNever) choice.settings.thresholds[head] = found->thresholds[head];
  return choice;
}

}  // namespace twinfer
