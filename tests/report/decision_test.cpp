#include "report/decision.h"

#include <doctest/doctest.h>

#include "tests/report/worlds.h"

using namespace twinfer;
using doctest::Approx;

namespace {

// Policies a, b and c that compute so long, simulated and live.
struct Policies {
  std::vector<Fidelity> found;
  Policies(const std::vector<double>& simulated_s, const std::vector<double>& measured_s) {
    for (std::size_t i = 0; i < simulated_s.size(); ++i)
      found.push_back(compare_worlds({world_of(40, simulated_s[i], 0)}, {world_of(40, measured_s[i], 0)}, kQuestion));
  }
  [[nodiscard]] std::vector<Decision> judged() const {
    std::vector<JudgedPolicy> policies;
    for (const Fidelity& f : found) {
      const std::string name(1, static_cast<char>('a' + policies.size()));
      policies.push_back({name, "plan of " + name, &f});
    }
    return judge_decisions(policies);
  }
};

}  // namespace

TEST_CASE("policies are judged by each measure that both worlds know") {
  const std::vector<Decision> decisions = Policies({1, 2, 3}, {1.1, 2.2, 3.3}).judged();
  REQUIRE(decisions.size() == 3);  // mean, P50, throughput; 40 requests bear no P95
  for (const Decision& decision : decisions) {
    if (kValidated.at(decision.measure).name != std::string("throughput_hz")) CHECK(*decision.tau() == Approx(1));
    CHECK(decision.regret == 0);
    CHECK(decision.simulated_best == "a");
  }
}

TEST_CASE("a wrong order costs tau and regret") {
  // The simulator takes b for the fastest: 2.2 s in place of 2
  const Decision p50 = Policies({2, 1, 3}, {2, 2.2, 3.3}).judged().at(1);
  CHECK(p50.pairs.concordant == 2);
  CHECK(p50.pairs.discordant == 1);
  CHECK(*p50.tau() == Approx(1.0 / 3));
  CHECK(p50.simulated_best == "b");
  CHECK(p50.measured_best == "a");
  CHECK(p50.regret == Approx(0.1));
}

TEST_CASE("policies within the noise floor, or within 1 %, tie") {
  const Decision close = Policies({1, 1.005, 3}, {1.005, 1, 3}).judged().at(1);
  CHECK(close.tolerance == kLeastTolerance);
  CHECK(close.pairs.discordant == 0);
  CHECK(*close.tau() == Approx(1));
  // Two live runs 10 % apart
  const Fidelity a = compare_worlds({world_of(40, 1, 0)}, {world_of(40, 1.00, 0), world_of(40, 1.105, 0)}, kQuestion);
  const Fidelity b = compare_worlds({world_of(40, 1.05, 0)}, {world_of(40, 0.95, 0), world_of(40, 1.05, 0)}, kQuestion);
  const Decision noisy = judge_decisions({{"a", "x", &a}, {"b", "y", &b}}).at(1);
  CHECK(noisy.tolerance == Approx((0.105 / 1.0525 + 0.1) / 2));
  CHECK_FALSE(noisy.tau());
}

TEST_CASE("policies of one plan are one choice, of their mean values") {
  const Policies worlds({1, 1.2, 3}, {1.3, 1.1, 3.3});
  // a and b plan the same: 1.1 s simulated, 1.2 s live. That b was quicker live is no regret.
  const std::vector<JudgedPolicy> policies{
      {"a", "x", &worlds.found[0]}, {"b", "x", &worlds.found[1]}, {"c", "y", &worlds.found[2]}};
  const Decision p50 = judge_decisions(policies).at(1);
  CHECK(p50.pairs.pairs == 1);
  CHECK(*p50.tau() == Approx(1));
  CHECK(p50.simulated_best == "a, b");
  CHECK(p50.regret == 0);
  CHECK(judge_decisions({policies[0], policies[1]}).empty());  // nothing to decide
  // Of two plans, one of which two policies have, the regret is between means.
  const Policies wrong({1, 1.2, 1.05}, {1.3, 1.1, 1.3});
  const Decision other =
      judge_decisions({{"a", "x", &wrong.found[0]}, {"b", "x", &wrong.found[1]}, {"c", "y", &wrong.found[2]}}).at(1);
  CHECK(other.simulated_best == "c");  // 1.05 s in place of 1.1 s
  CHECK(other.regret == Approx(1.3 / 1.2 - 1));
}

TEST_CASE("one policy has nothing to be ranked against") { CHECK(Policies({1}, {1}).judged().empty()); }

TEST_CASE("scenarios add up by their pairs, regrets by their mean and worst") {
  const std::vector<Decision> right = Policies({1, 2, 3}, {1, 2, 3}).judged();
  const std::vector<Decision> wrong = Policies({2, 1}, {2, 2.2}).judged();
  const std::vector<DecisionsOverall> all = sum_up({right, wrong});
  REQUIRE(all.size() == 3);
  CHECK(all[1].scenarios == 2);
  CHECK(*all[1].tau() == Approx(0.5));  // (3 - 1) / 4
  CHECK(all[1].mean_regret == Approx(0.05));
  CHECK(all[1].worst_regret == Approx(0.1));
  CHECK(sum_up({}).empty());
}
