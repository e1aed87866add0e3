#include "core/transfer_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <span>

#include "core/error.h"
#include "core/latency_profile.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

constexpr double kDeviations = 3;             // beyond so many usual ones a size is left out
constexpr double kUsualOfMedian = 1.4826;     // standard deviation of a normal one / its median deviation
constexpr double kSmallestDeviation = 1e-12;  // relative: rounding
constexpr std::size_t kLeastOfPiece = 3;      // sizes; a line goes through any two

using Sizes = std::span<const SizeTime>;

// Where a line may begin: no message takes less than nothing, but a line that is for large
// messages alone is never asked about none.
enum class Start { kFromZero, kAnywhere };

double residual(const TransferLine& line, const SizeTime& size) {
  return (line.at(size.bytes) - size.median) / size.median;
}

// Through two points; nothing where the larger message takes no longer.
std::optional<TransferLine> line_through(const SizeTime& small, const SizeTime& large, Start start) {
  const Seconds longer = large.median - small.median;
  if (longer <= Seconds(0)) return std::nullopt;
  const BytesPerSecond bandwidth((large.bytes - small.bytes).si() / longer.si());
  const Seconds fixed = small.median - small.bytes / bandwidth;
  return TransferLine{start == Start::kFromZero ? std::max(Seconds(0), fixed) : fixed, bandwidth};
}

double absolute_error(const TransferLine& line, Sizes sizes) {
  double sum = 0;
  for (const SizeTime& size : sizes) sum += std::abs(residual(line, size));
  return sum;
}

// Of least absolute deviations: such a line goes through two of the points, so all
// pairs are tried. The first of equals.
std::optional<TransferLine> robust_line(Sizes sizes, Start start) {
  std::optional<TransferLine> best;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t large = 1; large < sizes.size(); ++large)
    for (std::size_t small = 0; small < large; ++small) {
      const std::optional<TransferLine> line = line_through(sizes[small], sizes[large], start);
      if (!line) continue;
      const double error = absolute_error(*line, sizes);
      if (error < least) {
        least = error;
        best = line;
      }
    }
  return best;
}

double usual_deviation(const TransferLine& line, Sizes sizes) {
  std::vector<double> deviations;
  for (const SizeTime& size : sizes) deviations.push_back(std::abs(residual(line, size)));
  return std::max(kSmallestDeviation, kUsualOfMedian * summarise(deviations).median().si());
}

// Of least squares of the relative error; through the origin where it may not begin below it.
std::optional<TransferLine> least_squares(const std::vector<SizeTime>& sizes, Start start) {
  double one = 0, byte = 0, bytes = 0, time = 0, time_bytes = 0;  // weighted sums of products
  for (const SizeTime& size : sizes) {
    const double weight = 1 / (size.median.si() * size.median.si());
    one += weight;
    byte += weight * size.bytes.si();
    bytes += weight * size.bytes.si() * size.bytes.si();
    time += weight * size.median.si();
    time_bytes += weight * size.bytes.si() * size.median.si();
  }
  const double determinant = one * bytes - byte * byte;
  if (sizes.size() < 2 || determinant <= 0) return std::nullopt;
  double s_per_byte = (one * time_bytes - byte * time) / determinant;
  double fixed_s = (bytes * time - byte * time_bytes) / determinant;
  if (fixed_s < 0 && start == Start::kFromZero) {
    fixed_s = 0;
    s_per_byte = time_bytes / bytes;
  }
  if (s_per_byte <= 0) return std::nullopt;
  return TransferLine{Seconds(fixed_s), BytesPerSecond(1 / s_per_byte)};
}

// Nothing where larger messages take no longer.
std::optional<TransferLine> best_line(Sizes sizes, Start start) {
  const std::optional<TransferLine> robust = robust_line(sizes, start);
  if (!robust) return std::nullopt;
  const double limit = kDeviations * usual_deviation(*robust, sizes);
  std::vector<SizeTime> kept;
  for (const SizeTime& size : sizes)
    if (std::abs(residual(*robust, size)) <= limit) kept.push_back(size);
  const std::optional<TransferLine> refined = least_squares(kept, start);
  return refined ? refined : robust;
}

std::vector<double> residuals_of(const TransferLine& line, Sizes sizes) {
  std::vector<double> residuals;
  for (const SizeTime& size : sizes) residuals.push_back(residual(line, size));
  return residuals;
}

double root_mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// Where the lines meet, if that is between the two sizes, else the larger of them.
Bytes break_between(const TransferLine& left, const TransferLine& right, Bytes below, Bytes above) {
  const double slope = 1 / right.bandwidth.si() - 1 / left.bandwidth.si();
  if (slope == 0) return above;
  const Bytes meeting((left.fixed - right.fixed).si() / slope);
  return meeting > below && meeting < above ? meeting : above;
}

struct TwoLines {
  std::vector<TransferPiece> pieces;
  std::vector<double> residuals;
};

