#include "core/latency_profile.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <sstream>

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

const std::vector<std::string> kColumns{"role",    "name",   "output_bytes", "encode_s", "decode_s",
                                        "samples", "mean_s", "min_s",        "q05_s",    "q25_s",
                                        "q50_s",   "q75_s",  "q95_s",        "max_s",    "source"};
enum Column { kRole, kName, kOutputBytes, kEncode, kDecode, kSamples, kMean, kFirstQuantile, kSource = 14 };

LatencyDistribution parse_distribution(const FileTable& table, std::size_t row) {
  LatencyDistribution d;
  d.samples = static_cast<std::size_t>(table.integer(row, kSamples, 1));
  d.mean = Seconds(table.number(row, kMean, 0));
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
    d.quantiles[q] = Seconds(table.number(row, kFirstQuantile + q, 0));
    if (q > 0 && d.quantiles[q] < d.quantiles[q - 1])
      throw InputError(table.file, "row " + std::to_string(row + 1) + ", " + kColumns[kFirstQuantile + q],
                       table.rows[row][kFirstQuantile + q], "quantiles must ascend");
  }
  return d;
}

unsigned parse_count(const FileTable& table, const std::string& key) {
  const double value = parse_number(table.meta(key), table.file, key);
  if (value < 1 || value != std::floor(value) || value > 1e6)
    throw InputError(table.file, key, table.meta(key), "must be a whole number of at least 1");
  return static_cast<unsigned>(value);
}

Seconds parse_time(const FileTable& table, const std::string& key) {
  const Seconds time(parse_number(table.meta(key), table.file, key));
  if (time < Seconds(0)) throw InputError(table.file, key, table.meta(key), "must be at least 0");
  return time;
}

void add_row(FileTable& table, const std::string& role, const std::string& name, const LayerLatency& layer) {
  std::vector<std::string> cells{role,
                                 name,
                                 format_number(layer.output_bytes.si()),
                                 format_number(layer.encode.si()),
                                 format_number(layer.decode.si()),
                                 std::to_string(layer.compute.samples),
                                 format_number(layer.compute.mean.si())};
  for (const Seconds q : layer.compute.quantiles) cells.push_back(format_number(q.si()));
  cells.push_back(layer.source);
  table.rows.push_back(std::move(cells));
}

constexpr double kTailFrom = kQuantiles[kQuantiles.size() - 2];

// At the share `v` of the way through the tail: from its begin to its end by v^k, whose mean is 1 / (k + 1). Linear
// where the mean asks for more than that, and no steeper than one value in a thousand that differs.
Seconds tail_at(const LatencyDistribution& d, double v) {
  constexpr double kSteepest = 0.02;
  const Seconds begin = d.quantiles[kQuantiles.size() - 2];
  const Seconds height = d.quantiles.back() - begin;
  if (height <= Seconds(0)) return begin;
  Seconds before;
  for (std::size_t q = 1; q + 1 < kQuantiles.size(); ++q)
    before += (kQuantiles[q] - kQuantiles[q - 1]) / 2 * (d.quantiles[q - 1] + d.quantiles[q]);
  const Seconds mean = (d.mean - before) / (1 - kTailFrom);
  const double share = std::clamp((mean - begin) / height, kSteepest, 0.5);
  return begin + height * std::pow(v, 1 / share - 1);
}

// "HAND_OFF", or "MEAN MIN Q05 Q25 Q50 Q75 Q95 MAX", in seconds.
LatencyDistribution parse_hand_off(const FileTable& table, const std::string& key) {
  if (!table.metadata.contains(key)) return {};
  const std::string& text = table.meta(key);
  std::istringstream words(text);
  std::vector<double> times;
  for (std::string word; words >> word;) times.push_back(parse_number(word, table.file, key));
  const bool fits = (times.size() == 1 || times.size() == kQuantiles.size() + 1) && std::ranges::min(times) >= 0;
  if (!fits || !std::ranges::is_sorted(times.begin() + 1, times.end()))
    throw InputError(table.file, key, text, "must be at least 0: one time, or a mean and seven quantiles that ascend");
  if (times.size() == 1) return constant_latency(Seconds(times.front()));
  LatencyDistribution hand_off{1, Seconds(times.front()), {}};
  std::ranges::transform(times.begin() + 1, times.end(), hand_off.quantiles.begin(),
                         [](double time_s) { return Seconds(time_s); });
  return hand_off;
}

std::string hand_off_text(const LatencyDistribution& hand_off) {
  if (hand_off.quantiles.front() == hand_off.quantiles.back()) return format_number(hand_off.median().si());
  std::string text = format_number(hand_off.mean.si());
  for (const Seconds quantile : hand_off.quantiles) text += " " + format_number(quantile.si());
  return text;
}

