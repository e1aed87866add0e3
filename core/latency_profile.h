// Measured seconds per layer on one device, as a distribution.
//
// A profile holds only for its whole key: model, input shape, device, runtime,
// precision, threads, batch. Taken at another thread count or batch, it lies.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

// The quantiles that a profile keeps of every distribution.
inline constexpr std::array<double, 7> kQuantiles{0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};

struct LatencyDistribution {
  std::size_t samples = 0;
  Seconds mean;
  std::array<Seconds, kQuantiles.size()> quantiles{};  // ascending, at kQuantiles

  [[nodiscard]] Seconds median() const { return quantiles[3]; }
  // Linear between the kept quantiles, but above 0.95 a power of the rank, such that all values have the mean of the
  // samples: one stall among a thousand runs is no mixture of a twentieth. REQUIRES: 0 <= u <= 1.
  [[nodiscard]] Seconds at(double u) const;
};

// Of parts that are all at the same quantile: they slow down together.
LatencyDistribution operator+(LatencyDistribution sum, const LatencyDistribution& more);

// One constant time, as hand-made cases use it.
LatencyDistribution constant_latency(Seconds time);

// All times by the factor. REQUIRES: factor > 0.
LatencyDistribution scaled(LatencyDistribution distribution, double factor);

// Exact quantiles of `samples_s` (seconds). REQUIRES: not empty.
LatencyDistribution summarise(std::vector<double> samples_s);

struct LayerLatency {
  LatencyDistribution compute;
  Bytes output_bytes;  // checked against the graph
  Seconds encode;      // to make the layer's output ready for the wire, median
  Seconds decode;      // to make it a tensor again, median
  std::string source;  // "measured", or the published figure that it was scaled to
};

struct LatencyProfile {
  std::string model;
  std::string input;      // shape, "1x1x32x32"
  std::string device;     // profile name: "raspberry-pi-4"
  std::string host;       // where it was measured
  std::string runtime;    // "libtorch-1.13.1"
  std::string precision;  // "fp32"
  unsigned threads = 1;
  unsigned batch = 1;
  std::string date;          // ISO 8601
  Seconds message_overhead;  // fixed cost of one message on a connection, median
  Seconds pause;             // before each run of the whole network; absent: 0
  // From a message's last byte until an executor that waits starts on it, and from its end
  // until a connection that waits takes its message up; neither is held meanwhile.
  LatencyDistribution hand_off;
  // The same of results that come back to it, of which nothing is known before a run: zero.
  LatencyDistribution result_hand_off = {};
  std::map<std::string, LayerLatency> layers;        // by layer name, the input (layer 0) included
  std::map<std::string, LatencyDistribution> exits;  // by head name

  std::string file;  // where it was read from, for error messages
};

// Reads and writes models/profiles/MODEL/DEVICE.csv (docs/formats.md). Reading
// throws InputError on a missing or truncated file, a negative or NaN time, or
// descending quantiles; writing on a file that cannot be written.
LatencyProfile load_latency_profile(const std::filesystem::path& file);
void save_latency_profile(const LatencyProfile& profile, const std::filesystem::path& file);

// The same with the text of such a file; `file` names it in errors.
LatencyProfile parse_latency_profile(const std::string& text, const std::string& file);
std::string latency_profile_text(const LatencyProfile& profile);

}  // namespace twinfer
