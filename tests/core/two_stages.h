// Layer 1 on pi and layer 2 on pc, behind a link of 1 s and 10 kB/s, with a head behind layer 1; messages have 0.1 s of
// overhead. Runs of it are made by hand, row by row.
#pragma once

#include "tests/support/tiny.h"

namespace twinfer::tiny {

struct TwoStages {
  World world;
  Scenario scenario;
  Plan plan;

  // `cut_bytes`: of the message between the stages.
  TwoStages(double cut_bytes, double encode_s, double decode_s)
      : world{chain({40, cut_bytes, 4}, {1}),
              mesh({"pi", "pc"}, 1e4, 1),
              {{0, 2, 4}, {0, 0.25, 0.5}},
              {{1}, {1}},
              {encode_s, decode_s, 0.1}},
        scenario(tiny::scenario(world)) {
    plan.stages = {Stage(0, 1, 1), Stage(1, 2, 2)};
  }
};

// Of the next request, which ran to the end.
inline ResultRow& add_result(RunRows& rows, double return_s) {
  ResultRow& result = rows.results.emplace_back();
  result.request = rows.results.size() - 1;
  result.status = Status::kOk;
  result.exit = 1;
  result.result_return_s = return_s;
  return result;
}

// Of the last request.
inline StageRow& add_stage(RunRows& rows, std::uint64_t stage, double compute_s) {
  StageRow& row = rows.stages.emplace_back();
  row.request = rows.results.back().request;
  row.stage = stage;
  row.device = stage == 0 ? "pi" : "pc";
  row.compute_s = compute_s;
  return row;
}

}  // namespace twinfer::tiny
