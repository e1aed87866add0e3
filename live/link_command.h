// Whoever limits the real links, told of their changes: `COMMAND LINK BITS_PER_SECOND`, as
// `scripts/netlab.sh rate` takes it.
#pragma once

#include <future>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

class LinkCommand {
 public:
  // A program and its first arguments, separated by spaces; no shell reads them. Throws InputError
  // where there is none.
  explicit LinkCommand(const std::string& command);

  // Starts it and returns at once.
  void change(const std::string& link, BytesPerSecond bandwidth);

  // Waits for all that were started. Why one of them failed; empty if none did.
  std::string error();

 private:
  std::vector<std::string> words_;
  std::vector<std::future<std::string>> started_;
};

}  // namespace twinfer
