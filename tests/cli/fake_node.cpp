// Stands in for twinfer-node where a test is about what twinfer does with it.
// FAKE_NODE says how it behaves:
//   (unset)  live: copies the batch's simulated runs as live ones, latencies
//            5 % longer, in every further call 10 %
//   runs     live: a run of the scenario's policy, of which every request takes a
//            second; `remote` fails
//   stays    live: as `runs`, but with 5 requests it says "ready" on stderr, waits for a
//            signal and then stores a run that has failed
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
  if (arguments.size() != 8 || arguments[2] != "--origin" || arguments[4] != "--store" || arguments[6] != "--batch")
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

int run_alone(const LiveCall& call, bool stay) {
  const Scenario scenario = load_scenario(call.resolved, {});
  ResultStore store(call.store);
  RunInfo run;
  run.batch = call.batch;
  run.mode = Mode::kLive;
  run.scenario = scenario.name;
  run.policy = scenario.policies.front();
  run.seed = scenario.seed;
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
    if (behaviour == "runs" || behaviour == "stays") return run_alone(*call, behaviour == "stays");
    return behaviour == "refuses" ? refuse(*call) : live(*call, behaviour == "fails");
  }
  if (behaviour == "measures") return double_times(arguments);
  for (const std::string& argument : arguments) std::printf("[%s]", argument.c_str());
  return 5;
}
