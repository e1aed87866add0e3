// Imported networks on workers that have never seen them.
#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "models/find_network.h"
#include "tests/live/whole_network.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

const std::vector<long> kShape{1, 4, 8, 8};

// A models folder with one imported network, and workers without it.
void copy_case(const std::string& name, const fs::path& models, const std::string& as) {
  fs::create_directories(models / "imported");
  fs::copy_file(fs::path(TWINFER_TORCHSCRIPT_DIR) / "cases" / (name + ".pt"), imported_file(models, as),
                fs::copy_options::overwrite_existing);
}

WholeNetwork import_whole(const std::string& name, const fs::path& models) {
  copy_case(name, models, name);
  return run_whole(find_network(name, kShape, 1, models));
}

// A models folder with one imported network, and workers without it.
struct ImportedWorld {
  explicit ImportedWorld(const std::string& name) : whole(import_whole(name, models.path())) {
    scenario.model = name;
    scenario.models_dir = models.path();
  }

  TemporaryFolder models;
  WorkerThread first;
  WorkerThread second;
  WholeNetwork whole;
  Scenario scenario = live_scenario(whole.network->graph(), {first.endpoint(), second.endpoint()});
};

void check_every_cut_live(const std::string& name) {
  CAPTURE(name);
  const ImportedWorld world(name);
  Fleet fleet(world.scenario.platform, all_devices(world.scenario), {});
  const LayerId last = world.whole.network->graph().last();
  for (LayerId cut = 1; cut < last; ++cut) {
    const std::vector<float> logits =
        run_in_stages(fleet, world.scenario, {{0, 1, cut}, {1, cut + 1, last}}, world.whole.input.front());
    CHECK(largest_difference(logits, world.whole.logits) <= 1e-5F);
  }
}

TEST_CASE("an imported network travels to workers and says the same over every cut") {
  check_every_cut_live("Skip");
  check_every_cut_live("SeveralResults");
  check_every_cut_live("InPlace");
}

TEST_CASE("a module that was replaced by another one since it was planned is refused by the worker") {
  const ImportedWorld world("Skip");
  copy_case("ManyOutputs", world.models.path(), "Skip");
  Fleet fleet(world.scenario.platform, all_devices(world.scenario), {});
  const LayerId last = world.whole.network->graph().last();
  CHECK_THROWS_WITH_AS(
      run_in_stages(fleet, world.scenario, {{0, 1, 3}, {1, 4, last}}, world.whole.input.front()),
      (to_string(world.first.endpoint()) + ": layers: `3`: Skip has layers 1 to 2; each once, ascending").c_str(),
      ConnectionError);
}

}  // namespace
}  // namespace twinfer
