// Bad input, reported before any engine or library underneath can abort on it.
#pragma once

#include <stdexcept>
#include <string>

namespace twinfer {

// Input that a person can mend. `what()` is one line:
//   FILE: FIELD: `VALUE`: ALLOWED
// Empty parts are left out. Programs print it and end with exit code 2.
class InputError : public std::runtime_error {
 public:
  InputError(const std::string& file, const std::string& field, const std::string& value, const std::string& allowed);
};

}  // namespace twinfer
