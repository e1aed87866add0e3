#include "cli/planned_scenario.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/commands.h"
#include "policies/partition_policy.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr const char* kDefaultStore = "twinfer-results.sqlite";

std::string arrivals_text(const Scenario& scenario) {
  const std::string window = scenario.pd_num == 0 ? "" : fmt::format(", at most {} in flight", scenario.pd_num);
  if (scenario.arrivals.process == ArrivalProcess::kClosed) return fmt::format("{} in flight", scenario.pd_num);
  if (scenario.arrivals.load)
    return fmt::format("{} arrivals at {:g} % of each plan's capacity{}", to_string(scenario.arrivals.process),
                       *scenario.arrivals.load * 100, window);
  return fmt::format("{} arrivals at {:g}/s{}", to_string(scenario.arrivals.process), scenario.arrivals.rate_hz,
                     window);
}

}  // namespace

PlannedScenario::PlannedScenario(const std::filesystem::path& file, const std::vector<std::string>& policies)
    : scenario(load_scenario(file, read_platform)), cost(scenario.graph, scenario.platform, scenario.profiles) {
  if (!policies.empty()) scenario.policies = policies;
  for (const std::string& policy : scenario.policies) plans.push_back(make_plan(scenario, cost, policy));
}

PlannedScenario::PlannedScenario(Scenario of, std::vector<Plan> made)
    : scenario(std::move(of)), cost(scenario.graph, scenario.platform, scenario.profiles), plans(std::move(made)) {}

void add_policy_option(cxxopts::Options& options) {
  options.add_options()("p,policy", "Take this policy in place of the scenario's (repeat for more)",
                        cxxopts::value<std::vector<std::string>>(), "NAME");
}

std::vector<std::string> chosen_policies(const cxxopts::ParseResult& arguments) {
  if (arguments.count("policy") == 0) return {};
  const auto policies = arguments["policy"].as<std::vector<std::string>>();
  std::set<std::string> seen;
  for (const std::string& policy : policies)
    if (!seen.insert(policy).second) throw UsageError("--policy `" + policy + "` is given twice");
  return policies;
}

void add_store_option(cxxopts::Options& options, const std::string& what) {
  options.add_options()("store", what, cxxopts::value<std::string>()->default_value(kDefaultStore), "FILE");
}

std::filesystem::path chosen_store(const cxxopts::ParseResult& arguments) {
  return arguments["store"].as<std::string>();
}

void add_jobs_option(cxxopts::Options& options) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  options.add_options()("j,jobs", "Simulations at a time",
                        cxxopts::value<unsigned>()->default_value(std::to_string(cores)), "N");
}

unsigned chosen_jobs(const cxxopts::ParseResult& arguments) {
  const auto jobs = arguments["jobs"].as<unsigned>();
  if (jobs == 0) throw UsageError("--jobs `0`: must be at least 1");
  return jobs;
}

std::string describe_workload(const Scenario& scenario) {
  return fmt::format("{} {} of {}, {}, seed {}, network model {}", scenario.requests,
                     scenario.requests == 1 ? "request" : "requests", scenario.model, arrivals_text(scenario),
                     scenario.seed, scenario.network_model);
}

}  // namespace twinfer
