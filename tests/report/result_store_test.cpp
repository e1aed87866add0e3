#include "report/result_store.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "tests/report/rows.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

using namespace twinfer;

namespace {

RunRows sample_rows(std::uint64_t first, std::uint64_t count) {
  RunRows rows;
  for (std::uint64_t i = first; i < first + count; ++i) {
    rows.results.push_back(returned_row(i, 0.1 * static_cast<double>(i), 1.0 / 3));
    rows.stages.push_back(stage_row(i, 0, "pi", 0.1));
    rows.stages.push_back(stage_row(i, 1, "pc", 0.2));
  }
  return rows;
}

// Runs `body` in a child, which ends when it returns or is killed.
template <class Body>
pid_t in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

int exit_status(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void write_text(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

std::string error_of(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite) {
  return refusal_of([&] { const ResultStore store(file, access); });
}

}  // namespace

TEST_CASE("a run comes back from the store as it went in") {
  const TemporaryFolder folder;
  RunRows rows = sample_rows(0, 2);
  rows.results[0].admission_s = 0.25;
  rows.results[0].result_wait_s = 0.5;
  rows.results[0].result_return_s = 0.75;
  rows.results[1] = failed_row(1, 0.1);
  std::int64_t id = 0;
  {
    ResultStore store(folder / "r.sqlite");
    id = store.begin_run(run_info("b1", "lbc"));
    store.add_rows(id, rows);
    store.end_run(id, "failed", "one line");
  }
  const ResultStore store(folder / "r.sqlite", StoreAccess::kRead);
  REQUIRE(store.runs().size() == 1);
  const RunInfo run = store.runs()[0];
  CHECK(run.id == id);
  CHECK(run.batch == "b1");
  CHECK(run.mode == Mode::kLive);
  CHECK(run.scenario == "quick, start");
  CHECK(run.scenario_text == "name: \"quick\"\nseed: 1\n");
  CHECK(run.policy == "lbc");
  CHECK(run.plan == "pi[1-4] cloud[5-12]");
  CHECK(run.predicted_latency_s == 0.1);
  CHECK(run.seed == 18446744073709551615ULL);
  CHECK(run.network_model == "CM02");
  CHECK(run.commit == "abc");
  CHECK(run.machine == "host, CPU, 2 cores");
  CHECK(run.started == "2026-01-31T12:00:00Z");
  CHECK(run.status == "failed");
  CHECK(run.error == "one line");

  const RunRows back = store.rows(id);
  REQUIRE(back.results.size() == 2);
  const ResultRow& ok = back.results[0];
  CHECK(ok.request == 0);
  CHECK(ok.sample == 100);
  CHECK(ok.status == Status::kOk);
  CHECK(ok.arrival_s == 0);
  CHECK(ok.admission_s == 0.25);
  CHECK(ok.latency_s == 1.0 / 3);  // to the last bit
  CHECK(ok.result_wait_s == 0.5);
  CHECK(ok.result_return_s == 0.75);
  CHECK(ok.exit == 2);
  CHECK(ok.predicted == 7);
  CHECK(ok.correct == true);
  CHECK(ok.bytes_sent == 1000);
  CHECK(ok.error.empty());
  const ResultRow& failed = back.results[1];
  CHECK(failed.status == Status::kFailed);
  CHECK_FALSE(failed.exit);
  CHECK_FALSE(failed.predicted);
  CHECK_FALSE(failed.correct);
  CHECK(failed.error == "worker \"pc\" is gone, 3 tries");

  REQUIRE(back.stages.size() == 4);
  const StageRow& stage = back.stages[3];
  CHECK(stage.request == 1);
  CHECK(stage.stage == 1);
  CHECK(stage.device == "pc");
  CHECK(stage.hop_start_s == 0.2);
  CHECK(stage.hop_wait_s == 0.001);
  CHECK(stage.encode_s == 0.002);
  CHECK(stage.transfer_s == 0.004);
  CHECK(stage.queue_s == 0.008);
  CHECK(stage.compute_start_s == 0.2 + 0.002 + 0.004 + 0.008);
  CHECK(stage.decode_s == 0.016);
  CHECK(stage.compute_s == 0.032);
  CHECK(stage.hop_bytes == 4096);

  const RunRows later = store.rows(id, 1);
  CHECK(later.results.size() == 1);
  CHECK(later.results.front().request == 1);
  CHECK(later.stages.size() == 2);
  CHECK(later.stages.front().request == 1);
}

TEST_CASE("runs of a batch are found by it, in the order in which they began") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  store.begin_run(run_info("a", "local"));
  const std::int64_t other = store.begin_run(run_info("b", "local"));
  store.begin_run(run_info("a", "lbc"));
  REQUIRE(store.runs_of("a").size() == 2);
  CHECK(store.runs_of("a")[0].policy == "local");
  CHECK(store.runs_of("a")[1].policy == "lbc");
  CHECK(store.runs_of("b")[0].id == other);
  CHECK(store.runs_of("b")[0].status == "running");
  CHECK(store.runs_of("c").empty());
  CHECK(store.rows(99).results.empty());
}

TEST_CASE("a writer killed in the middle leaves every finished call, and no half of another") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t writer = in_child([&] {
    ResultStore store(file);
    const std::int64_t id = store.begin_run(run_info("b", "lbc"));
    for (std::uint64_t call = 0;; ++call) {
      store.add_rows(id, sample_rows(1000 * call, 1000));
      if (write(ready[1], "x", 1) != 1) _exit(1);
    }
  });
  char done = 0;
  for (int call = 0; call < 2; ++call) REQUIRE(read(ready[0], &done, 1) == 1);
  kill(writer, SIGKILL);
  CHECK(WIFSIGNALED(exit_status(writer)));
  close(ready[0]);
  close(ready[1]);

