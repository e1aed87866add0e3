#include "sim/host_properties.h"

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

}  // namespace

std::optional<Bytes> parse_memory(const std::string& text) {
  const auto [number, unit] = parse_number<double>(text);
  const std::optional<double> scale = unit_bytes(unit);
  if (!number || !scale || !std::isfinite(*number) || *number <= 0) return std::nullopt;
  return Bytes(*number * *scale);
}

bool is_endpoint(const std::string& text) {
  if (text == "spawn") return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto [port, rest] = parse_number<unsigned>(text.substr(colon + 1));
  return port && rest.empty() && *port >= 1 && *port <= 65535;
}

}  // namespace twinfer
