// A scenario with the plan of every policy that a command asks for: what plan,
// sim, compare, validate and live begin with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/scenario.h"

namespace twinfer {

// The cost model borrows from the scenario, so both stay where they were made.
struct PlannedScenario {
  // Throws InputError, before anything is written or run. An empty `policies`
  // means those of the scenario.
  PlannedScenario(const std::filesystem::path& file, const std::vector<std::string>& policies);
  // Of plans that were made before.
  PlannedScenario(Scenario scenario, std::vector<Plan> plans);
  PlannedScenario(const PlannedScenario&) = delete;
  PlannedScenario& operator=(const PlannedScenario&) = delete;

  Scenario scenario;
  CostModel cost;
  std::vector<Plan> plans;

  [[nodiscard]] std::uint64_t final_exit() const { return scenario.graph.exit_heads().size(); }
  [[nodiscard]] const std::string& source_name() const { return scenario.platform.devices[scenario.source].name; }
};

// -p, --policy: may be repeated; replaces those of the scenario.
void add_policy_option(cxxopts::Options& options);
std::vector<std::string> chosen_policies(const cxxopts::ParseResult& arguments);

// --store FILE.
void add_store_option(cxxopts::Options& options, const std::string& what = "Result store to write");
std::filesystem::path chosen_store(const cxxopts::ParseResult& arguments);

// -j, --jobs N.
void add_jobs_option(cxxopts::Options& options);
unsigned chosen_jobs(const cxxopts::ParseResult& arguments);

// "200 requests of digits, closed loop with 4 in flight, seed 1, network model CM02".
std::string describe_workload(const Scenario& scenario);

}  // namespace twinfer
