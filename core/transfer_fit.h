// Measured times of messages as the numbers that a connection is priced by, in the
// terms of LogGP (Alexandrov, Ionescu, Schauser and Scheiman, SPAA 1995): what one more
// small message holds the connection for (its gap), a latency that holds nothing, and
// bytes per second.
//
// Ignores: what depends on time, such as TCP's slow start after a pause and other
// traffic; a message is as long as the median of its size.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/units.h"

namespace twinfer {

struct TransferSample {
  Bytes bytes;
  Seconds one_way;
};

// To the last byte of a message at the other end, and back with a message of the smallest size.
struct RoundTrip {
  Bytes bytes;
  Seconds time;
};

// There and back the smallest message takes equally long, so every message's way there is
// its round trip without half of that one's median. Throws as medians_by_size.
std::vector<TransferSample> one_way_times(const std::vector<RoundTrip>& round_trips);

// Messages of one size.
struct SizeTime {
  Bytes bytes;
  Seconds median;
  std::size_t samples = 0;
};

// fixed + bytes / bandwidth.
struct TransferLine {
  Seconds fixed;
  BytesPerSecond bandwidth;
  [[nodiscard]] Seconds at(Bytes bytes) const { return fixed + bytes / bandwidth; }
};

// A line for messages of `from` bytes and more. Of a second piece `fixed` may be negative.
struct TransferPiece {
  Bytes from;
  TransferLine line;
};

struct TransferFit {
  std::vector<SizeTime> sizes;  // ascending
  TransferLine line;            // one, for the first `in_line` of them
  std::size_t in_line = 0;
  std::vector<double> residuals;      // of `line`, by size, all: (line - median) / median
  std::vector<TransferPiece> pieces;  // one line for all sizes, or two where these fit much better
  std::vector<double> piece_residuals;

  // Without its sign, of the sizes that `line` is for.
  [[nodiscard]] double largest_residual() const;
};

// Two lines are taken where the root mean square of the relative residuals is at most
// this share of one line's, and one line errs by more than kGoodFit somewhere.
inline constexpr double kPiecesShare = 0.5;
inline constexpr double kGoodFit = 0.05;

// The median of each size, ascending. Throws InputError on a size or time that is not
// finite, a negative size, or a time that is not above 0.
std::vector<SizeTime> medians_by_size(const std::vector<TransferSample>& samples);

// The line of least relative error: so that small and large messages count alike. Sizes
// beyond three times the usual deviation from the line of least absolute deviations
// are left to themselves. `fixed` is never negative. Throws InputError below
// two sizes, and where larger messages take no longer.
TransferLine fit_line(const std::vector<SizeTime>& sizes);

// `line` is for sizes up to `up_to` and the next one above it, at least three: what is never
// sent shall not bend it. Throws InputError as the two above.
TransferFit fit_transfer(const std::vector<TransferSample>& samples, std::optional<Bytes> up_to = std::nullopt);

// The largest residual without its sign. 0 of none.
double largest(const std::vector<double>& residuals);

// What a message costs on one way.
struct TransferCost {
  Seconds overhead;  // holds the connection, whatever the message carries
  Seconds latency;   // holds nothing
  BytesPerSecond bandwidth;
};

// A line and the gap of messages of `gap_bytes`, that is what one more of them in a row
// takes. The overhead is the gap without the time of its bytes, at most the whole of
// `fixed`; the latency is the rest.
TransferCost split_fixed(const TransferLine& line, Seconds gap, Bytes gap_bytes);

}  // namespace twinfer
