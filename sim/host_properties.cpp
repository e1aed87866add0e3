#include "sim/host_properties.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace twinfer {
namespace {

// Ends where the number ends.
template <class Number>
std::pair<std::optional<Number>, std::string> parse_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {std::nullopt, text};
  return {number, std::string(end, text.data() + text.size())};
}

std::optional<double> unit_bytes(const std::string& unit) {
  static constexpr std::array<std::pair<const char*, double>, 9> kUnits{{{"", 1},
                                                                         {"B", 1},
                                                                         {"kB", 1e3},
                                                                         {"MB", 1e6},
                                                                         {"GB", 1e9},
                                                                         {"TB", 1e12},
                                                                         {"KiB", 1024.0},
                                                                         {"MiB", 1024.0 * 1024},
                                                                         {"GiB", 1024.0 * 1024 * 1024}}};
  for (const auto& [name, bytes] : kUnits)
    if (unit == name) return bytes;
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {  // blanks may stand before a part
      parts.back() += c;
    }
  }
  return parts;
}

// Numbers separated by colons, finite, from 0 up, none below the one before it.
std::optional<std::vector<Watts>> parse_rising_watts(const std::string& text) {
  std::vector<Watts> watts;
  for (const std::string& part : split(text, ':')) {
    const auto [number, rest] = parse_number<double>(part);
    if (!number || !rest.empty() || !std::isfinite(*number) || *number < 0) return std::nullopt;
    watts.emplace_back(*number);
  }
  if (!std::ranges::is_sorted(watts)) return std::nullopt;
  return watts;
}

}  // namespace

std::optional<Bytes> parse_memory(const std::string& text) {
  const auto [number, unit] = parse_number<double>(text);
  const std::optional<double> scale = unit_bytes(unit);
  if (!number || !scale || !std::isfinite(*number) || *number <= 0) return std::nullopt;
  return Bytes(*number * *scale);
}

std::optional<std::vector<DevicePower>> parse_wattage_per_state(const std::string& text) {
  std::vector<DevicePower> states;
  for (const std::string& state : split(text, ',')) {
    const std::optional<std::vector<Watts>> watts = parse_rising_watts(state);
    if (!watts || watts->size() < 2 || watts->size() > 3) return std::nullopt;
    states.push_back({watts->front(), watts->size() == 3 ? (*watts)[1] : watts->front(), watts->back()});
  }
  return states;
}

std::optional<LinkPower> parse_wattage_range(const std::string& text) {
  const std::optional<std::vector<Watts>> watts = parse_rising_watts(text);
  if (!watts || watts->size() != 2) return std::nullopt;
  return LinkPower{watts->front(), watts->back()};
}

std::optional<double> parse_price(const std::string& text) {
  const auto [number, rest] = parse_number<double>(text);
  if (!number || !rest.empty() || !std::isfinite(*number) || *number < 0) return std::nullopt;
  return number;
}

std::optional<double> parse_contention(const std::string& text) {
  const std::optional<double> number = parse_price(text);
  return number && *number >= 1 ? number : std::nullopt;
}

std::optional<Seconds> parse_seconds(const std::string& text) {
  const std::optional<double> number = parse_price(text);
  return number ? std::optional(Seconds(*number)) : std::nullopt;
}

bool is_endpoint(const std::string& text) {
  if (text == "spawn") return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto [port, rest] = parse_number<unsigned>(text.substr(colon + 1));
  return port && rest.empty() && *port >= 1 && *port <= 65535;
}

}  // namespace twinfer
