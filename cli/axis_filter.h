// --where AXIS=VALUE: which runs of a sweep are meant.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cxxopts.hpp>

namespace twinfer {

// The parts of a text, empty ones left out.
std::vector<std::string> split(const std::string& text, char by);

// "AXIS=VALUE" given for --`option`. Throws UsageError.
std::pair<std::string, std::string> assignment(const std::string& option, const std::string& text);

// Each --where: an axis and the values, "AXIS=VALUE|VALUE", of which it may have one. Throws UsageError.
std::vector<std::pair<std::string, std::vector<std::string>>> chosen_filters(const cxxopts::ParseResult& arguments);

}  // namespace twinfer
