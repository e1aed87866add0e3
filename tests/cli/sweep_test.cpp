// twinfer sweep, store and table, as a person uses them.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "report/sweep_store.h"
#include "tests/cli/node_world.h"
#include "tests/cli/sweep_world.h"

namespace twinfer {
namespace {

TEST_CASE_FIXTURE(SweepWorld, "a sweep makes every run once, and what it has is not made again") {
  const Outcome first = run({"sweep", "rates.yaml", "--store", "r.sqlite"});
  CHECK(first.err.empty());
  REQUIRE(first.code == 0);
  CHECK(first.out.find("rates: 12 runs over requests (3) x policy (2), 2 replications\n") == 0);
  CHECK(first.out.find("12 runs made in ") != std::string::npos);
  REQUIRE(runs("r.sqlite").size() == 12);
  const SweptRun made = runs("r.sqlite")[2];
  CHECK(made.point == std::vector<std::string>{"1", "remote"});
  CHECK(made.info.policy == "remote");
  CHECK(made.info.status == "complete");
  CHECK(made.measures.at("requests") == 1);

  const Outcome again = run({"sweep", "rates.yaml", "--store", "r.sqlite", "--json"});
  CHECK(again.code == 0);
  const nlohmann::json json = nlohmann::json::parse(again.out);
  CHECK(json["present"] == 12);
  CHECK(json["made"] == 0);
  CHECK(runs("r.sqlite").size() == 12);
}

TEST_CASE_FIXTURE(SweepWorld, "a run's rows equal those of the simulation alone") {
  sweep("axes: {seed: [7]}\nkeep_rows: true\n");
  set("arrivals", "{process: poisson, rate_hz: 0.2}");
  REQUIRE(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).code == 0);
  set("seed", "7");
  REQUIRE(run({"sim", "s.yaml", "--store", "alone.sqlite"}).code == 0);
  const ResultStore swept(folder.path() / "r.sqlite", StoreAccess::kRead);
  const ResultStore alone(folder.path() / "alone.sqlite", StoreAccess::kRead);
  REQUIRE(alone.runs().size() == 2);
  for (const RunInfo& info : alone.runs())
    for (const SweptRun& made : runs("r.sqlite")) {
      if (made.info.policy != info.policy) continue;
      const RunRows a = alone.rows(info.id);
      const RunRows b = swept.rows(made.info.id);
      REQUIRE(b.results.size() == a.results.size());
      for (std::size_t i = 0; i < a.results.size(); ++i) CHECK(a.results[i].latency_s == b.results[i].latency_s);
      CHECK(b.stages.size() == a.stages.size());
      CHECK(made.info.seed == 7);
    }
}

TEST_CASE_FIXTURE(SweepWorld, "a dry run says how much there is to do and stores nothing") {
  const Outcome dry = run({"sweep", "rates.yaml", "--store", "r.sqlite", "--dry-run"});
  CHECK(dry.code == 0);
  CHECK(dry.out.find("rates: 12 runs") == 0);
  CHECK(dry.out.find("\nabout ") != std::string::npos);
  CHECK_FALSE(has("r.sqlite"));
}

TEST_CASE_FIXTURE(SweepWorld, "shards merged hold what one machine makes") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "whole.sqlite", "-j", "2"}).code == 0);
  for (const char* shard : {"1", "2", "3"})
    REQUIRE(
        run({"sweep", "rates.yaml", "--store", std::string(shard) + ".sqlite", "--shard", std::string(shard) + "/3"})
            .code == 0);
  CHECK(runs("2.sqlite").size() == 4);
  const Outcome merged = run({"store", "merge", "joined.sqlite", "1.sqlite", "2.sqlite", "3.sqlite"});
  CHECK(merged.code == 0);
  CHECK(merged.out == "1.sqlite: 4 runs taken in\n2.sqlite: 4 runs taken in\n3.sqlite: 4 runs taken in\n");
  CHECK(content("joined.sqlite") == content("whole.sqlite"));
  CHECK(run({"store", "merge", "joined.sqlite", "1.sqlite"}).out == "1.sqlite: 0 runs taken in\n");
}

