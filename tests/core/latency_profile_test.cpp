#include "core/latency_profile.h"

#include <string>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/table_file.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

TEST_CASE("quantiles are exact on samples that hit them and linear between") {
  // Twenty-one samples 0..20 s: quantile q is at position 20 q.
  std::vector<double> samples_s;
  for (int i = 20; i >= 0; --i) samples_s.push_back(i);
  const LatencyDistribution d = summarise(samples_s);
  CHECK(d.samples == 21);
  CHECK(d.mean.si() == 10);
  const std::array<double, 7> expected{0, 1, 5, 10, 15, 19, 20};
  for (std::size_t q = 0; q < expected.size(); ++q) CHECK(d.quantiles[q].si() == doctest::Approx(expected[q]));

  // Two samples 2 and 6 s: the median is half-way, quantile 0.25 a quarter of it.
  const LatencyDistribution two = summarise({6, 2});
  CHECK(two.median().si() == 4);
  CHECK(two.quantiles[2].si() == 3);
  CHECK(two.quantiles[6].si() == 6);
  CHECK(summarise({7}).quantiles == constant_latency(Seconds(7)).quantiles);
}

TEST_CASE("a draw is linear between the kept quantiles and equals them at them") {
  LatencyDistribution d;
  d.mean = Seconds(100);  // the tail is linear where the mean would ask for more
  d.quantiles = {Seconds(0), Seconds(1), Seconds(2), Seconds(4), Seconds(8), Seconds(16), Seconds(32)};
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) CHECK(d.at(kQuantiles[q]) == d.quantiles[q]);
  CHECK(d.at(0.5) == d.median());
  CHECK(d.at(0.375).si() == 3);                     // half-way from 0.25 to 0.5
  CHECK(d.at(0.025).si() == doctest::Approx(0.5));  // half-way from 0 to 0.05
  CHECK(d.at(0.975).si() == doctest::Approx(24));   // half-way from 0.95 to 1
}

TEST_CASE("draws have the mean of the samples, however rare the longest are") {
  // 999 samples from 1 to 2 s, and one of 100 s: 95 % lie below 1.95 s.
  std::vector<double> samples_s{100};
  for (int i = 0; i < 999; ++i) samples_s.push_back(1 + i / 998.0);
  const LatencyDistribution d = summarise(samples_s);
  double sum_s = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) sum_s += d.at((i + 0.5) / kDraws).si();
  CHECK(sum_s / kDraws == doctest::Approx(d.mean.si()).epsilon(0.01));
  CHECK(d.at(0.99).si() < 5);
  CHECK(d.at(1).si() == 100);
  for (int i = 0; i < 100; ++i) CHECK(d.at(i / 100.0) <= d.at((i + 1) / 100.0));
}

TEST_CASE("parts that slow down together add by quantile") {
  const LatencyDistribution sum = summarise({1, 2, 3}) + summarise({10, 20, 60});
  CHECK(sum.mean.si() == 32);
  CHECK(sum.median().si() == 22);
  CHECK(sum.at(1).si() == 63);
}

TEST_CASE("a constant latency is the same at every quantile") {
  const LatencyDistribution d = constant_latency(Seconds(0.3));
  for (const double u : {0.0, 0.01, 0.3, 0.5, 0.77, 1.0}) CHECK(d.at(u).si() == 0.3);
  CHECK(d.mean.si() == 0.3);
}

struct ProfileFile {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "pi.csv";

  ProfileFile() {
    const LayerGraph graph = tiny::chain({100, 40, 8}, {1});
    LatencyProfile profile =
        tiny::profile(graph, "pi", {0, 0.1, 1e-7}, {0.3}, {.encode_s = 0.25, .decode_s = 1.0 / 3, .overhead_s = 0.125});
    profile.layers["l1"].compute = summarise({0.1, 0.2, 0.30000000000000004});
    profile.threads = 2;
    profile.hand_off = summarise({0.5, 0.25, 1.0 / 3});
    profile.result_hand_off = constant_latency(Seconds(0.1));
    save_latency_profile(profile, file);
  }

  // The error of the file with one text replaced.
  std::string error(const std::string& from, const std::string& to) const {
    folder.write("bad.csv", replaced(folder.read("pi.csv"), from, to));
    return refusal_of(folder, [&] { load_latency_profile(folder.path() / "bad.csv"); });
  }
};

