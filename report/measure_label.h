// How measures are shown to people: their names end in SI units, headings do not.
#pragma once

#include <string>

namespace twinfer {

struct MeasureLabel {
  std::string heading;  // "P95 latency"
  std::string unit;     // "ms"; empty for a count
  double scale = 1;     // from the stored value to the unit
};

// "energy_j.pi" is "energy of pi".
MeasureLabel label_of_measure(const std::string& name);

}  // namespace twinfer
