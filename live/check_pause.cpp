#include "live/check_pause.h"

#include <string>

#include "core/calibration.h"
#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {

void check_pause(double pause_s) {
  if (!(pause_s >= 0 && Seconds(pause_s) <= kLongestPause))
    throw InputError("", "pause_s", format_number(pause_s), "must be 0 to 1 second");
}

}  // namespace twinfer
