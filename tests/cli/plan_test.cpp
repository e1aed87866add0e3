#include <algorithm>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/command_world.h"

using namespace twinfer;

// Inputs of 1024 B, layers of 2, 3 and 1 s on pi (head 0.25 s) and of 0.25, 0.5
// and 0.125 s on pc (head 0.125 s), a wire of 0.5 s + bytes / 256 B/s.
TEST_CASE("a plan is printed step by step, and the steps add up to its latency") {
  CommandWorld world;
  world.set("exits", "{threshold: 0.9}");
  // split:1: 2 + 0.25 on pi; 0.5 + 512 / 256 on the wire; 0.5 + 0.125 on pc;
  // the result 0.5 + 256 / 256
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "split:1"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "split:1: pi[1-1] pc[2-3]\n"
        "  predicted latency 6.88 s, bottleneck 2.25 s (stage 1 on pi): at most 0.444 requests/s\n"
        "\n"
        "  step     where      what                size  time (ms)\n"
        "  hop 1    within pi  input            1.02 kB      0.000\n"
        "  stage 1  pi         1: l1                      2250.000\n"
        "  hop 2    pi -> pc   l1                 512 B   2500.000\n"
        "  stage 2  pc         2-3: l2 .. l3               625.000\n"
        "  result   pc -> pi   class and times    256 B   1500.000\n");
}

TEST_CASE("an explained plan lists the candidates that lost, best first") {
  CommandWorld world;
  world.set("exits", "{threshold: 0.9}");
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "neurosurgeon", "--explain"});
  CHECK(outcome.code == 0);
  // local 6.25; after l1 6.875; remote 4.5 + 1 + 1.5 = 7; after l2 5.25 + 1.5 + 0.125 + 1.5 = 8.375
  CHECK(outcome.out.find("  Minimised: latency of one request alone.\n") != std::string::npos);
  CHECK(outcome.out.find("\n"
                         "  candidate        cost (ms)  over the best (%)\n"
                         "  pi[1-3]           6250.000                0.0  chosen\n"
                         "  pi[1-1] pc[2-3]   6875.000              +10.0\n"
                         "  pc[1-3]           7000.000              +12.0\n"
                         "  pi[1-2] pc[3-3]   8375.000              +34.0\n") != std::string::npos);
}

// On the wire: the input 4 s, the result 1 s, and 0.5 s of latency each. Half the
// bandwidth doubles 5 s and keeps pi ahead; remote takes 0.875 + 1 + 5 / x s, which
// is 6 s at x = 40 / 33.
TEST_CASE("an explained plan says where a single device is best and how far that holds") {
  CommandWorld world;
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "neurosurgeon", "--explain"});
  CHECK(outcome.out.find("  A single device does it all: pi.\n"
                         "  Another plan with bandwidths above 1.2") != std::string::npos);
  world.set("arrivals", "{process: poisson, rate_hz: 0.1}");
  CHECK(world.run({"plan", "s.yaml", "-p", "local", "--explain"})
            .out.find("  The same plan at every doubling of bandwidths from 1/1024 to 1024 times today's.\n"
                      "  The same plan at every doubling of a load from 1/1024 to 1024 times today's.\n") !=
        std::string::npos);
}

TEST_CASE("a plan is drawn with a colour for each device and bytes on cut edges") {
  const CommandWorld world;
  CHECK(world.run({"plan", "s.yaml", "-p", "split:1", "--picture", "plan.dot"}).code == 0);
  const std::string dot = world.folder.read("plan.dot");
  CHECK(dot.find("label=\"split:1 of tiny: pi[1-1] pc[2-3]\"") != std::string::npos);
  CHECK(dot.find("n0 -> n1;") != std::string::npos);
  CHECK(dot.find("n1 -> n2 [label=\"  512 B\"") != std::string::npos);
  CHECK(world.run({"plan", "s.yaml", "-p", "split:1", "--picture", "plan.svg"}).code == 0);
  CHECK(world.folder.read("plan.svg").find("</svg>") != std::string::npos);
  CHECK_FALSE(world.has("plan.svg.dot"));

  const Outcome two = world.run({"plan", "s.yaml", "--picture", "plan.dot"});
  CHECK(two.code == 2);
  CHECK(two.err == "twinfer: --picture draws one plan; choose it with --policy NAME\n");
  const Outcome other = world.run({"plan", "s.yaml", "-p", "local", "--picture", "plan.jpg"});
  CHECK(other.code == 2);
  CHECK(other.err == "twinfer: --picture: `plan.jpg`: must end with .dot, .svg, .png or .pdf\n");
}

