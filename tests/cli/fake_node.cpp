// Stands in for twinfer-node where a test is about what twinfer does with it.
// FAKE_NODE says how it behaves:
//   (unset)  live: copies the batch's simulated runs as live ones, latencies
//            5 % longer, in every further call 10 %
//   runs     live: a run of the scenario's policy, of which every request takes a
//            second; `remote` fails
//   stays    live: as `runs`, but with 5 requests it says "ready" on stderr, waits for a
//            signal and then stores a run that has failed
//   each     live: a run of every policy, of which each request computes for a second on pi;
//            `split:3` fails
//   steered  live: requests compute for 18 s on pi, one after the other; when two have come back it
//            takes an order, answers that the third sets out by it, and ends
//   measures profile: doubles the compute times of the profile
//   fails    live: the same, but every run has failed
//   refuses  live: one line on stderr, exit code 2, and a run in the store that
//            has failed without a row
//   waits    says "ready" on stderr and ends with 7 on SIGTERM
// Every call but `live` prints its arguments.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "core/scenario.h"
#include "core/workload.h"
#include "report/measures.h"
#include "report/result_store.h"

using namespace twinfer;

namespace {

// twinfer-node live RESOLVED --origin SCENARIO --store FILE --batch ID
struct LiveCall {
  std::string resolved;
  std::string origin;
  std::string store;
  std::string batch;
};

void copy_runs(const LiveCall& call, const Scenario& resolved, bool fail) {
  ResultStore store(call.store);
  const std::vector<RunInfo> runs = store.runs_of(call.batch);
  double factor = 1.05;
  for (const RunInfo& run : runs)
    if (run.mode == Mode::kLive) factor = 1.10;
  for (RunInfo run : runs) {
    if (run.mode != Mode::kSim) continue;
    RunRows rows = store.rows(run.id);
    for (ResultRow& row : rows.results) {
      rows.stages.at(static_cast<std::size_t>(&row - rows.results.data())).queue_s += row.latency_s * (factor - 1);
      row.latency_s *= factor;
    }
    run.mode = Mode::kLive;
    const std::int64_t id = store.begin_run(run);
    store.add_rows(id, rows);
    store.end_run(id, fail ? "failed" : "complete", fail ? "worker pc is gone" : "", measures_of(resolved, rows));
  }
}

std::optional<LiveCall> live_call(const std::vector<std::string>& arguments) {
  if (arguments.size() < 8 || (arguments.size() > 8 && arguments.back() != "--steered") || arguments[2] != "--origin" ||
      arguments[4] != "--store" || arguments[6] != "--batch")
    return std::nullopt;
  return LiveCall{arguments[1], arguments[3], arguments[5], arguments[7]};
}

int refuse(const LiveCall& call) {
  ResultStore store(call.store);
  RunInfo run;
  run.batch = call.batch;
  run.mode = Mode::kLive;
  store.end_run(store.begin_run(run), "failed", "must be larger");
  std::fprintf(stderr, "twinfer-node: %s: live.dilation: `1`: must be larger\n", call.origin.c_str());
  return 2;
}

// Says "ready" on stderr, and gives the one that came.
int wait_for_signal(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::fprintf(stderr, "ready\n");
  int signal = 0;
  sigwait(&set, &signal);
  return signal;
}

RunInfo live_run_of(const LiveCall& call, const Scenario& scenario, const std::string& policy) {
  RunInfo run;
  run.batch = call.batch;
  run.mode = Mode::kLive;
  run.scenario = scenario.name;
  run.policy = policy;
  if (policy == "local") run.plan = "pi[1-" + std::to_string(scenario.graph.last()) + "]";
  run.seed = scenario.seed;
  return run;
}

// One after the other, each on pi alone.
RunRows computed_on_pi(const Scenario& scenario, std::uint64_t first, std::uint64_t last, double compute_s) {
  RunRows rows;
  Scenario closed = scenario;
  closed.arrivals = {};
  const std::vector<Request> requests = make_requests(closed);
  for (std::uint64_t id = first; id < last; ++id) {
    ResultRow& row = rows.results.emplace_back();
    row.request = id;
    row.sample = requests.at(id).sample;
    row.status = Status::kOk;
    row.exit = scenario.graph.exit_heads().size();
    row.arrival_s = static_cast<double>(id) * compute_s;
    row.latency_s = compute_s;
    StageRow& stage = rows.stages.emplace_back();
    stage.request = id;
    stage.device = "pi";
    stage.compute_s = compute_s;
  }
  return rows;
}

int run_each(const LiveCall& call) {
  const Scenario scenario = load_scenario(call.resolved, {});
  ResultStore store(call.store);
  for (const std::string& policy : scenario.policies) {
    const std::int64_t id = store.begin_run(live_run_of(call, scenario, policy));
    store.add_rows(id, computed_on_pi(scenario, 0, scenario.requests, 1));
    const bool fails = policy == "split:3";
    store.end_run(id, fails ? "failed" : "complete", fails ? "worker pi is gone" : "");
  }
  return 0;
}

int run_steered(const LiveCall& call) {
  const Scenario scenario = load_scenario(call.resolved, {});
  ResultStore store(call.store);
  const std::int64_t id = store.begin_run(live_run_of(call, scenario, scenario.policies.front()));
  store.add_rows(id, computed_on_pi(scenario, 0, 2, 18));
  char order[64] = {};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 10'000) != 1) return 4;  // nobody orders
  if (read(STDIN_FILENO, order, sizeof order - 1) <= 0 || std::string(order) != "plan 1\n") return 4;
  const std::string answer = "plan 1 from 2\n";
  if (write(STDIN_FILENO, answer.data(), answer.size()) != static_cast<ssize_t>(answer.size())) return 4;
  store.add_rows(id, computed_on_pi(scenario, 2, scenario.requests, 18));
  store.end_run(id, "complete", "");
  return 0;
}

int run_alone(const LiveCall& call, bool stay) {
  const Scenario scenario = load_scenario(call.resolved, {});
  ResultStore store(call.store);
  const RunInfo run = live_run_of(call, scenario, scenario.policies.front());
  const std::int64_t id = store.begin_run(run);
  if (run.policy == "remote") {
    store.end_run(id, "failed", "worker pc is gone");
    return 1;
  }
  if (stay && scenario.requests == 5) {
    wait_for_signal({SIGINT, SIGTERM});
    store.end_run(id, "failed", "interrupted");
    return 1;
  }
  RunRows rows;
  Scenario closed = scenario;
  closed.arrivals = {};
  for (const Request& request : make_requests(closed)) {
    ResultRow& row = rows.results.emplace_back();
    row.request = request.id;
    row.sample = request.sample;
    row.status = Status::kOk;
    row.exit = scenario.graph.exit_heads().size();
    row.latency_s = 1;
  }
  store.add_rows(id, rows);
  store.end_run(id, "complete", "");
  return 0;
}

int live(const LiveCall& call, bool fail) {
  const Scenario resolved = load_scenario(call.resolved, {});  // has its platform inline
  std::fprintf(stderr, "resolved %s\n", resolved.name.c_str());
  std::printf("not for the reader\n");
  copy_runs(call, resolved, fail);
  return fail ? 1 : 0;
}

// twinfer-node profile MODEL --device NAME --threads N --repeat N --input SHAPE --models DIR
int double_times(const std::vector<std::string>& arguments) {
  if (arguments.size() != 12 || arguments[2] != "--device" || arguments[10] != "--models") return 3;
  const std::filesystem::path file =
      std::filesystem::path(arguments[11]) / "profiles" / arguments[1] / (arguments[3] + ".csv");
  LatencyProfile profile = load_latency_profile(file);
  for (auto& [name, layer] : profile.layers) layer.compute = constant_latency(2 * layer.compute.median());
  save_latency_profile(profile, file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const char* named = std::getenv("FAKE_NODE");
  const std::string behaviour = named != nullptr ? named : "";
  if (behaviour == "waits") return wait_for_signal({SIGTERM}) == SIGTERM ? 7 : 1;
  if (!arguments.empty() && arguments[0] == "live") {
    const std::optional<LiveCall> call = live_call(arguments);
    if (!call) return 3;
    if (behaviour == "each") return run_each(*call);
    if (behaviour == "steered") return run_steered(*call);
    if (behaviour == "runs" || behaviour == "stays") return run_alone(*call, behaviour == "stays");
    return behaviour == "refuses" ? refuse(*call) : live(*call, behaviour == "fails");
  }
  if (behaviour == "measures") return double_times(arguments);
  for (const std::string& argument : arguments) std::printf("[%s]", argument.c_str());
  return 5;
}
