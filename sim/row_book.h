// Keeps the rows of one stream: told of every change of hands and its time, it
// writes down who waited for what, and for how long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/units.h"
#include "core/workload.h"
#include "sim/plan_times.h"

namespace twinfer {

// Calls follow each request's life; `now_s` never descends. Borrows `times`.
class RowBook {
 public:
  struct Setup {
    const PlanTimes& times;
    std::vector<Request> requests;                        // ids 0, 1, ...
    std::vector<Route> routes;                            // by request id
    std::vector<std::vector<std::string>> stage_devices;  // by stage, then replica
    std::optional<Seconds> deadline;
  };
  explicit RowBook(Setup setup);

  [[nodiscard]] const Route& route(std::uint64_t id) const { return routes_[id]; }

  // `arrival_s`: its nominal time, or now where the window decides.
  void admit(std::uint64_t id, double arrival_s, double now_s);
  void take_up_hop(std::uint64_t id, std::size_t stage, double now_s);
  // Taken up and prepared, it waited so long for the wire: as if taken up only then.
  void hold_up_hop(std::uint64_t id, std::size_t stage, double wait_s);
  void reach_stage(std::uint64_t id, std::size_t stage, double now_s);
  void start_job(std::uint64_t id, std::size_t stage, double now_s);
  // Contention stretches decoding and computing alike.
  void end_job(std::uint64_t id, std::size_t stage, Seconds decode, Seconds compute, double now_s);
  void take_up_result(std::uint64_t id, double now_s);
  void hold_up_result(std::uint64_t id, double wait_s);
  void return_result(std::uint64_t id, double now_s);
  void fail(std::uint64_t id, double arrival_s, double now_s);

  // Rows of every request; those that never came back are failed. Call once.
  RunRows take(double now_s);

 private:
  StageRow& stage_row(std::uint64_t id, std::size_t stage) { return stage_rows_[id * times_->stages() + stage]; }
  // Time since the request's last change of hands, which is now.
  double turn(std::uint64_t id, double now_s);
  RunRows collect();

  const PlanTimes* times_;
  std::vector<Route> routes_;
  std::optional<Seconds> deadline_;
  std::vector<double> since_s_;  // last change of hands, by request
  std::vector<std::size_t> stages_reached_;
  std::vector<bool> ended_;
  std::vector<ResultRow> results_;
  std::vector<StageRow> stage_rows_;  // a row for every request and stage, reached or not
};

}  // namespace twinfer