TEST_CASE("a quote in a layer's name stays in its label") {
  const CommandWorld world;
  for (const char* file : {"models/graphs/tiny.csv", "models/profiles/tiny/pi.csv", "models/profiles/tiny/pc.csv"})
    world.folder.write(file, replaced(world.folder.read(file), ",l2,", ",l\"2\\,"));
  CHECK(world.run({"plan", "s.yaml", "-p", "local", "--picture", "plan.dot"}).code == 0);
  CHECK(world.folder.read("plan.dot").find(R"(n2 [label="l\"2\\\nconv")") != std::string::npos);
  CHECK(world.run({"plan", "s.yaml", "-p", "local", "--picture", "plan.svg"}).code == 0);
}

TEST_CASE("policies on the command line replace those of the scenario") {
  const CommandWorld world;
  const Outcome both = world.run({"plan", "s.yaml"});
  CHECK(both.out.find("local: pi[1-3]") == 0);
  CHECK(both.out.find("\n\nsplit:1: pi[1-1] pc[2-3]") != std::string::npos);
  const Outcome one = world.run({"plan", "s.yaml", "--policy", "remote"});
  CHECK(one.out.find("remote: pc[1-3]") == 0);
  CHECK(one.out.find("local") == std::string::npos);
}

TEST_CASE("a plan as JSON names every layer and is in seconds and bytes") {
  const Outcome outcome = CommandWorld().run({"plan", "s.yaml", "-p", "split:1", "--json"});
  const nlohmann::json plan = nlohmann::json::parse(outcome.out).at("plans").at(0);
  CHECK(plan.at("policy") == "split:1");
  CHECK(plan.at("predicted_latency_s") == 6.625);  // as above, without the head
  CHECK(plan.at("stages").at(1).at("device") == "pc");
  CHECK(plan.at("stages").at(1).at("layers") == nlohmann::json{"l2", "l3"});
  CHECK(plan.at("stages").at(1).at("hop_bytes") == 512);
  CHECK(plan.at("stages").at(1).at("hop_s") == 2.5);
  CHECK(plan.at("candidates").size() == 3);
}

TEST_CASE("a plan that chooses thresholds says which, and its simulation uses them") {
  // Both samples are right at the head, so all leave there: after 2 s + 0.25 s on pi, or on pc
  // after 0.5 s + 4 s of way, 0.375 s, and 1.5 s back.
  CommandWorld world;
  world.set("min_accuracy", "1");
  const Outcome planned = world.run({"plan", "s.yaml", "-p", "joint", "--json"});
  REQUIRE(planned.code == 0);
  const nlohmann::json plan = nlohmann::json::parse(planned.out).at("plans").at(0);
  CHECK(plan.at("exits") == nlohmann::json{{"rule", "max-softmax"}, {"thresholds", {{"exit1", 0.25}}}});
  CHECK(plan.at("why") == "Thresholds exit1 from 0.25: 100 % right, 2.25 s on average with these cuts.");
  const Outcome simulated = world.run({"sim", "s.yaml", "-p", "joint", "--json"});
  REQUIRE(simulated.code == 0);
  const nlohmann::json run = nlohmann::json::parse(simulated.out).at("runs").at(0);
  CHECK(run.at("plan") == "pi[1-3], leaving at exit1 0.25");  // another plan than with the scenario's thresholds
  CHECK(run.at("summary").at("accuracy") == 1);
}

TEST_CASE("an accuracy that no thresholds reach is refused in one line") {
  CommandWorld world;
  ExitTrace trace = tiny::trace(world.graph, {{0.5, 0.75}, {1, 0.25}});
  for (ExitObservation& exit : trace.samples[0].exits) exit.predicted = 1;  // wrong everywhere
  save_exit_trace(trace, world.graph, world.folder.path() / "models/exits/tiny.csv");
  world.set("min_accuracy", "0.9");
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "joint"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "twinfer: s.yaml: minimum accuracy: `0.9`: no thresholds reach it; the best found have 0.5\n");
}

