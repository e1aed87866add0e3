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

// The plan that a request goes by, and how it goes.
struct Journey {
  const PlanTimes* times = nullptr;
  const Route* route = nullptr;
};

// Calls follow each request's life; `now_s` never descends. Borrows journeys.
class RowBook {
 public:
  // `requests` have ids 0, 1, ...
  RowBook(const std::vector<Request>& requests, std::optional<Seconds> deadline);

  // `arrival_s`: its nominal time, or now where the window decides. A request whose
  // route has an error has failed at once.
  void admit(std::uint64_t id, Journey journey, double arrival_s, double now_s);
  [[nodiscard]] bool has_failed(std::uint64_t id) const { return !journeys_[id].route->error.empty(); }
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

  // Rows of every request; those that never came back are failed. Call once.
  RunRows take(double now_s);

 private:
  // Time since the request's last change of hands, which is now.
  double turn(std::uint64_t id, double now_s);
  RunRows collect();

  std::optional<Seconds> deadline_;
  // By request.
  std::vector<Journey> journeys_;
  std::vector<double> since_s_;  // last change of hands
  std::vector<bool> ended_;
  std::vector<ResultRow> results_;
  std::vector<std::vector<StageRow>> stage_rows_;  // of the stages that it reached
};

}  // namespace twinfer
