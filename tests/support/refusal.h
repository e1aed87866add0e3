// What bad input is told, for tests of the exact message.
#pragma once

#include <string>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {

// The InputError that `body` ends in; "no error" if it does not.
std::string refusal_of(const auto& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// The same, with the files of `folder` named as they are within it.
std::string refusal_of(const TemporaryFolder& folder, const auto& body) {
  std::string message = refusal_of(body);
  const std::string prefix = folder.path().string() + "/";
  while (message.find(prefix) != std::string::npos) message = replaced(message, prefix, "");
  return message;
}

}  // namespace twinfer
