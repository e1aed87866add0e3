// A folder with a sweep, rates.yaml, over the tiny scenario.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/sweep_store.h"
#include "tests/cli/command_world.h"

namespace twinfer {

class SweepWorld : public CommandWorld {
 public:
  SweepWorld() { sweep("axes: {requests: [1, 2, 3], policy: [local, remote]}\nreplications: 2\n"); }

  void sweep(const std::string& rest) const { folder.write("rates.yaml", "scenario: s.yaml\n" + rest); }

  [[nodiscard]] std::vector<SweptRun> runs(const std::string& store, const std::string& name = "rates") const {
    return SweepStore(folder.path() / store, StoreAccess::kRead).runs(name);
  }

  // What the rows say, without what differs from one making to another.
  [[nodiscard]] std::string content(const std::string& store) const {
    nlohmann::json content = nlohmann::json::array();
    for (SweptRun& run : runs(store)) {
      run.measures.erase("wall_s");
      content.push_back({run.key, run.point, run.replication, run.info.status, run.info.error, run.info.plan,
                         run.info.policy, run.info.seed, run.info.scenario_text, run.measures,
                         ResultStore(folder.path() / store, StoreAccess::kRead).rows(run.info.id).results.size()});
    }
    return content.dump(1);
  }
};

}  // namespace twinfer
