// Windows by hand: the live run is a simulation of another world than the one that the twin is told.
#include "cli/standing_twin.h"

#include <doctest/doctest.h>

#include "tests/support/refusal.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

// One layer of 3 s on pi and 1 s on pc, an input of 1000 B over a link of 1000 B/s; every 4 s one arrives.
// By pc: 1 + 1 + 0.256 s.
Scenario one_layer() {
  const LayerGraph graph = tiny::dag({{{}, 1000}, {{0}, 4}});
  Platform platform = tiny::mesh({"pi", "pc"}, 1000);
  platform.links[0].sharing = LinkSharing::kFatpipe;  // as it is written
  Scenario scenario = tiny::scenario(graph, platform, tiny::profiles(graph, platform, {{0, 3}, {0, 1}}));
  scenario.arrivals = {ArrivalProcess::kPeriodic, 0.25};
  scenario.pd_num = 0;
  scenario.requests = 20;
  return scenario;
}

const Plan kOnPc = tiny::plan_of({Stage(1, 1, 1)});
const Plan kOnPi = tiny::plan_of({Stage(0, 1, 1)});

// The twin's platform in a file of its own, and the rows of a world that is different.
struct TwinWorld {
  TemporaryFolder folder;
  Scenario scenario = one_layer();
  TwinSettings settings{.window = Seconds(20)};

  TwinWorld() { scenario.platform = tiny::written(scenario.platform, folder / "platform.xml"); }

  [[nodiscard]] StandingTwin twin(std::vector<Plan> plans = {kOnPc}) const {
    return {scenario, std::move(plans), settings};
  }

  [[nodiscard]] RunRows live(const std::function<void(Scenario&)>& change, const Plan& plan = kOnPc) const {
    Scenario other = scenario;
    change(other);
    const TemporaryFolder elsewhere;
    other.platform = tiny::written(other.platform, elsewhere / "platform.xml");
    return tiny::simulated_on_file(other, plan);
  }
};

void slower_link(Scenario& scenario) { scenario.platform.links[0].bandwidth = BytesPerSecond(500); }

// Those that ended by then.
RunRows by(const RunRows& rows, double end_s) {
  RunRows ended;
  for (const ResultRow& row : rows.results) {
    if (row.arrival_s + row.latency_s >= end_s) continue;
    ended.results.push_back(row);
    ended.stages.push_back(rows.stages[row.request]);
  }
  return ended;
}

}  // namespace

TEST_CASE("a twin that was told the truth predicts every window") {
  const TwinWorld world;
  StandingTwin twin = world.twin();
  const std::vector<WindowReport> reports = twin.take(world.live([](Scenario&) {}), /*ended=*/true);
  REQUIRE(reports.size() == 4);  // 80 s
  for (const WindowReport& report : reports) {
    CAPTURE(report.from_s);
    CHECK(report.to_s == report.from_s + 20);
    CHECK(report.ended == 5);
    CHECK(report.measured.mean_s == doctest::Approx(2.256));
    CHECK_FALSE(report.measured.p50_s);  // of 20 and more
    CHECK(report.error == doctest::Approx(0));
    CHECK_FALSE(report.drifted);
    CHECK_FALSE(report.better);
    CHECK(report.trouble.empty());
  }
  CHECK(twin.first_request() == 20);
}

TEST_CASE("a twin that was told wrong drifts in one window, and is right in the next") {
  const TwinWorld world;
  const auto errors = [&](const std::function<void(Scenario&)>& change) {
    StandingTwin twin = world.twin();
    std::vector<double> found;
    for (const WindowReport& report : twin.take(world.live(change), true)) {
      CHECK(report.drifted == found.empty());
      found.push_back(report.error.value());
    }
    return found;
  };
  const std::vector<double> link = errors(slower_link);
  REQUIRE(link.size() == 4);
  CHECK(link[0] == doctest::Approx(2.256 / 3.512 - 1));
  for (std::size_t i = 1; i < 4; ++i) CHECK(link[i] == doctest::Approx(0).epsilon(0.001));

  const std::vector<double> device =
      errors([](Scenario& s) { s.profiles[1]->layers.at("l1").compute = constant_latency(Seconds(2)); });
  REQUIRE(device.size() == 4);
  CHECK(device[0] == doctest::Approx(2.256 / 3.256 - 1));
  for (std::size_t i = 1; i < 4; ++i) CHECK(device[i] == doctest::Approx(0).epsilon(0.001));
}