TEST_CASE_FIXTURE(ProfileFile, "a profile survives being written and read, to the last bit") {
  const LatencyProfile read = load_latency_profile(file);
  CHECK(read.model == "tiny");
  CHECK(read.input == "1x25");
  CHECK(read.device == "pi");
  CHECK(read.host == "by-hand");
  CHECK(read.runtime == "none");
  CHECK(read.precision == "fp32");
  CHECK(read.threads == 2);
  CHECK(read.batch == 1);
  CHECK(read.date == "2024-01-01");
  CHECK(read.hand_off.mean == summarise({0.5, 0.25, 1.0 / 3}).mean);
  CHECK(read.hand_off.quantiles == summarise({0.5, 0.25, 1.0 / 3}).quantiles);
  CHECK(read.result_hand_off.quantiles == constant_latency(Seconds(0.1)).quantiles);
  CHECK(read.message_overhead.si() == 0.125);
  CHECK(read.file == file.string());
  REQUIRE(read.layers.size() == 3);
  const LatencyDistribution expected = summarise({0.1, 0.2, 0.30000000000000004});
  const LayerLatency& layer = read.layers.at("l1");
  CHECK(layer.compute.samples == 3);
  CHECK(layer.compute.mean == expected.mean);
  CHECK(layer.compute.quantiles == expected.quantiles);
  CHECK(layer.output_bytes.si() == 40);
  CHECK(layer.encode.si() == 0.25);
  CHECK(layer.decode.si() == 1.0 / 3);
  CHECK(layer.source == "by hand");
  CHECK(read.layers.at("l2").compute.median().si() == 1e-7);
  REQUIRE(read.exits.size() == 1);
  CHECK(read.exits.at("exit1").median().si() == 0.3);
}

TEST_CASE_FIXTURE(ProfileFile, "writing a profile that was read changes nothing") {
  save_latency_profile(load_latency_profile(file), folder.path() / "again.csv");
  CHECK(folder.read("again.csv") == folder.read("pi.csv"));
}

TEST_CASE_FIXTURE(ProfileFile, "a time that is negative, no number or not finite is refused") {
  CHECK(error("layer,l2,8,0.25", "layer,l2,8,-0.25") == "bad.csv: row 3, encode_s: `-0.25`: must be at least 0");
  CHECK(error("layer,l2,8,0.25", "layer,l2,8,nan") == "bad.csv: row 3, encode_s: `nan`: must be a finite number");
  CHECK(error("layer,l2,8,0.25", "layer,l2,8,inf") == "bad.csv: row 3, encode_s: `inf`: must be a finite number");
  CHECK(error("layer,l2,8,0.25", "layer,l2,8,fast") == "bad.csv: row 3, encode_s: `fast`: must be a finite number");
  CHECK(error("layer,l2,8,0.25", "layer,l2,8,") == "bad.csv: row 3, encode_s: `(empty)`: must be a finite number");
  CHECK(error("layer,l2,8,", "layer,l2,-8,") == "bad.csv: row 3, output_bytes: `-8`: must be at least 0");
}

TEST_CASE_FIXTURE(ProfileFile, "a distribution without samples or with descending quantiles is refused") {
  CHECK(error(",1,1e-07,1e-07,", ",0,1e-07,1e-07,") == "bad.csv: row 3, samples: `0`: must be at least 1");
  CHECK(error(",1,1e-07,1e-07,", ",1.5,1e-07,1e-07,") == "bad.csv: row 3, samples: `1.5`: must be a whole number");
  CHECK(error(",1,1e-07,1e-07,", ",1,1e-07,2e-07,") == "bad.csv: row 3, q05_s: `1e-07`: quantiles must ascend");
}

TEST_CASE_FIXTURE(ProfileFile, "a key that is missing or out of range is refused") {
  CHECK(error("# device: pi\n", "") == "bad.csv: device: missing; a line `# device: ...` is required");
  CHECK(error("# threads: 2", "# threads: 0") == "bad.csv: threads: `0`: must be a whole number of at least 1");
  CHECK(error("# batch: 1", "# batch: 1.5") == "bad.csv: batch: `1.5`: must be a whole number of at least 1");
  CHECK(error("# batch: 1", "# batch: one") == "bad.csv: batch: `one`: must be a finite number");
  CHECK(error("# message_overhead_s: 0.125", "# message_overhead_s: -1") ==
        "bad.csv: message_overhead_s: `-1`: must be at least 0");
}

TEST_CASE_FIXTURE(ProfileFile, "a row of an unknown role or given twice is refused") {
  CHECK(error("layer,l2,", "lair,l2,") == "bad.csv: row 3, role: `lair`: must be `layer` or `exit`");
  CHECK(error("layer,l2,", "layer,l1,") == "bad.csv: row 3, name: `l1`: is given twice");
}

TEST_CASE_FIXTURE(ProfileFile, "a profile that is missing, empty or truncated is refused") {
  CHECK_THROWS_WITH_AS(load_latency_profile("/nowhere/pi.csv"), "/nowhere/pi.csv: cannot be read", InputError);
  const auto empty = folder.write("empty.csv", "");
  CHECK_THROWS_WITH_AS(load_latency_profile(empty), (empty.string() + ": is empty").c_str(), InputError);
  const std::string text = folder.read("pi.csv");
  const auto cut = folder.write("cut.csv", text.substr(0, text.size() - 5));
  CHECK_THROWS_WITH_AS(load_latency_profile(cut), (cut.string() + ": ends within a line; it is truncated").c_str(),
                       InputError);
  const auto short_by_a_row = folder.write("short.csv", text.substr(0, text.rfind('\n', text.size() - 2) + 1));
  CHECK_THROWS_WITH_AS(load_latency_profile(short_by_a_row),
                       (short_by_a_row.string() + ": rows: `3`: the file states 4 rows; it is truncated").c_str(),
                       InputError);
}

}  // namespace
}  // namespace twinfer
