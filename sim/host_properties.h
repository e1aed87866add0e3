// What Twinfer reads from the <prop> elements of SimGrid hosts and links.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/platform.h"

namespace twinfer {

// "4GB" (decimal), "4GiB" (binary), "512MB", "16kB", or plain bytes; nothing on
// anything else, zero included.
std::optional<Bytes> parse_memory(const std::string& text);

// "2.7:6.4" (IDLE:ALLCORES) or "2.7:3:6.4" (IDLE:EPSILON:ALLCORES) in watts, one for each pstate,
// separated by commas, as SimGrid 3.32 reads them; nothing on anything else, negative or
// descending ones included. Without EPSILON it is IDLE.
std::optional<std::vector<DevicePower>> parse_wattage_per_state(const std::string& text);

// "0.02:1" (IDLE:BUSY) in watts; nothing on anything else, negative or descending ones included.
std::optional<LinkPower> parse_wattage_range(const std::string& text);

// "0.526", in any currency; nothing on anything else, negative numbers included.
std::optional<double> parse_price(const std::string& text);

// "1.6", a factor; nothing on anything else, numbers below 1 included.
std::optional<double> parse_contention(const std::string& text);

// "0.005", in seconds; nothing on anything else, negative numbers included.
std::optional<Seconds> parse_seconds(const std::string& text);

// Whether a live side can be reached there: "spawn", or HOST:PORT.
bool is_endpoint(const std::string& text);

}  // namespace twinfer