TEST_CASE("an error within the band is none") {
  TwinWorld world;
  world.settings.band = 0.4;
  StandingTwin twin = world.twin();
  for (const WindowReport& report : twin.take(world.live(slower_link), true)) CHECK_FALSE(report.drifted);
}

TEST_CASE("a window is over when somebody ended after it, and is told once") {
  const TwinWorld world;
  const RunRows rows = world.live([](Scenario&) {});
  StandingTwin twin = world.twin();
  CHECK(twin.take({}, false).empty());
  CHECK(twin.take(by(rows, 22), false).empty());  // the next one comes back at 22.256 s
  CHECK(twin.first_request() == 0);
  CHECK(twin.take(by(rows, 23), false).size() == 1);
  CHECK(twin.first_request() == 5);
  CHECK(twin.take(by(rows, 23), false).empty());
  CHECK(twin.take(by(rows, 63), false).size() == 2);
  CHECK(twin.take(rows, true).size() == 1);
  CHECK(twin.take(rows, true).empty());
}

TEST_CASE("a queue that grew is part of the prediction") {
  // At 200 B/s a message takes 5 s, and one more arrives every 4: the wait grows by a second each.
  const TwinWorld world;
  StandingTwin twin = world.twin();
  const std::vector<WindowReport> reports =
      twin.take(world.live([](Scenario& s) { s.platform.links[0].bandwidth = BytesPerSecond(200); }), true);
  REQUIRE(reports.size() > 3);
  CHECK(reports[0].drifted);
  for (std::size_t i = 1; i < 4; ++i) CHECK(reports[i].error.value() == doctest::Approx(0).epsilon(0.02));
  CHECK(reports[3].measured.mean_s.value() > reports[1].measured.mean_s.value() + 5);
}

TEST_CASE("a queue that began with a drift is not predicted to have grown before it") {
  const TwinWorld world;
  StandingTwin twin = world.twin();
  const std::vector<WindowReport> reports = twin.take(world.live([](Scenario& s) {
    s.platform.links[0].changes = {{Seconds(40), BytesPerSecond(200)}};
  }),
                                                      true);
  REQUIRE(reports.size() > 4);
  CHECK(reports[1].error == doctest::Approx(0));
  CHECK(reports[2].drifted);
  for (std::size_t i = 3; i < 5; ++i) CHECK(reports[i].error.value() == doctest::Approx(0).epsilon(0.02));
}

TEST_CASE("what links will do the twin is not told") {
  TwinWorld world;
  world.scenario.platform.links[0].changes = {{Seconds(20), BytesPerSecond(300)}};
  world.scenario.platform = tiny::written(world.scenario.platform, world.folder / "changing.xml");
  StandingTwin twin = world.twin();
  const std::vector<WindowReport> reports = twin.take(world.live([](Scenario&) {}), true);
  REQUIRE(reports.size() == 5);  // the last one comes back at 81.2 s
  CHECK(reports[0].error == doctest::Approx(0));
  CHECK(reports[1].error.value() < -0.3);
  CHECK(reports[2].error.value() == doctest::Approx(0).epsilon(0.001));
}

