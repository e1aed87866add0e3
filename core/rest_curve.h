// What share of a cost arises after a rest, the time since the same resource last worked: caches cool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

struct RestPoint {
  Seconds rest;
  double share = 1;

  friend bool operator==(const RestPoint&, const RestPoint&) = default;
};

// Ascending by rest, from 0 up; shares are finite and above 0.
using RestCurve = std::vector<RestPoint>;

// Linear between the points, constant before the first and behind the last; 1 of an empty curve.
double share_after(const RestCurve& curve, Seconds rest);

// "0:0.55 0.005:0.9 0.04:1": SECONDS:SHARE, separated by blanks. Nothing on anything else, an empty text included.
std::optional<RestCurve> parse_rest_curve(const std::string& text);
std::string rest_curve_text(const RestCurve& curve);

}  // namespace twinfer