LatencyProfile to_profile(const FileTable& table) {
  const std::string& file = table.file;
  LatencyProfile profile;
  profile.file = file;
  profile.model = table.meta("model");
  profile.input = table.meta("input");
  profile.device = table.meta("device");
  profile.host = table.meta("host");
  profile.runtime = table.meta("runtime");
  profile.precision = table.meta("precision");
  profile.date = table.meta("date");
  profile.threads = parse_count(table, "threads");
  profile.batch = parse_count(table, "batch");
  profile.message_overhead = parse_time(table, "message_overhead_s");
  if (table.metadata.contains("pause_s")) profile.pause = parse_time(table, "pause_s");
  profile.hand_off = parse_hand_off(table, "hand_off_s");
  profile.result_hand_off = parse_hand_off(table, "result_hand_off_s");

  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    const LayerLatency layer{parse_distribution(table, row), Bytes(table.number(row, kOutputBytes, 0)),
                             Seconds(table.number(row, kEncode, 0)), Seconds(table.number(row, kDecode, 0)),
                             cells[kSource]};
    bool added = false;
    if (cells[kRole] == "layer") {
      added = profile.layers.emplace(cells[kName], layer).second;
    } else if (cells[kRole] == "exit") {
      added = profile.exits.emplace(cells[kName], layer.compute).second;
    } else {
      throw InputError(file, "row " + std::to_string(row + 1) + ", role", cells[kRole], "must be `layer` or `exit`");
    }
    if (!added) throw InputError(file, "row " + std::to_string(row + 1) + ", name", cells[kName], "is given twice");
  }
  return profile;
}

FileTable to_table(const LatencyProfile& profile) {
  FileTable table{"",
                  {{"model", profile.model},
                   {"input", profile.input},
                   {"device", profile.device},
                   {"host", profile.host},
                   {"runtime", profile.runtime},
                   {"precision", profile.precision},
                   {"threads", std::to_string(profile.threads)},
                   {"batch", std::to_string(profile.batch)},
                   {"date", profile.date},
                   {"message_overhead_s", format_number(profile.message_overhead.si())}},
                  kColumns,
                  {}};
  if (profile.pause > Seconds(0)) table.metadata["pause_s"] = format_number(profile.pause.si());
  for (const auto& [key, hand_off] :
       {std::pair{"hand_off_s", &profile.hand_off}, {"result_hand_off_s", &profile.result_hand_off}})
    if (hand_off->quantiles.back() > Seconds(0)) table.metadata[key] = hand_off_text(*hand_off);
  for (const auto& [name, layer] : profile.layers) add_row(table, "layer", name, layer);
  for (const auto& [name, compute] : profile.exits) add_row(table, "exit", name, {compute, {}, {}, {}, "as its layer"});
  return table;
}

}  // namespace

Seconds LatencyDistribution::at(double u) const {
  assert(u >= 0 && u <= 1);
  if (u > kTailFrom) return tail_at(*this, (u - kTailFrom) / (1 - kTailFrom));
  std::size_t right = 1;
  while (right + 1 < kQuantiles.size() && kQuantiles[right] < u) ++right;
  const double share = (u - kQuantiles[right - 1]) / (kQuantiles[right] - kQuantiles[right - 1]);
  // Exactly the kept value at a kept quantile: the median must equal median().
  if (share == 1) return quantiles[right];
  return quantiles[right - 1] + (quantiles[right] - quantiles[right - 1]) * share;
}

LatencyDistribution operator+(LatencyDistribution sum, const LatencyDistribution& more) {
  sum.samples = std::max(sum.samples, more.samples);
  sum.mean += more.mean;
  for (std::size_t q = 0; q < sum.quantiles.size(); ++q) sum.quantiles[q] += more.quantiles[q];
  return sum;
}

LatencyDistribution constant_latency(Seconds time) {
  LatencyDistribution d{1, time, {}};
  d.quantiles.fill(time);
  return d;
}

LatencyDistribution scaled(LatencyDistribution distribution, double factor) {
  distribution.mean *= factor;
  for (Seconds& quantile : distribution.quantiles) quantile *= factor;
  return distribution;
}

LatencyDistribution summarise(std::vector<double> samples_s) {
  assert(!samples_s.empty());
  std::ranges::sort(samples_s);
  LatencyDistribution d;
  d.samples = samples_s.size();
  d.mean = Seconds(std::accumulate(samples_s.begin(), samples_s.end(), 0.0) / static_cast<double>(samples_s.size()));
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
    const double position = kQuantiles[q] * static_cast<double>(samples_s.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, samples_s.size() - 1);
    const double share = position - static_cast<double>(below);
    d.quantiles[q] = Seconds(samples_s[below] + (samples_s[above] - samples_s[below]) * share);
  }
  return d;
}

LatencyProfile load_latency_profile(const std::filesystem::path& file) {
  return to_profile(read_table(file, kColumns));
}

void save_latency_profile(const LatencyProfile& profile, const std::filesystem::path& file) {
  write_table(to_table(profile), file);
}

LatencyProfile parse_latency_profile(const std::string& text, const std::string& file) {
  return to_profile(parse_table(text, file, kColumns));
}

std::string latency_profile_text(const LatencyProfile& profile) { return table_text(to_table(profile)); }

}  // namespace twinfer