TEST_CASE_FIXTURE(SweepWorld, "a sweep killed at any moment goes on to the rows of an undisturbed one") {
  constexpr std::size_t kRuns = 40 * 3 * 2;
  sweep("axes: {requests: {range: [1, 40], step: 1}, policy: [local, remote, 'split:1']}\nreplications: 2\n");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(run({"sweep", "rates.yaml", "--store", "whole.sqlite"}).code == 0);
  const std::chrono::microseconds undisturbed =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  std::mt19937_64 random(4);
  std::size_t partial = 0;
  std::size_t last = 0;
  for (int kill = 0; kill < 20 && last < kRuns; ++kill) {
    const pid_t child = start(program, {"sweep", "rates.yaml", "--store", "killed.sqlite"});
    // Up to half of what all takes: the last runs are reached in several goes only.
    usleep(static_cast<useconds_t>(random() % static_cast<std::uint64_t>(undisturbed.count() / 2)));
    ::kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (!has("killed.sqlite")) continue;
    std::size_t now = 0;
    try {
      now = SweepStore(folder.path() / "killed.sqlite").statuses("rates").size();
    } catch (const InputError&) {
      FAIL("a killed sweep left a store that cannot be opened");
    }
    CHECK(now >= last);
    if (now > last && now < kRuns) ++partial;
    last = now;
  }
  CHECK(partial >= 1);
  REQUIRE(run({"sweep", "rates.yaml", "--store", "killed.sqlite"}).code == 0);
  CHECK(content("killed.sqlite") == content("whole.sqlite"));
}

TEST_CASE_FIXTURE(SweepWorld, "a sweep that finds the disk full says so, keeps what it has, and goes on later") {
  // A limit on the size of files stands in for a full disk: 200 blocks of 512 bytes.
  sweep("axes: {requests: {range: [1, 60], step: 1}, policy: [local, remote]}\n");
  REQUIRE(run({"sweep", "rates.yaml", "--store", "whole.sqlite"}).code == 0);
  const Outcome full = run_program("/bin/sh", {"-c", "trap '' XFSZ; ulimit -f 200; exec " + program.string() +
                                                         " sweep rates.yaml --store r.sqlite"});
  CHECK(full.code == 2);
  CHECK(full.err == "twinfer: r.sqlite: the result store cannot be written: the disk is full or failing\n");
  const std::size_t kept = runs("r.sqlite").size();
  CHECK(kept > 0);
  CHECK(kept < 120);
  REQUIRE(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).code == 0);
  CHECK(content("r.sqlite") == content("whole.sqlite"));
}

TEST_CASE_FIXTURE(SweepWorld, "a run that cannot be is stored as failed, and the others are made") {
  sweep("axes: {policy: [local, joint]}\n");  // joint needs a minimum accuracy
  const Outcome outcome = run({"sweep", "rates.yaml", "--store", "r.sqlite"});
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("twinfer: policy=joint: ") == 0);
  CHECK(outcome.out.find(" 1 failed\n") != std::string::npos);
  REQUIRE(runs("r.sqlite").size() == 2);
  CHECK(runs("r.sqlite")[0].info.status == "failed");
  CHECK(runs("r.sqlite")[0].info.error.find("min_accuracy") != std::string::npos);
  CHECK(runs("r.sqlite")[1].info.status == "complete");

  CHECK(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).code == 0);  // nothing to do
  CHECK(run({"sweep", "rates.yaml", "--store", "r.sqlite", "--retry-failed"}).code == 1);
  CHECK(runs("r.sqlite").size() == 2);
}

TEST_CASE_FIXTURE(SweepWorld, "a run that takes too long is ended, stored as failed, and the sweep goes on") {
  sweep("axes: {requests: [3000000, 1]}\nrun_timeout_s: 0.2\n");
  const Outcome outcome = run({"sweep", "rates.yaml", "--store", "r.sqlite"});
  CHECK(outcome.code == 1);
  const std::vector<SweptRun> all = runs("r.sqlite");
  REQUIRE(all.size() == 4);
  CHECK(all[0].info.status == "complete");
  CHECK(all[2].info.error == "the child process was ended: it ran for more than 0.2 s");
}

