// A scenario's live runs, made by twinfer-node.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "cli/node_program.h"
#include "core/scenario.h"

namespace twinfer {

// Writes the resolved scenario to a temporary file, gone again afterwards, and
// runs `program live` on it: one run a policy into `store`. Where its exit code is
// not 0, twinfer-node has said on stderr what was wrong, and named the scenario's own file.
// `on_bandwidth`: what changes real links (live/link_command.h).
ProgramEnd run_live_side(const std::filesystem::path& program, const Scenario& scenario,
                         const std::filesystem::path& store, const std::string& batch,
                         const std::optional<std::string>& on_bandwidth = {});

// What twinfer-node is called with for it. `resolved`: that temporary file.
std::vector<std::string> live_side_arguments(const std::filesystem::path& resolved, const Scenario& scenario,
                                             const std::filesystem::path& store, const std::string& batch,
                                             const std::optional<std::string>& on_bandwidth);

// --on-bandwidth COMMAND.
void add_on_bandwidth_option(cxxopts::Options& options);
std::optional<std::string> chosen_on_bandwidth(const cxxopts::ParseResult& arguments);

}  // namespace twinfer
