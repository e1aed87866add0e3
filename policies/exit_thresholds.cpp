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
// Settings of a grid for which a caller makes a plan each.
constexpr std::size_t kMostSettings = 1024;

constexpr std::size_t kMostGlobal = 64;  // thresholds tried for all heads alike

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
    for (const double threshold : candidates(0, kMostGlobal)) sweep(Thresholds(heads_, threshold), heads_ - 1);
    for (const Thresholds& others : grid(heads_ - 1, kMostCombinations)) {
      Thresholds thresholds = others;
      thresholds.push_back(kNever);
      sweep(thresholds, heads_ - 1);
    }
    descend();
    return best_;
  }

  std::optional<Result> improve(const Thresholds& start) {
    sweep(start, heads_ - 1);
    descend();
    return best_;
  }

  std::vector<Thresholds> accurate() const {
    std::vector<Thresholds> settings = grid(heads_, kMostSettings);
    if (settings.empty())
      for (const double threshold : candidates(0, kMostGlobal)) settings.emplace_back(heads_, threshold);
    std::erase_if(settings, [this](const Thresholds& thresholds) { return count_right(thresholds) < required_; });
    return settings;
  }

  [[nodiscard]] std::size_t most_right() const { return most_right_; }

 private:
  [[nodiscard]] double confidence(std::size_t sample, ExitId head) const {
    return trace_.samples[sample].exits[head].confidence;
  }
  [[nodiscard]] bool right(std::size_t sample, ExitId exit) const { return is_right(trace_.samples[sample], exit); }

  [[nodiscard]] std::vector<std::size_t> most_confident_first(ExitId head) const {
    std::vector<std::size_t> order(trace_.samples.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t s) { return confidence(s, head); });
    return order;
  }

  // With which the first `leaving` samples of the head's order leave, and no others;
  // nothing if the next is as confident as the last of them.
  [[nodiscard]] std::optional<double> threshold_after(ExitId head, std::size_t leaving) const {
    const std::vector<std::size_t>& order = orders_[head];
    const double last = confidence(order[leaving - 1], head);
    if (leaving == order.size()) return last / 2;
    const double next = confidence(order[leaving], head);
    if (next == last) return std::nullopt;
    const double middle = std::midpoint(next, last);
    return middle > next ? middle : last;
  }

  // Never, and up to `most` of the head's thresholds, evenly among the samples.
  [[nodiscard]] std::vector<double> candidates(ExitId head, std::size_t most) const {
    std::vector<double> distinct;
    for (std::size_t leaving = 1; leaving <= orders_[head].size(); ++leaving)
      if (const std::optional<double> threshold = threshold_after(head, leaving)) distinct.push_back(*threshold);
    std::vector<double> chosen{kNever};
    const std::size_t count = std::min(most, distinct.size());
    for (std::size_t i = 1; i <= count; ++i) chosen.push_back(distinct[i * distinct.size() / count - 1]);
    return chosen;
  }

  // Every combination of candidates for the first `heads`, `most` in all; empty
  // where there are too many heads for a grid.
  [[nodiscard]] std::vector<Thresholds> grid(std::size_t heads, std::size_t most) const {
    const auto each = static_cast<std::size_t>(
        std::pow(static_cast<double>(most), 1 / static_cast<double>(std::max<std::size_t>(heads, 1))) + 1e-9);
    if (each < 2) return {};
    std::vector<Thresholds> rows{{}};
    for (ExitId head = 0; head < heads; ++head) {
      std::vector<Thresholds> longer;
      for (const double threshold : candidates(head, each - 1))
        for (const Thresholds& row : rows) {
          longer.push_back(row);
          longer.back().push_back(threshold);
        }
      rows = std::move(longer);
    }
    return rows;
  }

  void descend() {
    while (best_) {
      const double before = best_->price;
      for (ExitId head = 0; head < heads_; ++head) sweep(Thresholds(best_->thresholds), head);
      if (!(best_->price < before)) break;
    }
  }

  [[nodiscard]] std::size_t count_right(const Thresholds& thresholds) const {
    std::size_t count = 0;
    for (std::size_t sample = 0; sample < trace_.samples.size(); ++sample) {
      ExitId exit = 0;
      while (exit < heads_ && confidence(sample, exit) < thresholds[exit]) ++exit;
      count += right(sample, exit) ? 1 : 0;
    }
    return count;
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
      if (const std::optional<double> threshold = threshold_after(head, i + 1)) {
        now.thresholds[head] = *threshold;
        offer(now);
      }
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

Thresholds thresholds_of(const ExitSettings& settings, std::size_t heads) {
  Thresholds thresholds(heads, kNever);
  for (const auto& [head, threshold] : settings.thresholds) thresholds[head] = threshold;
  return thresholds;
}

ExitSettings settings_of(const Thresholds& thresholds) {
  ExitSettings settings{ExitRule::kMaxSoftmax, {}};
  for (ExitId head = 0; head < thresholds.size(); ++head)
    if (thresholds[head] != kNever) settings.thresholds[head] = thresholds[head];
  return settings;
}

// Without the heads at which nobody arrives.
ExitSettings asked_only(ExitSettings settings, const ExitTrace& trace) {
  const std::vector<double> shares = evaluate_exits(trace, *make_exit_policy(settings)).shares;
  double left = 0;
  for (ExitId head = 0; head + 1 < shares.size(); ++head) {
    constexpr double kNobody = 1e-12;
    if (1 - left < kNobody) settings.thresholds.erase(head);
    left += shares[head];
  }
  return settings;
}

ThresholdChoice choice_of(const Result& found, const ExitTrace& trace, const ExitPrices& prices) {
  const ExitSettings settings = asked_only(settings_of(found.thresholds), trace);
  const auto policy = make_exit_policy(settings);
  const ExitOutcome outcome = evaluate_exits(trace, *policy);
  return {settings, outcome.accuracy, mean_price(prices, policy->active_heads(), outcome.shares)};
}

void check_accuracy(double min_accuracy) {
  if (!(min_accuracy >= 0 && min_accuracy <= 1))
    throw InputError("", "minimum accuracy", format_number(min_accuracy), "must be 0 to 1");
}

}  // namespace

ThresholdChoice choose_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy) {
  check_accuracy(min_accuracy);
  if (prices.heads.empty()) throw InputError("", "model", trace.model, "has no exit heads");
  Search search(trace, prices, min_accuracy);
  if (const std::optional<Result> found = search.run()) return choice_of(*found, trace, prices);
  const double best = static_cast<double>(search.most_right()) / static_cast<double>(trace.samples.size());
  throw InputError("", "minimum accuracy", format_number(min_accuracy),
                   "no thresholds reach it; the best found have " + format_number(best));
}

ThresholdChoice improve_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy,
                                   const ExitSettings& start) {
  Search search(trace, prices, min_accuracy);
  return choice_of(search.improve(thresholds_of(start, prices.heads.size())).value(), trace, prices);
}

std::vector<ExitSettings> accurate_settings(const ExitTrace& trace, std::size_t heads, double min_accuracy) {
  const ExitPrices none{std::vector<double>(heads + 1), std::vector<double>(heads)};
  std::vector<ExitSettings> settings;
  for (const Thresholds& thresholds : Search(trace, none, min_accuracy).accurate())
    settings.push_back(settings_of(thresholds));
  return settings;
}

}  // namespace twinfer