TEST_CASE("planning leaves no file") {
  const CommandWorld world;
  CHECK(world.run({"plan", "s.yaml"}).code == 0);
  CHECK_FALSE(world.has("twinfer-results.sqlite"));
}

// On a PoweredWorld. s, s of bottleneck, J:
//   pi pi pi  6       6    12
//   pi pc pc  6.625   2.5  2 x 2 + 8 x 0.625 + 2 x 768 / 256 = 15
//   pi pi pc  8.125   5    10 + 1 + 4 = 15, beaten by the one above
//   pc pc pc  6.875   4.5  7 + 10 = 17, beaten, too

TEST_CASE("a plan says what energy a request needs, where its devices state their power") {
  const PoweredWorld world;
  CHECK(world.run({"plan", "s.yaml", "-p", "split:1"})
            .out.find("requests/s\n  energy of one request 15.0 J, above what the devices draw at rest\n\n  step") !=
        std::string::npos);
  const Outcome json = world.run({"plan", "s.yaml", "-p", "split:1", "--json"});
  CHECK(nlohmann::json::parse(json.out).at("plans").at(0).at("energy_j") == 15);
  const Outcome powerless = CommandWorld().run({"plan", "s.yaml", "-p", "split:1", "--json"});
  CHECK(nlohmann::json::parse(powerless.out).at("plans").at(0).at("energy_j").is_null());
}

TEST_CASE("candidates of energy are priced in joules, those of others in seconds") {
  // As above: one layer moved to pc, and all of them.
  PoweredWorld world;
  world.set("deadline_s", "100");
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "energy", "--explain"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("  Minimised: energy of one request that keeps the deadline.\n"
                         "  No plan that keeps 100 s needs less than 12 J; next comes pi[1-1] pc[2-3], 3 J more; the "
                         "fastest, pi[1-3], needs 12 J and takes 6 s.\n") != std::string::npos);
  CHECK(outcome.out.find("\n"
                         "  candidate        cost (mJ)  over the best (%)\n"
                         "  pi[1-3]          12000.000                0.0  chosen\n"
                         "  pi[1-1] pc[2-3]  15000.000              +25.0\n"
                         "  pi[1-2] pc[3-3]  15000.000              +25.0\n"
                         "  pc[1-3]          17000.000              +41.7\n") != std::string::npos);
  const auto second = [&world](const char* policy) {
    const Outcome json = world.run({"plan", "s.yaml", "-p", policy, "--json"});
    return nlohmann::json::parse(json.out).at("plans").at(0).at("candidates").at(1);
  };
  CHECK(second("energy") == nlohmann::json{{"plan", "pi[1-1] pc[2-3]"}, {"cost", 15}, {"unit", "J"}});
  CHECK(second("local") == nlohmann::json{{"plan", "pc[1-3]"}, {"cost", 6.875}, {"unit", "s"}});
}

