// What could abort or hang SimGrid: exceptions in actors, hosts that do not
// exist, sources side by side.
#include <doctest/doctest.h>

#include "sim/crew.h"
#include "sim/sim_engine.h"
#include "sim/streams.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

const std::vector<Stage> kSplit{{0, 1, 1}, {1, 2, 2}};

tiny::World two_devices() {
  return {tiny::chain({100, 40, 8}), tiny::mesh({"pi", "pc"}, 100, 0.5), {{0, 2, 3}, {0, 0.2, 0.3}}};
}

}  // namespace

TEST_CASE("an exception in an actor ends the run and reaches its caller") {
  const TemporaryFolder folder;
  const Platform platform = tiny::written(tiny::mesh({"a", "b"}, 100), folder / "p.xml");
  const IsolatedOutcome outcome = run_isolated([&platform]() -> std::string {
    SimEngine engine({.platform = platform.file});
    Crew crew;
    crew.add_source("patient", engine.host("a"), [] { simgrid::s4u::this_actor::sleep_for(1e6); });
    crew.add_worker("clumsy", engine.host("b"), []() {
      simgrid::s4u::this_actor::sleep_for(3);
      throw InputError("w.xml", "field", "", "nobody expected this");
    });
    engine.run();
    if (simgrid::s4u::Engine::get_clock() > 3.5) return "went on";
    crew.rethrow();
    return "nothing thrown";
  });
  CHECK(outcome.bad_input);
  CHECK(outcome.error == "w.xml: field: nobody expected this");
}

TEST_CASE("a device that the platform file does not hold is bad input") {
  const TemporaryFolder folder;
  Scenario scenario = tiny::scenario(two_devices());
  scenario.platform.file = tiny::written(tiny::mesh({"pi", "phone"}, 100), folder / "p.xml").file;
  CHECK_THROWS_WITH_AS(tiny::simulated_on_file(scenario, tiny::plan_of(kSplit)),
                       (scenario.platform.file + ": host: `pc`: is not in this platform file").c_str(), InputError);
}

TEST_CASE("links run as the scenario states them, whatever the platform file says") {
  // The file: 100 B/s and 0.5 s. Stated anew: 200 B/s and 0.25 s. A tensor of 40 B and a result of 256 B cross.
  const TemporaryFolder folder;
  Scenario scenario = tiny::scenario(two_devices());
  scenario.platform = tiny::written(scenario.platform, folder / "p.xml");
  scenario.platform.links[0].bandwidth = BytesPerSecond(200);
  scenario.platform.links[0].latency = Seconds(0.25);
  const RunRows rows = tiny::simulated_on_file(scenario, tiny::plan_of(kSplit));
  CHECK(rows.stages.at(1).transfer_s == doctest::Approx(0.25 + 40 / 200.0).epsilon(1e-9));
  CHECK(rows.results.at(0).result_return_s == doctest::Approx(0.25 + 256 / 200.0).epsilon(1e-9));
}

TEST_CASE("a link that the platform file does not hold is bad input") {
  const TemporaryFolder folder;
  Scenario scenario = tiny::scenario(two_devices());
  scenario.platform = tiny::written(scenario.platform, folder / "p.xml");
  scenario.platform.links[0].name = "string";
  CHECK_THROWS_WITH_AS(tiny::simulated_on_file(scenario, tiny::plan_of(kSplit)),
                       (scenario.platform.file + ": link: `string`: is not in this platform file").c_str(), InputError);
}

TEST_CASE("sources with hosts and links of their own do not feel each other") {
  // Twice the same pair of devices: rows equal those of a run alone.
  const tiny::World world(tiny::chain({100, 40, 8}),
                          tiny::network({"pi", "pc", "pi2", "pc2"}, {{0, 1, 100, 0.5}, {2, 3, 100, 0.5}}),
                          {{0, 2, 3}, {0, 0.2, 0.3}, {0, 2, 3}, {0, 0.2, 0.3}});
  const TemporaryFolder folder;
  Scenario scenario = tiny::scenario(world);
  scenario.requests = 5;
  scenario.pd_num = 3;
  scenario.platform = tiny::written(scenario.platform, folder / "p.xml");
  const std::vector<SourcePlan> sources{{0, tiny::plan_of(kSplit), 1}, {2, tiny::plan_of({{2, 1, 1}, {3, 2, 2}}), 1}};

  const IsolatedOutcome outcome = run_isolated([&] {
    std::vector<RunRows> rows = simulate_streams(scenario, sources);
    for (StageRow& row : rows.at(1).stages) row.device.resize(2);
    return encode_rows(rows[0]) == encode_rows(rows[1]) ? encode_rows(rows[0]) : "";
  });
  REQUIRE_MESSAGE(outcome.ok, outcome.error);
  CHECK(outcome.output == encode_rows(tiny::simulated_on_file(scenario, tiny::plan_of(kSplit))));
}