TEST_CASE("live runs of a sweep are made one by one, measured, and stored like simulated ones") {
  const NodeWorld world(Node::kFake);
  world.folder.write("rates.yaml", "scenario: s.yaml\nmode: live\naxes: {requests: [2, 3], policy: [local, remote]}\n");
  const Outcome outcome = world.run({"sweep", "rates.yaml", "--store", "r.sqlite", "-j", "8"}, {{"FAKE_NODE", "runs"}});
  CHECK(outcome.code == 1);
  for (const char* requests : {"2", "3"})
    CHECK(outcome.err.find("twinfer: requests=" + std::string(requests) + ", policy=remote: worker pc is gone\n") !=
          std::string::npos);
  const std::vector<SweptRun> runs = SweepStore(world.folder.path() / "r.sqlite", StoreAccess::kRead).runs("rates");
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].info.mode == Mode::kLive);
  CHECK(runs[0].info.status == "complete");
  CHECK(runs[0].measures.at("requests") == 2);
  CHECK(runs[0].measures.at("p50_latency_s") == 1);
  CHECK(runs[3].info.policy == "remote");
  CHECK(runs[3].info.error == "worker pc is gone");
  const Outcome again = world.run({"sweep", "rates.yaml", "--store", "r.sqlite"}, {{"FAKE_NODE", "runs"}});
  CHECK(again.out.find("\n0 runs made") != std::string::npos);
}

// The window that a command of `world` runs in.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
  }
  ~Terminal() { close(master_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] pid_t start(const CommandWorld& world, const std::string& arguments,
                            const std::map<std::string, std::string>& environment) const {
    const std::string command =
        "exec setsid --ctty " + world.program.string() + " " + arguments + " <" + ptsname(master_);
    return world.start("/bin/sh", {"-c", command}, environment);
  }
  void press_ctrl_c() const { REQUIRE(write(master_, "\x03", 1) == 1); }

 private:
  int master_;
};

TEST_CASE("an interrupted live sweep stops, and keeps all but the run that it was making") {
  // Runs of 1, 3 and 5 requests are tried first; the third waits for the end. That of 5 says "ready".
  const NodeWorld world(Node::kFake);
  world.folder.write("rates.yaml",
                     "scenario: s.yaml\nmode: live\naxes: {requests: [1, 2, 3, 4, 5], policy: [local]}\n");
  world.folder.write("s.yaml", world.text());
  const auto ends_with_two_runs = [&world](pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK(world.printed("err") ==
          "ready\ntwinfer: interrupted; the runs made before are stored, and the same command makes the rest\n");
    CHECK(SweepStore(world.folder.path() / "r.sqlite", StoreAccess::kRead).runs("rates").size() == 2);
  };
  const auto await_ready = [&world] {
    while (world.printed("err") != "ready\n") std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  SUBCASE("from the terminal") {
    const Terminal terminal;
    const pid_t child = terminal.start(world, "sweep rates.yaml --store r.sqlite", {{"FAKE_NODE", "stays"}});
    await_ready();
    terminal.press_ctrl_c();
    ends_with_two_runs(child);
  }
  SUBCASE("by another process") {
    const pid_t child =
        world.start(world.program, {"sweep", "rates.yaml", "--store", "r.sqlite"}, {{"FAKE_NODE", "stays"}});
    await_ready();
    kill(child, SIGTERM);
    ends_with_two_runs(child);
  }
  const Outcome rest = world.run({"sweep", "rates.yaml", "--store", "r.sqlite"}, {{"FAKE_NODE", "runs"}});
  CHECK(rest.code == 0);
  CHECK(rest.out.find("\n3 runs made") != std::string::npos);
}

TEST_CASE_FIXTURE(SweepWorld, "two sweeps of one name and different content are told apart") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).code == 0);
  sweep("axes: {requests: [1, 2, 3, 4], policy: [local, remote]}\nreplications: 2\n");  // grown
  CHECK(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).out.find("12 are in r.sqlite") != std::string::npos);
  set("seed", "5");
  const Outcome other = run({"sweep", "rates.yaml", "--store", "r.sqlite"});
  CHECK(other.code == 2);
  CHECK(other.err ==
        "twinfer: r.sqlite: sweep: `rates`: has 16 runs there that this sweep does not make: its file, its scenario, "
        "what that names, or the program has changed; give the sweep another name or store\n");
  sweep("axes: {seed: [1]}\n");
  CHECK(run({"sweep", "rates.yaml", "--store", "r.sqlite"}).err ==
        "twinfer: r.sqlite: sweep: `rates`: is there with other axes; give the sweep another name or store\n");
  CHECK(runs("r.sqlite").size() == 16);
}

