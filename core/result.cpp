#include "core/result.h"

namespace twinfer {

std::string to_string(Mode mode) { return mode == Mode::kSim ? "sim" : "live"; }

std::string to_string(Status status) {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kExited:
      return "exited";
    case Status::kMissed:
      return "missed";
    case Status::kDropped:
      return "dropped";
    case Status::kFailed:
      return "failed";
  }
  return "failed";
}

bool has_returned(Status status) {
  return status == Status::kOk || status == Status::kExited || status == Status::kMissed;
}

}  // namespace twinfer
