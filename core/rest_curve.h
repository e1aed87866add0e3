// How a cost depends on the rest before it, the time since the same resource last worked: caches cool, and cores fall
// asleep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

struct RestPoint {
  Seconds rest;
  double value = 0;

  friend bool operator==(const RestPoint&, const RestPoint&) = default;
};

// Ascending by rest, from 0 up; values are finite.
using RestCurve = std::vector<RestPoint>;

// Linear between the points, constant before the first and behind the last; `otherwise` of an empty curve.
double value_after(const RestCurve& curve, Seconds rest, double otherwise);

// "0:0.55 0.005:0.9 0.04:1": SECONDS:VALUE, separated by blanks. Nothing on anything else, an empty text included.
std::optional<RestCurve> parse_rest_curve(const std::string& text);
std::string rest_curve_text(const RestCurve& curve);

}  // namespace twinfer
