#include "policies/exit_outcome.h"

#include <algorithm>
#include <cassert>

namespace twinfer {
namespace {

std::vector<double> shares_of(const std::vector<std::size_t>& counts, std::size_t all) {
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (const std::size_t count : counts) shares.push_back(static_cast<double>(count) / static_cast<double>(all));
  return shares;
}

const Stage& stage_of(const std::vector<Stage>& stages, LayerId layer) {
  const auto holder = std::ranges::find_if(stages, [layer](const Stage& stage) { return stage.holds(layer); });
  assert(holder != stages.end());
  return *holder;
}

// Nothing for the final exit.
Seconds latency_to(const Problem& problem, const std::vector<Stage>& stages, std::optional<ExitId> head) {
  const LayerGraph& graph = problem.cost.graph();
  const std::vector<Cut> cuts = cuts_of(stages, graph);
  const Stage& last = head ? stage_of(stages, graph.exit_heads()[*head].layer) : stages.back();
  Seconds latency;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const HopCost hop = problem.cost.hop(cuts[i], ways_into(stages, i, problem.source));
    latency += hop.sending() + hop.decode;
    latency += problem.cost.compute(stage_work(graph, stages[i], {}, head), stages[i].devices);
    if (&stages[i] == &last) break;
  }
  return latency + problem.cost.result_return(ways_back(last, problem.source)).sending();
}

}  // namespace

ExitOutcome evaluate_exits(const ExitTrace& trace, const ExitPolicy& policy) {
  assert(!trace.samples.empty());
  std::vector<std::size_t> taken(trace.samples.front().exits.size());
  std::size_t right = 0;
  for (const SampleTrace& sample : trace.samples) {
    const ExitId exit = first_exit(policy, sample).value_or(sample.exits.size() - 1);
    ++taken[exit];
    if (is_right(sample, exit)) ++right;
  }
  return {static_cast<double>(right) / static_cast<double>(trace.samples.size()),
          shares_of(taken, trace.samples.size())};
}

std::vector<double> exit_accuracy(const ExitTrace& trace) {
  assert(!trace.samples.empty());
  std::vector<std::size_t> right(trace.samples.front().exits.size());
  for (const SampleTrace& sample : trace.samples)
    for (ExitId exit = 0; exit < sample.exits.size(); ++exit)
      if (is_right(sample, exit)) ++right[exit];
  return shares_of(right, trace.samples.size());
}

ExitPrices latency_prices(const Problem& problem, const std::vector<Stage>& stages) {
  const std::vector<ExitHead>& heads = problem.cost.graph().exit_heads();
  ExitPrices prices;
  for (ExitId head = 0; head < heads.size(); ++head) {
    prices.layers.push_back(latency_to(problem, stages, head).si());
    prices.heads.push_back(problem.cost.compute({{}, {head}}, stage_of(stages, heads[head].layer).devices).si());
  }
  prices.layers.push_back(latency_to(problem, stages, std::nullopt).si());
  return prices;
}

ExitPrices work_prices(const LayerGraph& graph) {
  ExitPrices prices;
  Flops done;
  for (LayerId layer = 0; layer < graph.size(); ++layer) {
    done += graph.layer(layer).flops;
    for (const ExitHead& head : graph.exit_heads())
      if (head.layer == layer) prices.layers.push_back(done.si());
  }
  prices.layers.push_back(done.si());
  for (const ExitHead& head : graph.exit_heads()) prices.heads.push_back(head.flops.si());
  return prices;
}

double mean_price(const ExitPrices& prices, const std::vector<ExitId>& active_heads,
                  const std::vector<double>& shares) {
  assert(prices.layers.size() == shares.size());
  double mean = 0;
  for (ExitId exit = 0; exit < shares.size(); ++exit) {
    double price = prices.layers[exit];
    for (const ExitId head : active_heads)
      if (head <= exit) price += prices.heads.at(head);
    mean += shares[exit] * price;
  }
  return mean;
}

}  // namespace twinfer
