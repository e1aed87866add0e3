// Fits against times made from known parameters.
#include "core/transfer_fit.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/random.h"

namespace twinfer {
namespace {

// 64 B to 64 MB, each four times the one before.
std::vector<Bytes> all_sizes() {
  std::vector<Bytes> sizes;
  for (double bytes = 64; bytes <= 67108864; bytes *= 4) sizes.emplace_back(bytes);
  return sizes;
}

template <class Time>
std::vector<TransferSample> samples_of(const Time& one_way_s, unsigned repeat) {
  std::vector<TransferSample> samples;
  for (const Bytes size : all_sizes())
    for (unsigned i = 0; i < repeat; ++i) samples.push_back({size, Seconds(one_way_s(size.si(), samples.size()))});
  return samples;
}

// Two per cent around 1, log-normal, by Box and Muller; one draw in twenty is two to
// twenty times as long: another process had the machine.
double noise(std::uint64_t seed, std::uint64_t index) {
  const auto draw = [&](std::uint64_t sub) { return uniform(seed, RandomStream::kCompute, index, sub); };
  const double normal = std::sqrt(-2 * std::log(1 - draw(0))) * std::cos(2 * std::numbers::pi * draw(1));
  return std::exp(0.02 * normal) * (draw(2) < 0.05 ? 2 + 18 * draw(3) : 1);
}

std::string fit_error(const std::vector<TransferSample>& samples) {
  try {
    static_cast<void>(fit_transfer(samples));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("times without noise give back their overhead, latency and bandwidth") {
  // 100 Mbit/s behind 2 ms, of which 0.5 ms hold the connection.
  const TransferFit fit = fit_transfer(samples_of([](double bytes, auto) { return 2e-3 + bytes / 12.5e6; }, 3));
  CHECK(fit.line.fixed.si() == doctest::Approx(2e-3).epsilon(1e-6));
  CHECK(fit.line.bandwidth.si() == doctest::Approx(12.5e6).epsilon(1e-6));
  CHECK(fit.pieces.size() == 1);
  CHECK(largest(fit.residuals) < 1e-6);

  // The gap of 64 B: 0.5 ms + 64 / 12.5e6 = 505.12 us.
  const TransferCost cost = split_fixed(fit.line, Seconds(505.12e-6), Bytes(64));
  CHECK(cost.overhead.si() == doctest::Approx(500e-6).epsilon(1e-5));
  CHECK(cost.latency.si() == doctest::Approx(1500e-6).epsilon(1e-5));
}

TEST_CASE("noise of 2 % and one outlier in twenty move a fit by less than 1 %") {
  struct Line {
    double fixed_s, bandwidth;
  };
  for (const auto& [fixed_s, bandwidth] : {Line{20e-6, 1.25e9}, Line{200e-6, 125e6}, Line{34e-3, 731250}})
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
      const TransferFit fit = fit_transfer(samples_of(
          [&](double bytes, std::uint64_t index) { return noise(seed, index) * (fixed_s + bytes / bandwidth); }, 201));
      CHECK(fit.line.fixed.si() == doctest::Approx(fixed_s).epsilon(0.01));
      CHECK(fit.line.bandwidth.si() == doctest::Approx(bandwidth).epsilon(0.01));
      CHECK(fit.pieces.size() == 1);
    }
}

TEST_CASE("a size that lies far off the line is left out, and its residual tells") {
  const TransferFit fit =
      fit_transfer(samples_of([](double bytes, auto) { return (bytes == 16384 ? 3 : 1) * (1e-3 + bytes / 1e6); }, 1));
  CHECK(fit.line.fixed.si() == doctest::Approx(1e-3).epsilon(1e-6));
  CHECK(fit.line.bandwidth.si() == doctest::Approx(1e6).epsilon(1e-6));
  REQUIRE(fit.sizes.at(4).bytes == Bytes(16384));
  CHECK(fit.residuals.at(4) == doctest::Approx(-2.0 / 3));  // (t - 3 t) / 3 t
}

TEST_CASE("where one line does not fit, two are found with their break") {
  // 4 GB/s out of the cache up to 1 MB, then 1 GB/s; 20 us before the first byte.
  const auto time_s = [](double bytes) {
    return 20e-6 + std::min(bytes, 1e6) / 4e9 + std::max(bytes - 1e6, 0.0) / 1e9;
  };
  for (const bool noisy : {false, true}) {
    const TransferFit fit = fit_transfer(samples_of(
        [&](double bytes, std::uint64_t index) { return (noisy ? noise(1, index) : 1) * time_s(bytes); }, 201));
    REQUIRE(fit.pieces.size() == 2);
    CHECK(fit.pieces[0].line.fixed.si() == doctest::Approx(20e-6).epsilon(0.01));
    CHECK(fit.pieces[0].line.bandwidth.si() == doctest::Approx(4e9).epsilon(0.01));
    CHECK(fit.pieces[1].line.bandwidth.si() == doctest::Approx(1e9).epsilon(0.01));
    CHECK(largest(fit.piece_residuals) < 0.01);
    CHECK(largest(fit.residuals) > kGoodFit);
    // Where the two meet, noise of the slopes counts several times.
    CHECK(fit.pieces[1].from.si() == doctest::Approx(1e6).epsilon(noisy ? 0.05 : 0.01));
  }
}

TEST_CASE("sizes that are never sent do not bend the line of those that are") {
  // 1 MB/s up to 4096 B, then ten times as slow.
  const auto time_s = [](double bytes) { return 1e-3 + (bytes <= 4096 ? bytes / 1e6 : bytes / 1e5); };
  const std::vector<TransferSample> samples = samples_of([&](double bytes, auto) { return time_s(bytes); }, 1);
  const TransferFit fit = fit_transfer(samples, Bytes(1500));  // 64, 256, 1024 and, above it, 4096
  CHECK(fit.in_line == 4);
  CHECK(fit.line.bandwidth.si() == doctest::Approx(1e6));
  CHECK(fit.largest_residual() < 1e-6);
  CHECK(largest(fit.residuals) == doctest::Approx(0.9).epsilon(0.001));
  CHECK(fit_transfer(samples, Bytes(10)).in_line == 3);
  CHECK(fit_transfer(samples, Bytes(1e9)).in_line == 11);
  CHECK(fit_transfer(samples).in_line == 11);
}

TEST_CASE("a line never begins below zero") {
  // 1 s for 10 B and 11 s for 100 B would be -0.11 s for none. Least squares through the origin:
  // 1 / B = (10 / 1 + 100 / 11) / (100 / 1 + 10000 / 121).
  const TransferLine line = fit_line({{Bytes(10), Seconds(1), 1}, {Bytes(100), Seconds(11), 1}});
  CHECK(line.fixed == Seconds(0));
  CHECK(1 / line.bandwidth.si() == doctest::Approx((10 + 100.0 / 11) / (100 + 10000.0 / 121)));
}

TEST_CASE("a way there is the round trip without half of the smallest message's") {
  // The smallest: 2, 4 and 6 s, so 2 s back; its own 2 s are halved.
  const std::vector<TransferSample> samples = one_way_times(
      {{Bytes(64), Seconds(2)}, {Bytes(64), Seconds(4)}, {Bytes(64), Seconds(6)}, {Bytes(1000), Seconds(12)}});
  REQUIRE(samples.size() == 4);
  CHECK(samples[0].one_way == Seconds(1));
  CHECK(samples[1].one_way == Seconds(2));
  CHECK(samples[2].one_way == Seconds(4));
  CHECK(samples[3].one_way == Seconds(10));
  CHECK(samples[3].bytes == Bytes(1000));
}

TEST_CASE("an overhead is at most the whole of what does not depend on size") {
  const TransferLine line{Seconds(3), BytesPerSecond(10)};
  CHECK(split_fixed(line, Seconds(9), Bytes(10)).overhead == Seconds(3));
  CHECK(split_fixed(line, Seconds(9), Bytes(10)).latency == Seconds(0));
  CHECK(split_fixed(line, Seconds(0.5), Bytes(10)).overhead == Seconds(0));
}

TEST_CASE("samples that tell no bandwidth are refused with the reason") {
  CHECK(fit_error({}) == "message sizes: `0`: at least two are needed to tell a bandwidth");
  CHECK(fit_error({{Bytes(64), Seconds(1)}, {Bytes(64), Seconds(2)}}) ==
        "message sizes: `1`: at least two are needed to tell a bandwidth");
  CHECK(fit_error({{Bytes(64), Seconds(2)}, {Bytes(128), Seconds(2)}}) ==
        "message times: do not grow with the size, so they tell no bandwidth");
  CHECK(fit_error({{Bytes(64), Seconds(0)}}) == "message time: `0`: must be above 0 s");
  CHECK(fit_error({{Bytes(64), Seconds(std::nan(""))}}) == "message time: `nan`: must be above 0 s");
  CHECK(fit_error({{Bytes(-1), Seconds(1)}}) == "message size: `-1`: must be 0 bytes or more");
  CHECK(fit_error({{Bytes(std::numeric_limits<double>::infinity()), Seconds(1)}}) ==
        "message size: `inf`: must be 0 bytes or more");
}

}  // namespace
}  // namespace twinfer