TEST_CASE_FIXTURE(SweepWorld, "a wrong sweep is refused in one line before anything is stored") {
  const auto refused = [this](const std::string& rest) {
    sweep(rest);
    const Outcome outcome = run({"sweep", "rates.yaml", "--store", "r.sqlite"});
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK_FALSE(has("r.sqlite"));
    return outcome.err;
  };
  CHECK(refused("axes: {policy: []}\n") ==
        "twinfer: rates.yaml: axes.policy: `(a list)`: must have at least one value\n");
  CHECK(refused("axes: {arrivals.rate: [3]}\n") ==
        "twinfer: rates.yaml: arrivals.rate=3, policy=local: s.yaml: arrivals.rate: is no field that is known here\n");
  CHECK(refused("axes: {requests: [1, many]}\n") ==
        "twinfer: rates.yaml: requests=many, policy=local: s.yaml: requests: `many`: must be a finite number\n");
  CHECK(refused("axes: {policy: [local, fastest]}\n").find("twinfer: rates.yaml: policy=fastest: policy: `fastest`") ==
        0);
  CHECK(refused("axes: {requests: [1, 1.0]}\n") ==
        "twinfer: rates.yaml: requests=1.0, policy=local: asks the same as requests=1, policy=local\n");
  CHECK(run({"sweep", "none.yaml"}).err == "twinfer: none.yaml: cannot be read\n");
  for (const char* shard : {"0/2", "3/2", "1", "-1/2", "1/2x", "a/b"})
    CHECK(run({"sweep", "rates.yaml", "--shard", shard}).err ==
          "twinfer: --shard `" + std::string(shard) + "`: must be I/N with I from 1 to N\n");
}

TEST_CASE_FIXTURE(SweepWorld, "conflicting and foreign stores are not merged") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "a.sqlite"}).code == 0);
  std::filesystem::copy(folder.path() / "a.sqlite", folder.path() / "b.sqlite");
  SQLite::Database((folder.path() / "b.sqlite").string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE measures SET value = 77 WHERE run = 1 AND name = 'p50_latency_s'");
  const Outcome conflict = run({"store", "merge", "a.sqlite", "b.sqlite"});
  CHECK(conflict.code == 2);
  CHECK(conflict.err.find("has other results in the store that is to take it in\n") != std::string::npos);
  SQLite::Database((folder.path() / "b.sqlite").string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 3");
  CHECK(run({"store", "merge", "a.sqlite", "b.sqlite"}).err ==
        "twinfer: b.sqlite: user_version: `3`: is of a newer Twinfer; this one reads version 2\n");
  CHECK(run({"store", "merge", "a.sqlite", "none.sqlite"}).err == "twinfer: none.sqlite: no such result store\n");
  CHECK(run({"store", "merge", "a.sqlite", "./a.sqlite"}).err ==
        "twinfer: `./a.sqlite` cannot be merged into itself\n");
  CHECK(run({"store", "merge", "a.sqlite"}).err == "twinfer: missing FROM; see `twinfer store --help`\n");
  CHECK(run({"store", "split", "a.sqlite"}).err == "twinfer: ACTION `split`: must be list or merge\n");
}

TEST_CASE_FIXTURE(SweepWorld, "a store tells what it holds") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "a.sqlite"}).code == 0);
  REQUIRE(run({"sim", "s.yaml", "--store", "a.sqlite"}).code == 0);
  CHECK(run({"store", "list", "a.sqlite"}).out ==
        "sweep  complete  failed  axes\n"
        "rates        12       0  requests (3) x policy (2)\n"
        "\n"
        "14 runs, 12 of them of sweeps\n");
}

