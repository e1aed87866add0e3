// First in, first out behind an admission window. The window is ResMap's pd_num
// (INFOCOM 2023): so many requests in flight at most. Ignores deadlines.

#include "policies/scheduling_policy.h"

#include "core/error.h"

namespace twinfer {
namespace {

class Fifo final : public SchedulingPolicy {
 public:
  explicit Fifo(std::uint64_t pd_num) : pd_num_(pd_num) {}
  std::size_t next(const std::deque<std::uint64_t>&) const override { return 0; }
  bool admits(std::uint64_t in_flight) const override { return pd_num_ == 0 || in_flight < pd_num_; }

 private:
  std::uint64_t pd_num_;
};

}  // namespace

std::unique_ptr<SchedulingPolicy> make_scheduling_policy(const std::string& name, std::uint64_t pd_num) {
  if (name == "fifo") return std::make_unique<Fifo>(pd_num);
  throw InputError("", "scheduling", name, "unknown; known: fifo");
}

}  // namespace twinfer
