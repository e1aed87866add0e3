// A plan as a picture: the network's DAG, a colour for each device, bytes on the
// edges that are cut.
#pragma once

#include <filesystem>
#include <string>

#include "cli/planned_scenario.h"

namespace twinfer {

// In Graphviz' language.
std::string plan_dot(const PlannedScenario& planned, const Plan& plan);

// Writes the picture; the file's ending says how: .dot itself, or .svg, .png and
// .pdf by Graphviz' `dot`, which must be installed. Throws InputError on another
// ending, a file that cannot be written, or without `dot`.
void save_picture(const PlannedScenario& planned, const Plan& plan, const std::filesystem::path& file);

}  // namespace twinfer