TEST_CASE_FIXTURE(SweepWorld, "a table arranges the runs of a sweep") {
  // One request: 0 + 2 + 3 + 1 s on pi. Remotely: 4.5 s for the 1024 B input, 0.875 s on pc and 1.5 s for the result.
  sweep("axes: {requests: [1], policy: [local, remote]}\nreplications: 3\n");
  REQUIRE(run({"sweep", "rates.yaml", "--store", "a.sqlite"}).code == 0);
  CHECK(run({"table", "a.sqlite", "--rows", "policy", "--value", "p50_latency_s,sent_bytes_per_request"}).out ==
        "policy  p50_latency_s  sent_bytes_per_request\n"
        "local            6.00                       0\n"
        "remote           6.88                    1280\n"
        "\n"
        "Mean ± 95 % confidence interval over 3 replications.\n");
  CHECK(run({"table", "a.sqlite", "--rows", "policy", "--value", "p50_latency_s", "--format", "markdown"}).out ==
        "| policy | p50_latency_s |\n|---|---:|\n| local | 6.00 |\n| remote | 6.88 |\n"
        "\nMean ± 95 % confidence interval over 3 replications.\n");
  CHECK(run({"table", "a.sqlite", "--rows", "policy", "--value", "p50_latency_s", "--format", "csv"}).out ==
        "policy,measure,mean,ci95,runs,failed\nlocal,p50_latency_s,6.0,0.0,3,0\nremote,p50_latency_s,6.875,0.0,3,0\n");
  const Outcome versus =
      run({"table", "a.sqlite", "--rows", "policy", "--value", "p50_latency_s", "--versus", "policy=local"});
  CHECK(versus.out.find(
            "Difference to policy=local on the same seeds; p of Wilcoxon's signed-rank test, after Holm's correction "
            "within a column.\n"
            "\npolicy   p50_latency_s\nlocal                -\nremote  0.875 (p 0.25)\n") != std::string::npos);
}

TEST_CASE_FIXTURE(SweepWorld, "a comparison over seeds marks the best and what is not told apart from it") {
  // local: 6 s whatever the seed; remote: 6.875 s; split:0 is remote by another name.
  const Outcome outcome = run({"compare", "s.yaml", "-p", "local", "-p", "remote", "-p", "split:0", "--replications",
                               "6", "--store", "c.sqlite"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("policy   P50 (ms)  P95 (ms)  mean (ms)  throughput (1/s)  accuracy (%)  sent (kB/request)\n"
                         "local       6000*     6000*      6000*            0.167*") == 0);
  CHECK(outcome.out.find("over 6 replications.") != std::string::npos);
  CHECK(ResultStore(folder.path() / "c.sqlite", StoreAccess::kRead).runs().size() == 18);
  const Outcome worse = run({"compare", "s.yaml", "-p", "remote", "-p", "split:0", "-p", "local", "--replications", "2",
                             "--store", "c.sqlite"});
  CHECK(worse.out.find("\nremote      6875~") != std::string::npos);  // two seeds tell nothing apart
  CHECK(run({"compare", "s.yaml", "--replications", "0"}).err ==
        "twinfer: --replications `0`: must be from 1 to 100000\n");
}

TEST_CASE_FIXTURE(SweepWorld, "a table that cannot be is refused in one line") {
  REQUIRE(run({"sweep", "rates.yaml", "--store", "a.sqlite"}).code == 0);
  const auto error = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"table", "a.sqlite"});
    const Outcome outcome = run(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(error({"--rows", "policy"}) == "twinfer: missing --value; see `twinfer table --help`\n");
  CHECK(error({"--rows", "policy", "--value", "p50_latency_s"})
            .find("twinfer: a.sqlite: axis: `requests`: differs within a cell (") == 0);
  CHECK(error({"--rows", "policy", "--value", "p50_latency_s", "--where", "requests"}) ==
        "twinfer: --where `requests`: must be AXIS=VALUE\n");
  CHECK(error({"--rows", "policy", "--value", "p50_latency_s", "--format", "word"}) ==
        "twinfer: --format `word`: must be text, markdown, latex, csv or json\n");
  CHECK(error({"--rows", "policy", "--value", "x", "--sweep", "other"}) ==
        "twinfer: a.sqlite: sweep: `other`: is not there; known: rates\n");
}

}  // namespace
}  // namespace twinfer
