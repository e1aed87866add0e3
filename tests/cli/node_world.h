// A world in which twinfer has a stand-in for twinfer-node beside it, or none.
#pragma once

#include <filesystem>

#include "tests/cli/command_world.h"

namespace twinfer {

enum class Node { kFake, kNone };

class NodeWorld : public CommandWorld {
 public:
  explicit NodeWorld(Node node) {
    namespace fs = std::filesystem;
    const fs::path original = program;
    program = programs_.path() / "twinfer";  // its folder is where it looks first
    std::error_code other_file_system;
    fs::create_hard_link(original, program, other_file_system);
    if (other_file_system) fs::copy_file(original, program);
    if (node == Node::kFake) fs::create_symlink(TWINFER_FAKE_NODE, programs_.path() / "twinfer-node");
  }

  [[nodiscard]] const std::filesystem::path& programs() const { return programs_.path(); }

 private:
  TemporaryFolder programs_;
};

}  // namespace twinfer
