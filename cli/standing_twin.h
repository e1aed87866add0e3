// A simulator that goes along with a live run: it is refitted to the last window of the run
// (core/run_refit.h), predicts the next one, and is told how right it was.
//
// A window has the requests that came back in it, in both worlds: of an overload both see the same
// part. A prediction is made when the window before is over, and never sees what it predicts. What
// links will do, the twin is not told: it has to find out. Ignores: what no request of the last window
// crossed, a link or a device, stays as it was last seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/temporary_file.h"
#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"
#include "core/workload.h"
#include "report/summary.h"

namespace twinfer {

struct TwinSettings {
  Seconds window{10};
  double band = 0.1;                  // relative error of a window beyond which the twin has drifted
  std::optional<double> margin = {};  // share by which another plan's mean latency must be less to be better
};

struct WindowLatency {
  std::uint64_t returned = 0;
  std::optional<double> p50_s;  // of at least 20 (report/percentile.h)
  std::optional<double> mean_s;
  Components mean;
};

// Another plan, and the mean latencies of the next window by both.
struct BetterPlan {
  std::size_t plan = 0;
  double mean_s = 0;
  std::optional<double> present_mean_s;  // nothing: by the present plan nobody would come back
};

struct WindowReport {
  double from_s = 0, to_s = 0;
  std::size_t plan = 0;     // by which requests set out at its end
  std::uint64_t ended = 0;  // came back, or failed
  WindowLatency predicted, measured;
  // Relative, of P50 where both worlds bear one, else of the mean. Nothing where a world lacks requests,
  // or where some are of the plan before.
  std::optional<double> error;
  bool drifted = false;
  std::optional<BetterPlan> better;
  std::string trouble;  // why there was no refit or prediction; empty if there were
  // Whether both worlds are shown by their P50.
  [[nodiscard]] bool by_p50() const;
};

class StandingTwin {
 public:
  // Requests set out by the first plan; the others are those that may be better. Throws InputError
  // where the scenario itself replans.
  StandingTwin(Scenario scenario, std::vector<Plan> plans, TwinSettings settings);

  // Windows that are over now, in their order. `rows`: of requests from first_request() on, as far as
  // they ended, by id; they came in the order of their end. `ended`: no more will, and what did not
  // return at the end is nobody's window. Simulates, so one thread (sim/isolated.h).
  std::vector<WindowReport> take(const RunRows& rows, bool ended);

  // All before it were in windows that are over.
  [[nodiscard]] std::uint64_t first_request() const { return first_; }

  // Requests from `first` on set out by `plan`.
  void switch_to(std::size_t plan, std::uint64_t first);

 private:
  struct Prediction {
    RunRows rows;             // of the window
    std::size_t waiting = 0;  // requests that had not come back at its end
    std::string trouble;
  };

  void forget_changes();
  [[nodiscard]] bool is_over(const RunRows& rows, bool ended) const;
  WindowReport judge(const RunRows& window);
  void look_ahead(WindowReport& report);
  void refit(const RunRows& window, WindowReport& report);
  [[nodiscard]] std::vector<Request> requests_between(Seconds from, Seconds to) const;
  [[nodiscard]] std::vector<Prediction> simulate_plans(const std::vector<std::size_t>& plans) const;
  [[nodiscard]] std::optional<BetterPlan> better_plan(const std::vector<Prediction>& predictions) const;

  std::optional<TemporaryFile> file_;  // of the platform, where links of the stated one change
  Scenario scenario_;                  // as the twin knows it
  std::vector<Plan> plans_;
  TwinSettings settings_;
  std::vector<Request> requests_;  // all
  bool closed_;

  std::size_t plan_ = 0;
  std::uint64_t plan_from_ = 0;  // the first request by it
  std::uint64_t first_ = 0;
  Seconds from_;                  // of the window that is not over
  Seconds steady_since_;          // when what happens now began: the start of a drift, or of a plan
  std::uint64_t last_ended_ = 0;  // how many were in the last window
  Prediction prediction_;         // of that window
};

}  // namespace twinfer
