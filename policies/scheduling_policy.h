// Which waiting request runs next, and which may enter at all.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace twinfer {

class SchedulingPolicy {
 public:
  virtual ~SchedulingPolicy() = default;
  // Position in `waiting` (request ids, in order of arrival at the executor) of
  // the job that runs next. REQUIRES: not empty.
  [[nodiscard]] virtual std::size_t next(const std::deque<std::uint64_t>& waiting) const = 0;
  // Whether one more request may enter while `in_flight` are inside.
  [[nodiscard]] virtual bool admits(std::uint64_t in_flight) const = 0;
};

// "fifo", with at most `pd_num` requests in flight (ResMap's admission window;
// 0: no limit). Throws InputError on another name.
std::unique_ptr<SchedulingPolicy> make_scheduling_policy(const std::string& name, std::uint64_t pd_num);

}  // namespace twinfer
