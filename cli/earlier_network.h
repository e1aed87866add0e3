// What an imported network leaves behind when another one takes its name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twinfer {

// Files of `models` that hold no longer once `module`, with this graph, is imported as
// `name`, ascending: profiles where the graph is another one; where the module is too,
// also graphs and profiles at other input shapes. None where nothing was imported so.
std::vector<std::filesystem::path> stale_files(const std::filesystem::path& models, const std::string& name,
                                               const std::filesystem::path& module, const std::string& graph_text);

}  // namespace twinfer
