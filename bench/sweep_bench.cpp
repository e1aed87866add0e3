// What `twinfer sweep` costs beside the simulations themselves, and what a second job brings.
//
//   sweep_bench [ROUNDS] [SHORT_RUNS]        (3 rounds, 10,000 short runs)
//
// Overhead: CPU time of a sweep of runs of about 0.2 s, all its processes together,
// beside a bare program that loads and plans once and then simulates the same requests in
// as many forked children, and nothing else. Efficiency: wall time of many short runs with
// one job and with two, t1 / (2 t2), beside the same of the bare program, which is what
// the machine can give. Programs alternate, so that a slow minute meets both.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cost_model.h"
#include "core/sweep.h"
#include "policies/partition_policy.h"
#include "sim/isolated.h"
#include "sim/simulate.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

constexpr const char* kPolicy = "nsc";
constexpr std::uint64_t kLongRequests = 16'000;  // about 0.2 s
constexpr std::uint64_t kShortRequests = 600;    // about 10 ms
constexpr std::size_t kLongRuns = 100;

double cpu_of_children_s() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Spent {
  double wall_s = 0;
  double cpu_s = 0;  // of every process below this one
};

template <class Work>
Spent measure(Work work) {
  const double cpu_s = cpu_of_children_s();
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {wall.count(), cpu_of_children_s() - cpu_s};
}

class Bench {
 public:
  explicit Bench(std::uint64_t requests, std::size_t runs) : runs_(runs) {
    sweep_ =
        folder_.write("bench.yaml", "scenario: " TWINFER_SOURCE_DIR "/scenarios/quickstart.yaml\naxes: {policy: [" +
                                        std::string(kPolicy) + "], requests: [" + std::to_string(requests) +
                                        "], arrivals.process: [closed]}\nreplications: " + std::to_string(runs) + "\n");
    changes_ = {{"requests", std::to_string(requests)}};
  }

  Spent sweep(unsigned jobs) const {
    std::filesystem::remove(folder_ / "bench.sqlite");
    const std::string command = std::string(TWINFER_PROGRAM) + " sweep " + sweep_.string() + " --store " +
                                (folder_ / "bench.sqlite").string() + " -j " + std::to_string(jobs) + " > /dev/null";
    return measure([&] {
      if (std::system(command.c_str()) != 0) throw std::runtime_error("the sweep failed");
    });
  }

  // The bare program, in a process of its own: what it reaps counts as its children's.
  Spent bare(unsigned jobs) const {
    return measure([&] {
      std::fflush(stdout);  // else the child prints it, too
      const pid_t child = fork();
      if (child == 0) {
        simulate_all(jobs);
        _exit(0);
      }
      int status = 0;
      waitpid(child, &status, 0);
      if (status != 0) throw std::runtime_error("the bare program failed");
    });
  }

 private:
  void simulate_all(unsigned jobs) const {
    ScenarioLoader loader(read_platform);
    Scenario scenario = loader.load(TWINFER_SOURCE_DIR "/scenarios/quickstart.yaml", changes_);
    const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
    const Plan plan = make_plan(scenario, cost, kPolicy);
    const std::uint64_t seed = scenario.seed;
    std::vector<std::function<std::string()>> tasks;
    for (std::uint64_t replication = 0; replication < runs_; ++replication)
      tasks.emplace_back([&scenario, &plan, seed, replication] {
        scenario.seed = replication_seed(seed, replication);
        return std::to_string(simulate(scenario, plan).results.size());
      });
    for (const IsolatedOutcome& outcome : run_isolated(tasks, jobs))
      if (!outcome.ok) _exit(1);
  }

  TemporaryFolder folder_;
  std::filesystem::path sweep_;
  std::vector<FieldChange> changes_;
  std::size_t runs_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print_overhead(int rounds) {
  const Bench bench(kLongRequests, kLongRuns);
  std::vector<double> overhead, bare_s, noise;
  for (int round = 0; round < rounds; ++round) {
    const double before_s = bench.bare(1).cpu_s;
    const double sweep_s = bench.sweep(1).cpu_s;
    const double after_s = bench.bare(1).cpu_s;
    overhead.push_back(100 * (2 * sweep_s / (before_s + after_s) - 1));
    noise.push_back(100 * std::abs(after_s / before_s - 1));
    bare_s.push_back(before_s / static_cast<double>(kLongRuns));
  }
  std::printf("overhead, %zu runs of %llu requests, one job, median of %d rounds\n", kLongRuns,
              static_cast<unsigned long long>(kLongRequests), rounds);
  std::printf("  bare simulation               %8.1f ms of CPU a run\n", 1e3 * median(bare_s));
  std::printf("  sweep above it                %8.1f %%\n", median(overhead));
  std::printf("  noise (bare against bare)     %8.1f %%\n\n", median(noise));
}

void print_efficiency(std::size_t runs, int rounds) {
  const Bench bench(kShortRequests, runs);
  std::vector<double> sweep, bare, rate;
  for (int round = 0; round < rounds; ++round) {
    const double one_s = bench.sweep(1).wall_s;
    const double two_s = bench.sweep(2).wall_s;
    const double bare_one_s = bench.bare(1).wall_s;
    const double bare_two_s = bench.bare(2).wall_s;
    sweep.push_back(one_s / (2 * two_s));
    bare.push_back(bare_one_s / (2 * bare_two_s));
    rate.push_back(static_cast<double>(runs) / two_s);
  }
  std::printf("efficiency of two jobs, %zu runs of %llu requests, median of %d rounds\n", runs,
              static_cast<unsigned long long>(kShortRequests), rounds);
  std::printf("  sweep, t1 / (2 t2)            %8.2f\n", median(sweep));
  std::printf("  bare program, t1 / (2 t2)     %8.2f\n", median(bare));
  std::printf("  sweep, two jobs               %8.0f runs/s\n", median(rate));
}

// Of `twinfer sim` as a person starts it, scenario, plan, simulation and store included.
void print_start_up() {
  const TemporaryFolder folder;
  const std::string command = std::string(TWINFER_PROGRAM) +
                              " sim " TWINFER_SOURCE_DIR "/scenarios/quickstart.yaml -p local --store " +
                              (folder / "s.sqlite").string() + " > /dev/null";
  std::vector<double> walls_s;
  for (int i = 0; i < 21; ++i)
    walls_s.push_back(measure([&] {
                        if (std::system(command.c_str()) != 0) throw std::runtime_error("the simulation failed");
                      }).wall_s);
  std::printf("start-up\n  twinfer sim of 50 requests    %8.1f ms, median of 21\n\n", 1e3 * median(walls_s));
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  const std::size_t short_runs = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000;
  twinfer::print_start_up();
  twinfer::print_overhead(rounds);
  twinfer::print_efficiency(short_runs, std::max(1, rounds / 5));
  return 0;
}
