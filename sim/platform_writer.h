// A platform as the XML that SimGrid loads: what platform_reader reads of it, it reads
// again, to the last digit.
//
// Zones are flattened: each route is written with all of its links, direction by direction, and a
// split-duplex link as its two directions. Of several pstates only the one that the host
// starts in is left.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/platform.h"

namespace twinfer {

// What is written beside the values, as comments.
struct PlatformNotes {
  std::vector<std::string> lines;  // at the top
  std::map<LinkId, std::string> links;
};

std::string platform_xml(const Platform& platform, const PlatformNotes& notes);

}  // namespace twinfer
