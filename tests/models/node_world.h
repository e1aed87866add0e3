// twinfer-node's own commands, run as a program.
#pragma once

#include "tests/cli/command_world.h"

namespace twinfer {

struct NodeWorld : CommandWorld {
  [[nodiscard]] Outcome node(const std::vector<std::string>& arguments) const {
    return run_program(std::filesystem::path(TWINFER_BIN_DIR) / "twinfer-node", arguments);
  }
  // What a wrong command line says: one line, exit code 2, nothing on stdout.
  [[nodiscard]] std::string complaint(const std::vector<std::string>& arguments) const {
    const Outcome outcome = node(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    const std::string start = "twinfer-node: ";
    REQUIRE(outcome.err.starts_with(start));
    return outcome.err.substr(start.size(), outcome.err.size() - start.size() - 1);
  }
};

}  // namespace twinfer