std::optional<TwoLines> split_at(Sizes sizes, std::size_t split) {
  const std::optional<TransferLine> left = best_line(sizes.first(split), Start::kFromZero);
  const std::optional<TransferLine> right = best_line(sizes.subspan(split), Start::kAnywhere);
  if (!left || !right) return std::nullopt;
  const Bytes edge = break_between(*left, *right, sizes[split - 1].bytes, sizes[split].bytes);
  TwoLines two{{{sizes.front().bytes, *left}, {edge, *right}}, residuals_of(*left, sizes.first(split))};
  const std::vector<double> above = residuals_of(*right, sizes.subspan(split));
  two.residuals.insert(two.residuals.end(), above.begin(), above.end());
  return two;
}

// Every place to break is tried; the first of equals.
std::optional<TwoLines> best_two_lines(Sizes sizes) {
  std::optional<TwoLines> best;
  for (std::size_t split = kLeastOfPiece; split + kLeastOfPiece <= sizes.size(); ++split) {
    std::optional<TwoLines> two = split_at(sizes, split);
    if (two && (!best || root_mean_square(two->residuals) < root_mean_square(best->residuals))) best = std::move(two);
  }
  return best;
}

void take_pieces(TransferFit& fit) {
  const TransferLine whole = fit_line(fit.sizes);
  fit.pieces = {{fit.sizes.front().bytes, whole}};
  fit.piece_residuals = residuals_of(whole, fit.sizes);
  if (largest(fit.piece_residuals) <= kGoodFit) return;
  std::optional<TwoLines> two = best_two_lines(fit.sizes);
  if (!two || root_mean_square(two->residuals) > kPiecesShare * root_mean_square(fit.piece_residuals)) return;
  fit.pieces = std::move(two->pieces);
  fit.piece_residuals = std::move(two->residuals);
}

std::size_t sizes_in_line(Sizes sizes, std::optional<Bytes> up_to) {
  if (!up_to) return sizes.size();
  const auto above = std::ranges::find_if(sizes, [&](const SizeTime& size) { return size.bytes >= *up_to; });
  const auto count = static_cast<std::size_t>(above - sizes.begin()) + 1;
  return std::min(sizes.size(), std::max(count, kLeastOfPiece));
}

}  // namespace

std::vector<TransferSample> one_way_times(const std::vector<RoundTrip>& round_trips) {
  std::vector<TransferSample> samples;
  for (const RoundTrip& trip : round_trips) samples.push_back({trip.bytes, trip.time});
  const std::vector<SizeTime> sizes = medians_by_size(samples);
  if (sizes.empty()) return samples;
  const Seconds back = sizes.front().median / 2;
  // At least half of its own: a small one that was quicker than the median took equally long both ways.
  for (TransferSample& sample : samples) sample.one_way = std::max(sample.one_way - back, sample.one_way / 2);
  return samples;
}

std::vector<SizeTime> medians_by_size(const std::vector<TransferSample>& samples) {
  std::map<double, std::vector<double>> times_s;
  for (const TransferSample& sample : samples) {
    if (!std::isfinite(sample.bytes.si()) || sample.bytes < Bytes(0))
      throw InputError("", "message size", format_number(sample.bytes.si()), "must be 0 bytes or more");
    if (!std::isfinite(sample.one_way.si()) || sample.one_way <= Seconds(0))
      throw InputError("", "message time", format_number(sample.one_way.si()), "must be above 0 s");
    times_s[sample.bytes.si()].push_back(sample.one_way.si());
  }
  std::vector<SizeTime> sizes;
  for (const auto& [bytes, of_size_s] : times_s)
    sizes.push_back({Bytes(bytes), summarise(of_size_s).median(), of_size_s.size()});
  return sizes;
}

TransferLine fit_line(const std::vector<SizeTime>& sizes) {
  if (sizes.size() < 2)
    throw InputError("", "message sizes", std::to_string(sizes.size()), "at least two are needed to tell a bandwidth");
  const std::optional<TransferLine> line = best_line(sizes, Start::kFromZero);
  if (!line) throw InputError("", "message times", "", "do not grow with the size, so they tell no bandwidth");
  return *line;
}

TransferFit fit_transfer(const std::vector<TransferSample>& samples, std::optional<Bytes> up_to) {
  TransferFit fit;
  fit.sizes = medians_by_size(samples);
  fit.in_line = sizes_in_line(fit.sizes, up_to);
  fit.line = fit_line({fit.sizes.begin(), fit.sizes.begin() + static_cast<std::ptrdiff_t>(fit.in_line)});
  fit.residuals = residuals_of(fit.line, fit.sizes);
  take_pieces(fit);
  return fit;
}

double TransferFit::largest_residual() const {
  return largest({residuals.begin(), residuals.begin() + static_cast<std::ptrdiff_t>(in_line)});
}

double largest(const std::vector<double>& residuals) {
  double most = 0;
  for (const double residual : residuals) most = std::max(most, std::abs(residual));
  return most;
}

TransferCost split_fixed(const TransferLine& line, Seconds gap, Bytes gap_bytes) {
  const Seconds overhead = std::clamp(gap - gap_bytes / line.bandwidth, Seconds(0), line.fixed);
  return {overhead, line.fixed - overhead, line.bandwidth};
}

}  // namespace twinfer
