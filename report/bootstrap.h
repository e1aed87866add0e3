// How sure what a run says is: the moving-block bootstrap (Kuensch, Annals of Statistics 1989).
//
// Neighbouring requests met the same queue, so their latencies are alike. Drawing requests one
// by one would take them for independent and give intervals that are too narrow; whole blocks
// of neighbours keep what they have in common. Ignores: what differs from run to run, of which a
// single run knows nothing. That is the noise floor (report/fidelity.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace twinfer {

struct Interval {
  double low = 0;
  double high = 0;
};

inline constexpr std::size_t kResamples = 1000;

// The cube root of the length; longer where the series is correlated for longer: twice the
// lag from which on its autocorrelation is noise (below 2 sqrt(log10 n / n), as in Politis and
// White, Econometric Reviews 2004). At most a quarter of the series, at least 1.
std::size_t block_length(const std::vector<double>& series);

// How often each of `count` neighbours is in a resample: blocks that start anywhere, until there
// are `count` of them. A function of seed and resample alone. REQUIRES: 1 <= block <= count.
std::vector<std::uint32_t> resampled_counts(std::size_t count, std::size_t block, std::uint64_t seed,
                                            std::uint64_t resample);

// A series that is asked for its mean and quantiles over and over with other counts.
class CountedSeries {
 public:
  explicit CountedSeries(const std::vector<double>& values);
  // REQUIRES: as many counts as values, in their order; they sum up to as many.
  [[nodiscard]] double mean(const std::vector<std::uint32_t>& counts) const;
  [[nodiscard]] double quantile(const std::vector<std::uint32_t>& counts, double q) const;  // report/summary.h's

 private:
  std::vector<double> values_;       // ascending
  std::vector<std::size_t> origin_;  // of each, its place in the series
};

// 95 % intervals of several statistics at once: the 2.5 and 97.5 percentiles of what
// `statistics` gives on kResamples resamples. REQUIRES: 1 <= block <= count; as many every time.
std::vector<Interval> bootstrap_intervals(
    std::size_t count, std::size_t block, std::uint64_t seed,
    const std::function<std::vector<double>(const std::vector<std::uint32_t>& counts)>& statistics);

}  // namespace twinfer
