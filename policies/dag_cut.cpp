#include "policies/dag_cut.h"

#include <algorithm>
#include <limits>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>

#include "policies/plan_building.h"

namespace twinfer {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using EdgeProperties =
    boost::property<boost::edge_capacity_t, double,
                    boost::property<boost::edge_residual_capacity_t, double,
                                    boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>;
using VertexProperties =
    boost::property<boost::vertex_color_t, boost::default_color_type,
                    boost::property<boost::vertex_distance_t, long,
                                    boost::property<boost::vertex_predecessor_t, Traits::edge_descriptor>>>;
using FlowGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, VertexProperties, EdgeProperties>;

// Vertices: source side, target side, the layers, then the tensors.
class CutGraph {
 public:
  explicit CutGraph(std::size_t layers) : layers_(layers), graph_(2 + 2 * layers) {}

  static std::size_t on_source() { return 0; }
  static std::size_t on_target() { return 1; }
  static std::size_t layer(LayerId id) { return 2 + id; }
  [[nodiscard]] std::size_t tensor(LayerId id) const { return 2 + layers_ + id; }

  // Paid if `from` stays on the source and `to` does not.
  void pay(std::size_t from, std::size_t to, double cost) {
    const auto edge = boost::add_edge(from, to, graph_).first;
    const auto back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, edge, cost);
    boost::put(boost::edge_capacity, graph_, back, 0);
    boost::put(boost::edge_reverse, graph_, edge, back);
    boost::put(boost::edge_reverse, graph_, back, edge);
  }
  // `to` stays wherever `from` does.
  void bind(std::size_t from, std::size_t to) { pay(from, to, std::numeric_limits<double>::max()); }

  std::vector<LayerId> source_side() {
    boost::boykov_kolmogorov_max_flow(graph_, on_source(), on_target());
    std::vector<LayerId> stays;
    for (LayerId id = 1; id < layers_; ++id)
      if (boost::get(boost::vertex_color, graph_, layer(id)) == boost::black_color) stays.push_back(id);
    return stays;
  }

 private:
  std::size_t layers_;
  FlowGraph graph_;
};

// Codec and bytes of one tensor, without what a message costs at any size.
Seconds tensor_time(const Problem& problem, LayerId layer) {
  const Bytes bytes = problem.cost.graph().layer(layer).output_bytes;
  const HopCost hop = problem.cost.hop(Cut{{layer}, bytes}, problem.source, problem.target);
  return hop.encode + hop.transmit + hop.decode;
}

}  // namespace

std::vector<LayerId> cheapest_source_side(const Problem& problem, const CutWeights& weights) {
  const LayerGraph& graph = problem.cost.graph();
  const std::vector<Seconds> here = layer_times(problem, problem.source);
  const std::vector<Seconds> there = layer_times(problem, problem.target);
  CutGraph cut(graph.size());
  cut.bind(CutGraph::on_source(), CutGraph::layer(0));
  for (LayerId id = 0; id < graph.size(); ++id) {
    cut.pay(CutGraph::on_source(), CutGraph::layer(id), weights.target * there[id].si());
    cut.pay(CutGraph::layer(id), CutGraph::on_target(), weights.source * here[id].si());
    cut.pay(CutGraph::layer(id), cut.tensor(id), weights.link * tensor_time(problem, id).si());
    for (const LayerId input : graph.layer(id).inputs) {
      cut.bind(cut.tensor(input), CutGraph::layer(id));
      cut.bind(CutGraph::layer(id), CutGraph::layer(input));
    }
  }
  const std::vector<ExitHead>& heads = graph.exit_heads();
  for (ExitId head = 1; head < heads.size(); ++head)
    cut.bind(CutGraph::layer(heads[head].layer), CutGraph::layer(heads[head - 1].layer));
  return cut.source_side();
}

std::vector<Stage> split_stages(const Problem& problem, const std::vector<LayerId>& source_side) {
  std::vector<LayerId> rest;
  for (LayerId id = 1; id < problem.cost.graph().size(); ++id)
    if (!std::ranges::binary_search(source_side, id)) rest.push_back(id);
  std::vector<Stage> stages;
  if (!source_side.empty()) stages.emplace_back(problem.source, source_side);
  if (!rest.empty()) stages.emplace_back(problem.target, rest);
  return stages;
}

}  // namespace twinfer
