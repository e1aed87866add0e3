// Many words as one text.
#pragma once

#include <functional>
#include <ranges>
#include <string>
#include <string_view>

namespace twinfer {

// "a, b, c": what `projection` makes of each element, which is text, with `between` between
// them.
template <std::ranges::input_range Range, class Projection = std::identity>
std::string joined(Range&& elements, std::string_view between = ", ", Projection projection = {}) {
  std::string text;
  bool first = true;
  for (auto&& element : elements) {
    if (!first) text += between;
    first = false;
    text += std::invoke(projection, element);
  }
  return text;
}

// For a list that may be empty: "known: (none)".
inline std::string or_none(std::string text) { return text.empty() ? "(none)" : text; }

}  // namespace twinfer
