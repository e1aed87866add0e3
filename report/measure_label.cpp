#include "report/measure_label.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "report/measures.h"

namespace twinfer {
namespace {

struct Ending {
  const char* ending;
  const char* unit;
  double scale;
  bool shown;  // stays in the heading
};

// The first that fits counts.
constexpr std::array kEndings{Ending{"_bytes_per_request", "kB/request", 1e-3, false},
                              Ending{"_s", "ms", 1e3, false},
                              Ending{"_hz", "1/s", 1, false},
                              Ending{"_j", "J/request", 1, false},
                              Ending{"_w", "W", 1, false},
                              Ending{"accuracy", "%", 100, true},
                              Ending{"_share", "%", 100, true}};

constexpr std::array kCounts{"ok", "exited", "missed", "dropped", "failed", "returned"};

// "p50_latency" -> "P50 latency"
std::string heading_of(std::string name) {
  std::ranges::replace(name, '_', ' ');
  const bool percentile = name.size() > 1 && name[0] == 'p' && std::isdigit(static_cast<unsigned char>(name[1])) != 0;
  if (percentile) name[0] = 'P';
  return name;
}

}  // namespace

MeasureLabel label_of_measure(const std::string& name) {
  if (name == kWallMeasure) return {"real time of the run", "s", 1};
  if (name == "cost") return {"cost", "per 1000 requests", 1};
  if (const std::size_t dot = name.find('.'); dot != std::string::npos) {  // a device's part
    MeasureLabel label = label_of_measure(name.substr(0, dot));
    label.heading += " of " + name.substr(dot + 1);
    return label;
  }
  for (const Ending& known : kEndings) {
    const std::string ending = known.ending;
    if (!name.ends_with(ending)) continue;
    const std::string shown = known.shown ? name : name.substr(0, name.size() - ending.size());
    return {heading_of(shown), known.unit, known.scale};
  }
  return {heading_of(name), std::ranges::find(kCounts, name) != kCounts.end() ? "requests" : "", 1};
}

}  // namespace twinfer
