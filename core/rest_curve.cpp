#include "core/rest_curve.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/table_file.h"

namespace twinfer {
namespace {

std::optional<RestPoint> parse_point(const std::string& word) {
  std::istringstream pair(word);
  double rest_s = -1, share = 0;
  char colon = 0;
  const bool whole =
      (pair >> rest_s >> colon >> share) && colon == ':' && pair.peek() == std::istringstream::traits_type::eof();
  if (!whole || !(rest_s >= 0) || !std::isfinite(rest_s) || !(share > 0) || !std::isfinite(share)) return std::nullopt;
  return RestPoint{Seconds(rest_s), share};
}

}  // namespace

double share_after(const RestCurve& curve, Seconds rest) {
  if (curve.empty()) return 1;
  const auto right = std::ranges::upper_bound(curve, rest, {}, &RestPoint::rest);
  if (right == curve.begin()) return right->share;
  if (right == curve.end()) return curve.back().share;
  const RestPoint& left = *(right - 1);
  return left.share + (right->share - left.share) * ((rest - left.rest) / (right->rest - left.rest));
}

std::optional<RestCurve> parse_rest_curve(const std::string& text) {
  RestCurve curve;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::optional<RestPoint> point = parse_point(word);
    if (!point || (!curve.empty() && point->rest <= curve.back().rest)) return std::nullopt;
    curve.push_back(*point);
  }
  return curve.empty() ? std::nullopt : std::optional(curve);
}

std::string rest_curve_text(const RestCurve& curve) {
  std::string text;
  for (const RestPoint& point : curve)
    text += (text.empty() ? "" : " ") + format_number(point.rest.si()) + ":" + format_number(point.share);
  return text;
}

}  // namespace twinfer
