#include "report/csv_export.h"

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/report/rows.h"
#include "tests/support/temporary_folder.h"

using namespace twinfer;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A store of two runs, the second with one request each of two fates.
void fill(ResultStore& store) {
  store.begin_run(run_info("b", "local"));
  const std::int64_t id = store.begin_run(run_info("b", "lbc"));
  RunRows rows;
  rows.results = {returned_row(0, 0, 1.0 / 3), failed_row(1, 0.1)};
  rows.stages = {stage_row(0, 0, "pi", 0.1)};
  store.add_rows(id, rows);
  store.end_run(id, "complete", "");
}

}  // namespace

TEST_CASE("an export holds every column, empty where absent, and doubles that read back exactly") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  fill(store);
  export_csv(store, folder / "csv");
  CHECK(text_of(folder / "csv/requests.csv") ==
        "run,request,sample,status,arrival_s,admission_s,latency_s,result_wait_s,result_return_s,exit,predicted,"
        "correct,bytes_sent,error\n"
        "2,0,100,ok,0,0,0.3333333333333333,0,0,2,7,1,1000,\n"
        "2,1,101,failed,0.1,0,30,0,0,,,,0,\"worker \"\"pc\"\" is gone, 3 tries\"\n");
  CHECK(text_of(folder / "csv/stages.csv") ==
        "run,request,stage,device,hop_start_s,hop_wait_s,encode_s,transfer_s,queue_s,compute_start_s,decode_s,"
        "compute_s,hop_bytes\n"
        "2,0,0,pi,0.1,0.001,0.002,0.004,0.008,0.11400000000000002,0.016,0.032,4096\n");
  CHECK(std::stod("0.3333333333333333") == 1.0 / 3);
}

TEST_CASE("an export of one run holds that run") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  fill(store);
  export_csv(store, folder / "csv", 1);
  CHECK(text_of(folder / "csv/runs.csv") ==
        "run,batch,mode,scenario,policy,plan,predicted_latency_s,seed,network_model,commit,machine,started,status,"
        "error,scenario_text\n"
        "1,b,live,\"quick, start\",local,pi[1-4] cloud[5-12],0.1,18446744073709551615,CM02,abc,\"host, CPU, 2 cores\","
        "2026-01-31T12:00:00Z,running,,\"name: \"\"quick\"\"\nseed: 1\n\"\n");
  CHECK(text_of(folder / "csv/requests.csv").find("\n1,") == std::string::npos);
}

TEST_CASE("an export of a run that is not there writes nothing") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  CHECK_THROWS_WITH_AS(export_csv(store, folder / "csv", 3), "run: `3`: is not in the result store", InputError);
  CHECK_FALSE(std::filesystem::exists(folder / "csv"));
}

TEST_CASE("an export to a place that cannot be a folder is refused") {
  const TemporaryFolder folder;
  ResultStore store(folder / "r.sqlite");
  CHECK_THROWS_WITH_AS(export_csv(store, folder / "a/b"),
                       ((folder / "a/b").string() + ": the folder cannot be made (No such file or directory)").c_str(),
                       InputError);
}
