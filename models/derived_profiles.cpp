#include "models/derived_profiles.h"

#include <algorithm>
#include <cassert>
#include <cstdio>

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

const std::vector<std::string> kColumns{"model", "device", "published_s", "anchor", "layers", "source"};
enum Column { kModel, kDevice, kPublished, kAnchor, kLayers, kSource };

std::string describe_factor(double factor, const std::string& source) {
  char text[32];
  std::snprintf(text, sizeof text, "reference x %.4g: ", factor);
  return text + source;
}

}  // namespace

std::vector<Derivation> load_derivations(const std::filesystem::path& file) {
  const FileTable table = read_table(file, kColumns);
  std::vector<Derivation> derivations;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    const Seconds published(table.number(row, kPublished, 0));
    if (published == Seconds(0))
      throw InputError(file, "row " + std::to_string(row + 1) + ", published_s", cells[kPublished], "must be above 0");
    derivations.push_back({cells[kModel], cells[kDevice], published, cells[kAnchor], cells[kLayers], cells[kSource]});
  }
  return derivations;
}

Seconds total_compute(const LatencyProfile& profile, const std::string& prefix) {
  Seconds total;
  for (const auto& [name, layer] : profile.layers)
    if (name.starts_with(prefix)) total += layer.compute.median();
  if (total == Seconds(0)) throw InputError(profile.file, "layers", prefix, "no layer whose name starts so takes time");
  return total;
}

LatencyProfile scale_profile(const LatencyProfile& measured, const std::string& device, double factor,
                             const std::string& source) {
  assert(factor > 0);
  const double host_factor = std::max(factor, 1.0);
  LatencyProfile made = measured;
  made.device = device;
  made.message_overhead *= host_factor;
  for (auto& [name, layer] : made.layers) {
    layer.compute = scaled(layer.compute, factor);
    layer.encode *= host_factor;
    layer.decode *= host_factor;
    layer.source = describe_factor(factor, source);
  }
  for (auto& [name, compute] : made.exits) compute = scaled(compute, factor);
  return made;
}

std::vector<std::filesystem::path> derive_profiles(const std::filesystem::path& profiles_dir) {
  std::vector<std::filesystem::path> written;
  for (const Derivation& d : load_derivations(profiles_dir / "derived.csv")) {
    const LatencyProfile measured = load_latency_profile(profiles_dir / d.model / "reference.csv");
    const LatencyProfile anchor = load_latency_profile(profiles_dir / (d.anchor + ".csv"));
    const double factor = d.published / total_compute(anchor, d.layers);
    const std::filesystem::path file = profiles_dir / d.model / (d.device + ".csv");
    save_latency_profile(scale_profile(measured, d.device, factor, d.source), file);
    written.push_back(file);
  }
  return written;
}

}  // namespace twinfer