TEST_CASE("the front is printed with its policies, and those that are not on it") {
  const Outcome outcome = PoweredWorld().run({"plan", "s.yaml", "--pareto"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "s: 2 plans along pi, pc that no other beats in latency, throughput and energy at once\n"
        "\n"
        "latency (ms)  throughput (1/s)  energy (J)  plan             policy\n"
        "    6000.000             0.167        12.0  pi[1-3]          local\n"
        "    6625.000             0.500        15.0  pi[1-1] pc[2-3]  split:1\n"
        "\n"
        "Policies whose plan is not on it: remote.\n"
        "Energy is what a request adds; at rest the devices draw 11 W together, whatever the plan.\n");
}

TEST_CASE("the front leaves energy out where the platform states no power, and says so") {
  const Outcome outcome = CommandWorld().run({"plan", "s.yaml", "-p", "local", "--pareto"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out ==
        "s: 2 plans along pi, pc that no other beats in latency and throughput at once\n"
        "\n"
        "latency (ms)  throughput (1/s)  plan             policy\n"
        "    6000.000             0.167  pi[1-3]          local\n"
        "    6625.000             0.500  pi[1-1] pc[2-3]\n"
        "\n"
        "Energy is left out: platform.xml: host pi, wattage_per_state: is missing; energy needs it, as IDLE:ALLCORES "
        "in watts.\n");
}

TEST_CASE("the front is written as CSV and printed as JSON, in SI units") {
  const PoweredWorld world;
  const Outcome outcome = world.run({"plan", "s.yaml", "--pareto", "--json", "--csv", "front.csv"});
  CHECK(outcome.code == 0);
  CHECK(world.folder.read("front.csv") ==
        "plan,latency_s,bottleneck_s,energy_j,policies\n"
        "pi[1-3],6,6,12,local\n"
        "pi[1-1] pc[2-3],6.625,2,15,split:1\n");
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  CHECK(result.at("scenario") == "s");
  CHECK(result.at("at_rest_w") == 11);
  CHECK(result.at("no_energy") == "");
  REQUIRE(result.at("front").size() == 2);
  CHECK(result.at("front").at(1) == nlohmann::json{{"plan", "pi[1-1] pc[2-3]"},
                                                   {"latency_s", 6.625},
                                                   {"bottleneck_s", 2.0},
                                                   {"energy_j", 15},
                                                   {"policies", {"split:1"}}});
  const CommandWorld powerless;
  CHECK(powerless.run({"plan", "s.yaml", "--pareto", "--csv", "front.csv"}).code == 0);
  CHECK(powerless.folder.read("front.csv").find("pi[1-3],6,6,,local\n") != std::string::npos);
}

TEST_CASE("a front that cannot be written, or options that do not go together, are refused") {
  const CommandWorld world;
  const auto refused = [&world](std::vector<std::string> options) {
    options.insert(options.begin(), {"plan", "s.yaml"});
    const Outcome outcome = world.run(options);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(refused({"--pareto", "--csv", "nowhere/front.csv"}) ==
        "twinfer: nowhere/front.csv: cannot be written (No such file or directory)\n");
  CHECK_FALSE(world.has("nowhere"));
  CHECK(refused({"--csv", "front.csv"}) == "twinfer: --csv FILE needs --pareto\n");
  CHECK(refused({"--pareto", "--explain"}) == "twinfer: --explain explains plans; leave out --pareto\n");
  CHECK(refused({"--pareto", "--picture", "p.dot"}) == "twinfer: --picture draws one plan; leave out --pareto\n");
  CHECK_FALSE(world.has("front.csv"));
}

TEST_CASE("a long front is cut to its best plans and others between them, unless all are asked for") {
  PoweredWorld world;
  std::vector<double> bytes{4096};
  std::vector<double> pi_s{0};
  std::vector<double> pc_s{0};
  for (int i = 0; i < 42; ++i) {  // the best throughput and the policy stand between the rows evenly spaced
    bytes.push_back(512);
    pi_s.push_back(1);
    pc_s.push_back(0.5);
  }
  world.graph = tiny::chain(bytes);
  save_layer_graph(world.graph, world.folder.path() / "models/graphs/tiny.csv");
  world.save_profile(tiny::profile(world.graph, "pi", pi_s));
  world.save_profile(tiny::profile(world.graph, "pc", pc_s));
  std::filesystem::remove(world.folder.path() / "models/exits/tiny.csv");
  world.set("policies", "['split:17']");
  const auto rows = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  const std::string some = world.run({"plan", "s.yaml", "--pareto"}).out;
  const std::string all = world.run({"plan", "s.yaml", "--pareto", "--all"}).out;
  CHECK(rows(all) > 25);
  CHECK(rows(some) == 3 + 20 + 3);
  CHECK(some.find("\nand " + std::to_string(rows(all) - 3 - 20 - 2) + " more (--all)\n") != std::string::npos);
  CHECK(some.find("pi[1-17] pc[18-42]  split:17\n") != std::string::npos);
  const nlohmann::json front =
      nlohmann::json::parse(world.run({"plan", "s.yaml", "--pareto", "--json"}).out).at("front");
  for (const char* objective : {"latency_s", "bottleneck_s", "energy_j"}) {
    const auto least = std::ranges::min_element(
        front, {}, [&](const nlohmann::json& plan) { return plan.at(objective).get<double>(); });
    CHECK(some.find("  " + least->at("plan").get<std::string>()) != std::string::npos);
  }
}

// Every second input goes to pc, in 4.5 s, the others stay: 2.25 s on average. pc
// computes 0.875 s, pi 6 s, which is 3 s of an average request; results take 1.5 s
// from pc. pc alone takes every input, whose bytes hold the wire for 4 s.
TEST_CASE("a stage with replicas is printed and drawn with all its devices") {
  CommandWorld world;
  world.set("source", "pi");
  world.set("chain", "[pc, pi]");
  world.set("replicas", "2");
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "exact-throughput", "--explain", "--picture", "plan.dot"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("exact-throughput: {pc,pi}[1-3]\n"
                         "  predicted latency 6.44 s, bottleneck 3.00 s (stage 1 on pi): at most 0.333 requests/s\n"
                         "\n"
                         "  step     where          what                size  time (ms)\n"
                         "  hop 1    pi -> {pc,pi}  input            1.02 kB   2250.000\n"
                         "  stage 1  {pc,pi}        1-3: l1 .. l3              3437.500\n"
                         "  result   {pc,pi} -> pi  class and times    256 B    750.000\n"
                         "  Replicas take turns, request r is served by the one at r mod their number; times are "
                         "averages over them.\n") == 0);
  CHECK(outcome.out.find("single device") == std::string::npos);
  CHECK(outcome.out.find("  {pc,pi}[1-3]   3000.000                0.0  chosen\n"
                         "  pc[1-3]        4000.000              +33.3\n") != std::string::npos);
  const std::string dot = world.folder.read("plan.dot");
  CHECK(dot.find("n1 [label=\"l1\\nconv\", fillcolor=\"#8da0cb:#e78ac3\", style=striped];") != std::string::npos);
  CHECK(dot.find("n0 -> n1 [label=\"  1.02 kB\"") != std::string::npos);
  CHECK(dot.find("d3 [label=\"pi\"") != std::string::npos);
  CHECK(dot.find("d2 [label=\"pc\"") != std::string::npos);

  const nlohmann::json stage =
      nlohmann::json::parse(world.run({"plan", "s.yaml", "-p", "exact-throughput", "--json"}).out)
          .at("plans")
          .at(0)
          .at("stages")
          .at(0);
  CHECK(stage.at("device") == "{pc,pi}");
  CHECK(stage.at("replicas") == nlohmann::json{"pc", "pi"});
  CHECK(stage.at("compute_s") == 3.4375);
}

// At 2560 B/s pc takes 2 x 0.5 + (1024 + 256) / 2560 + 0.875 s, pi 6 s as before.
TEST_CASE("a plan tells what a change of bandwidth will lead to") {
  CommandWorld world;
  std::string platform = kTinyPlatform;
  const std::string link = "<link id=\"wire\"";
  platform.replace(platform.find(link), link.size(), link + " bandwidth_file=\"wire.txt\"");
  world.folder.write("platform.xml", platform);
  world.folder.write("wire.txt", "10 2560\n");
  CHECK(world.run({"plan", "s.yaml", "-p", "neurosurgeon"}).out.find("decided") == std::string::npos);

  world.set("replan", "{on_bandwidth_change: 0.2}");
  const Outcome outcome = world.run({"plan", "s.yaml", "-p", "neurosurgeon"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.starts_with("neurosurgeon: pi[1-3]\n"));
  CHECK(
      outcome.out.ends_with("\n"
                            "  decided (s)  because             plan     moved there\n"
                            "         10.0  wire 0.0205 Mbit/s  pc[1-3]  nothing\n"));
  const nlohmann::json later =
      nlohmann::json::parse(world.run({"plan", "s.yaml", "-p", "neurosurgeon", "--json"}).out)["plans"][0]["later"];
  REQUIRE(later.size() == 1);
  CHECK(later[0]["plan"] == "pc[1-3]");
  CHECK(
      world.run({"plan", "s.yaml", "-p", "local"}).out.ends_with("  No change of bandwidth leads to another plan.\n"));
}
