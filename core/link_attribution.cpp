#include "core/link_attribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "core/latency_profile.h"

namespace twinfer {
namespace {

constexpr double kSmallest_s = 1e-6;  // below it a latency counts as so much, in weights and steps
constexpr double kPull = 1e-6;        // towards the latency before: decides what measurements leave open
constexpr unsigned kRounds = 20;      // each from the latencies of the one before, until the pull is nothing

using Row = std::vector<double>;
using Matrix = std::vector<Row>;
using Route = std::vector<LinkId>;

const Route& route_of(const Platform& platform, const Way& way) {
  const auto found = platform.routes.find({way.from, way.to});
  if (found == platform.routes.end() || found->second.empty())
    throw InputError(platform.file, "route " + platform.devices[way.from].name + " -> " + platform.devices[way.to].name,
                     "", "is missing");
  return found->second;
}

// By elimination. REQUIRES: symmetric and positive definite.
Row solve(Matrix matrix, Row right) {
  const std::size_t size = right.size();
  for (std::size_t pivot = 0; pivot < size; ++pivot)
    for (std::size_t row = pivot + 1; row < size; ++row) {
      const double factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (std::size_t column = pivot; column < size; ++column) matrix[row][column] -= factor * matrix[pivot][column];
      right[row] -= factor * right[pivot];
    }
  for (std::size_t row = size; row-- > 0;) {
    for (std::size_t column = row + 1; column < size; ++column) right[row] -= matrix[row][column] * right[column];
    right[row] /= matrix[row][row];
  }
  return right;
}

// Latencies of the links on measured routes. A step is the root of the link's latency, so
// that what routes leave open is spread over their links by latency.
class LatencyFit {
 public:
  LatencyFit(const Platform& platform, const std::vector<WayCost>& measured) {
    for (const WayCost& cost : measured) {
      const Route& route = route_of(platform, cost.way);
      for (const LinkId link : route) before_s_[link] = platform.links[link].latency.si();
      routes_.push_back(route);
      measured_s_.push_back(cost.latency.si());
    }
  }

  // By link.
  [[nodiscard]] std::map<LinkId, double> latencies_s() {
    for (unsigned round = 0; round < kRounds; ++round) before_s_ = nonnegative_s();
    return before_s_;
  }

 private:
  // A link that would fall below 0 is held there, one at a time, the lowest first.
  [[nodiscard]] std::map<LinkId, double> nonnegative_s() const {
    std::set<LinkId> at_zero;
    for (;;) {
      std::map<LinkId, double> found_s = least_squares_s(at_zero);
      const auto lowest = std::ranges::min_element(found_s, {}, [](const auto& entry) { return entry.second; });
      if (lowest == found_s.end() || lowest->second >= 0) return found_s;
      at_zero.insert(lowest->first);
    }
  }

  [[nodiscard]] double step(LinkId link) const { return std::sqrt(std::max(before_s_.at(link), kSmallest_s)); }

  [[nodiscard]] std::map<LinkId, double> least_squares_s(const std::set<LinkId>& at_zero) const {
    std::vector<LinkId> free;
    for (const auto& [link, before_s] : before_s_)
      if (!at_zero.contains(link)) free.push_back(link);
    const Row steps = free.empty() ? Row{} : solve_steps(free);
    std::map<LinkId, double> found_s;
    for (const LinkId link : at_zero) found_s[link] = 0;
    for (std::size_t i = 0; i < free.size(); ++i) found_s[free[i]] = before_s_.at(free[i]) + steps[i] * step(free[i]);
    return found_s;
  }

  [[nodiscard]] Row solve_steps(const std::vector<LinkId>& free) const {
    Matrix normal(free.size(), Row(free.size()));
    Row right(free.size());
    for (std::size_t r = 0; r < routes_.size(); ++r) {
      const double weight = 1 / std::max(measured_s_[r], kSmallest_s);
      Row row;
      double missing_s = measured_s_[r];
      for (const LinkId link : free) {
        const auto crossings = static_cast<double>(std::ranges::count(routes_[r], link));
        row.push_back(weight * crossings * step(link));
        missing_s -= crossings * before_s_.at(link);
      }
      for (std::size_t i = 0; i < free.size(); ++i) {
        for (std::size_t j = 0; j < free.size(); ++j) normal[i][j] += row[i] * row[j];
        right[i] += row[i] * weight * missing_s;
      }
    }
    double most = 0;
    for (std::size_t i = 0; i < free.size(); ++i) most = std::max(most, normal[i][i]);
    for (std::size_t i = 0; i < free.size(); ++i) normal[i][i] += kPull * most;
    return solve(std::move(normal), std::move(right));
  }

  std::vector<Route> routes_;
  Row measured_s_;
  std::map<LinkId, double> before_s_;
};

// Routes over the very same links were measured several times: their median counts.
std::map<LinkId, double> fastest_through(const Platform& platform, const std::vector<WayCost>& measured) {
  std::map<std::set<LinkId>, std::vector<double>> by_links;
  for (const WayCost& cost : measured) {
    if (!cost.tells_bandwidth) continue;
    const Route& route = route_of(platform, cost.way);
    by_links[{route.begin(), route.end()}].push_back(cost.bandwidth.si());
  }
  std::map<LinkId, double> fastest;
  for (const auto& [links, bandwidths] : by_links)
    for (const LinkId link : links) fastest[link] = std::max(fastest[link], summarise(bandwidths).median().si());
  return fastest;
}

}  // namespace

WayCost route_cost(const std::vector<Link>& links, const std::vector<LinkId>& route, const Way& way) {
  WayCost cost{way, Seconds(0), BytesPerSecond(std::numeric_limits<double>::infinity())};
  for (const LinkId link : route) {
    cost.latency += links[link].latency;
    cost.bandwidth = std::min(cost.bandwidth, links[link].bandwidth);
  }
  return cost;
}

Attribution attribute_to_links(const Platform& platform, const std::vector<WayCost>& measured) {
  Attribution result{platform.links, std::vector<bool>(platform.links.size()), {}};
  for (const auto& [link, latency_s] : LatencyFit(platform, measured).latencies_s()) {
    result.links[link].latency = Seconds(latency_s);
    result.measured[link] = true;
  }
  for (const auto& [link, bandwidth] : fastest_through(platform, measured))
    result.links[link].bandwidth = BytesPerSecond(bandwidth);
  for (const WayCost& cost : measured)
    result.routes.push_back(route_cost(result.links, route_of(platform, cost.way), cost.way));
  return result;
}

}  // namespace twinfer
