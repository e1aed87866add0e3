#include "cli/axis_filter.h"

#include <sstream>

#include "cli/commands.h"

namespace twinfer {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

std::pair<std::string, std::string> assignment(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw UsageError("--" + option + " `" + text + "`: must be AXIS=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::pair<std::string, std::vector<std::string>>> chosen_filters(const cxxopts::ParseResult& arguments) {
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;
  if (arguments.count("where") == 0) return filters;
  for (const std::string& condition : arguments["where"].as<std::vector<std::string>>()) {
    const auto [axis, values] = assignment("where", condition);
    filters.emplace_back(axis, split(values, '|'));
  }
  return filters;
}

}  // namespace twinfer
