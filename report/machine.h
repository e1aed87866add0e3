// Where a result came from: this program's commit and this machine.
#pragma once

#include <string>

namespace twinfer {

std::string build_version();  // "0.1.0"

// Of the source tree at the time of the build, "-dirty" appended if it had
// changes; "unknown" outside git.
std::string build_commit();

// "HOST, CPU MODEL, N cores"; parts that the system does not tell are left out.
std::string machine_description();

// "2026-01-31T12:00:00Z".
std::string utc_now();

}  // namespace twinfer
