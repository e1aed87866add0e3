#include "core/error.h"

namespace twinfer {
namespace {

std::string one_line(const std::string& file, const std::string& field, const std::string& value,
                     const std::string& allowed) {
  std::string line;
  if (!file.empty()) line += file + ": ";
  if (!field.empty()) line += field + ": ";
  if (!value.empty()) line += "`" + value + "`: ";
  line += allowed;
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  return line;
}

}  // namespace

InputError::InputError(const std::string& file, const std::string& field, const std::string& value,
                       const std::string& allowed)
    : std::runtime_error(one_line(file, field, value, allowed)) {}

}  // namespace twinfer