  const ResultStore store(file);
  REQUIRE(store.runs().size() == 1);
  CHECK(store.runs()[0].status == "running");
  const RunRows rows = store.rows(store.runs()[0].id);
  CHECK(rows.results.size() >= 2000);
  CHECK(rows.results.size() % 1000 == 0);
  CHECK(rows.stages.size() == 2 * rows.results.size());
}

TEST_CASE("two processes create and write one store at once, and lose nothing") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  const auto write_runs = [&](const std::string& batch) {
    for (int run = 0; run < 5; ++run) {
      ResultStore store(file);
      const std::int64_t id = store.begin_run(run_info(batch, "lbc"));
      for (std::uint64_t call = 0; call < 4; ++call) store.add_rows(id, sample_rows(100 * call, 100));
      store.end_run(id, "complete", "");
    }
  };
  const pid_t a = in_child([&] { write_runs("a"); });
  const pid_t b = in_child([&] { write_runs("b"); });
  CHECK(exit_status(a) == 0);
  CHECK(exit_status(b) == 0);
  const ResultStore store(file);
  CHECK(store.runs_of("a").size() == 5);
  CHECK(store.runs_of("b").size() == 5);
  for (const RunInfo& run : store.runs()) {
    CHECK(run.status == "complete");
    CHECK(store.rows(run.id).results.size() == 400);
  }
}

TEST_CASE("a store stays one file") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  store.add_rows(store.begin_run(run_info("b", "lbc")), sample_rows(0, 1));
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  CHECK(files == 1);
}

TEST_CASE("a call that fails changes nothing") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  const std::int64_t id = store.begin_run(run_info("b", "lbc"));
  RunRows twice = sample_rows(0, 3);
  twice.results.push_back(twice.results[0]);
  CHECK_THROWS_AS(store.add_rows(id, twice), InputError);
  CHECK(store.rows(id).results.empty());
  CHECK(store.rows(id).stages.empty());
}

TEST_CASE("a store that cannot be there is refused in one line") {
  const TemporaryFolder folder;
  CHECK(error_of(folder / "none/r.sqlite") ==
        (folder / "none/r.sqlite").string() + ": the folder of the result store does not exist");
  CHECK(error_of(folder.path()) == folder.path().string() + ": is a folder, not a result store");
  CHECK(error_of(folder / "r.sqlite", StoreAccess::kRead) == (folder / "r.sqlite").string() + ": no such result store");
  CHECK_FALSE(std::filesystem::exists(folder / "r.sqlite"));
  // /proc takes no files, not even from root.
  CHECK(error_of("/proc/r.sqlite") == "/proc/r.sqlite: the result store cannot be opened or written");
}

TEST_CASE("a store without write permission is refused for writing and read") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  ResultStore(file).begin_run(run_info("b", "lbc"));
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  CHECK(ResultStore(file, StoreAccess::kRead).runs().size() == 1);
  if (geteuid() != 0)  // root may write
    CHECK(error_of(file) == file.string() + ": the result store cannot be opened or written");
}

TEST_CASE("another program's file is refused and left as it was") {
  const TemporaryFolder folder;
  write_text(folder / "notes.txt",
             "not a database, but longer than a header of one hundred bytes, as SQLite's is, "
             "which is what decides whether it looks any further");
  CHECK(error_of(folder / "notes.txt") == (folder / "notes.txt").string() + ": is not a Twinfer result store");

  const std::filesystem::path foreign = folder / "foreign.sqlite";
  SQLite::Database(foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  CHECK(error_of(foreign) == foreign.string() + ": is not a Twinfer result store");
  CHECK(SQLite::Database(foreign.string()).execAndGet("SELECT COUNT(*) FROM sqlite_master").getInt() == 1);

  write_text(folder / "empty", "");
  CHECK(error_of(folder / "empty", StoreAccess::kRead) ==
        (folder / "empty").string() + ": is not a Twinfer result store");
}

TEST_CASE("a newer store is refused with both versions") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  ResultStore{file};
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 3");
  CHECK(error_of(file) == file.string() + ": user_version: `3`: is of a newer Twinfer; this one reads version 2");
}

TEST_CASE("a truncated store is refused") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  {
    ResultStore store(file);
    store.add_rows(store.begin_run(run_info("b", "lbc")), sample_rows(0, 1000));
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  CHECK_THROWS_WITH_AS((ResultStore(file).rows(1)), (file.string() + ": is not a Twinfer result store").c_str(),
                       InputError);
}

TEST_CASE("a full disk is an error in one line, and the store keeps what it had") {
  // A limit on the size of files stands in for a full disk.
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "r.sqlite";
  const pid_t writer = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{256 * 1024, 256 * 1024};
    setrlimit(RLIMIT_FSIZE, &limit);
    ResultStore store(file);
    const std::int64_t id = store.begin_run(run_info("b", "lbc"));
    store.add_rows(id, sample_rows(0, 10));
    try {
      store.add_rows(id, sample_rows(10, 20000));
    } catch (const InputError& error) {
      const std::string expected = file.string() + ": the result store cannot be written: the disk is full or failing";
      _exit(error.what() == expected ? 0 : 2);
    }
    _exit(1);
  });
  CHECK(exit_status(writer) == 0);
  CHECK(ResultStore(file).rows(1).results.size() == 10);
}