TEST_CASE("another plan is better where its mean is less by the margin, and after a change the twin is of that plan") {
  TwinWorld world;
  world.settings.margin = 0.1;
  StandingTwin twin = world.twin({kOnPc, kOnPi});
  const RunRows slow = world.live([](Scenario& s) { s.platform.links[0].bandwidth = BytesPerSecond(400); });
  const std::vector<WindowReport> first = twin.take(by(slow, 25), false);  // each 2.5 + 1 + 0.64 s
  REQUIRE(first.size() == 1);
  REQUIRE(first[0].better);
  CHECK(first[0].better->plan == 1);
  CHECK(first[0].better->mean_s == doctest::Approx(3));
  CHECK(first[0].better->present_mean_s == doctest::Approx(4.14).epsilon(0.001));

  twin.switch_to(1, 6);
  RunRows rows = slow;
  const RunRows local = world.live([](Scenario&) {}, kOnPi);
  for (std::size_t id = 6; id < 20; ++id) {
    rows.results[id] = local.results[id];
    rows.stages[id] = local.stages[id];
  }
  const std::vector<WindowReport> later = twin.take(rows, true);
  REQUIRE(later.size() == 3);
  CHECK_FALSE(later[0].error);  // some by one, some by the other
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(later[i].plan == 1);
    CHECK(later[i].error == doctest::Approx(0));
    CHECK_FALSE(later[i].better);  // the link is as it was last seen
  }
}

TEST_CASE("requests of the plan before are not held against the new one, whenever they come back") {
  const TwinWorld world;
  StandingTwin twin = world.twin({kOnPc, kOnPi});
  const RunRows rows = world.live([](Scenario&) {});
  CHECK(twin.take(by(rows, 23), false).size() == 1);
  twin.switch_to(1, 19);  // all but one go by the old plan
  const std::vector<WindowReport> later = twin.take(rows, true);
  REQUIRE(later.size() == 3);
  for (const WindowReport& report : later) {
    CHECK_FALSE(report.error);
    CHECK_FALSE(report.drifted);
  }
}

TEST_CASE("where nobody would come back, a plan by which somebody does is better") {
  // 1000 B at 10 B/s take 100 s; the live run stays on pi.
  TwinWorld world;
  world.settings = {.window = Seconds(4), .margin = 0.1};
  world.scenario.platform.links[0].bandwidth = BytesPerSecond(10);
  world.scenario.platform = tiny::written(world.scenario.platform, world.folder / "slow.xml");
  StandingTwin twin = world.twin({kOnPc, kOnPi});
  const std::vector<WindowReport> reports = twin.take(by(world.live([](Scenario&) {}, kOnPi), 12), false);
  REQUIRE_FALSE(reports.empty());
  REQUIRE(reports.back().better);
  CHECK(reports.back().better->plan == 1);
  CHECK_FALSE(reports.back().better->present_mean_s);
  CHECK(reports.back().trouble.find("took another plan") != std::string::npos);
}

TEST_CASE("a plan that is better by less than the margin is none") {
  TwinWorld world;
  world.settings.margin = 0.3;
  StandingTwin twin = world.twin({kOnPc, kOnPi});
  for (const WindowReport& report :
       twin.take(world.live([](Scenario& s) { s.platform.links[0].bandwidth = BytesPerSecond(400); }), true))
    CHECK_FALSE(report.better);
}

TEST_CASE("a closed loop is predicted, too") {
  TwinWorld world;
  world.scenario.arrivals = {};
  world.scenario.pd_num = 1;
  StandingTwin twin = world.twin();
  const std::vector<WindowReport> reports = twin.take(world.live(slower_link), true);
  REQUIRE(reports.size() == 4);  // 20 x 3.512 s
  CHECK(reports[0].drifted);
  for (std::size_t i = 1; i < 4; ++i) CHECK(reports[i].error.value() == doctest::Approx(0).epsilon(0.001));
}

TEST_CASE("a window in which nobody came back says so, and the twin goes on") {
  const TwinWorld world;
  StandingTwin twin = world.twin();
  RunRows rows = world.live([](Scenario&) {});
  for (std::size_t id = 0; id < 5; ++id) rows.results[id].status = Status::kFailed;
  const std::vector<WindowReport> reports = twin.take(rows, true);
  REQUIRE(reports.size() == 4);
  CHECK_FALSE(reports[0].error);
  CHECK(reports[0].trouble.starts_with("no refit: "));
  CHECK(reports[1].error == doctest::Approx(0));
}

TEST_CASE("a scenario that replans has no standing twin") {
  TwinWorld world;
  world.scenario.replan = Replan{0.2};
  CHECK(refusal_of([&] { static_cast<void>(world.twin()); }) ==
        "tiny.yaml: replan: is the scenario's own; a standing twin changes plans with --act");
}
