#include "live/check_pause.h"

#include <string>

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

constexpr double kLongestPause_s = 1;

}  // namespace

void check_pause(double pause_s) {
  if (!(pause_s >= 0 && pause_s <= kLongestPause_s))
    throw InputError("", "pause_s", format_number(pause_s), "must be 0 to 1 second");
}

}  // namespace twinfer
