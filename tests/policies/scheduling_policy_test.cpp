#include "policies/scheduling_policy.h"

#include <doctest/doctest.h>

#include "core/error.h"

namespace twinfer {
namespace {

TEST_CASE("fifo takes the request that came first to the executor, whatever its id") {
  const auto policy = make_scheduling_policy("fifo", 0);
  CHECK(policy->next({5}) == 0);
  CHECK(policy->next({9, 2, 4}) == 0);
}

TEST_CASE("the admission window holds pd_num requests") {
  const auto policy = make_scheduling_policy("fifo", 3);
  CHECK(policy->admits(0));
  CHECK(policy->admits(2));
  CHECK_FALSE(policy->admits(3));
  CHECK_FALSE(policy->admits(4));
}

TEST_CASE("an admission window of zero is none") { CHECK(make_scheduling_policy("fifo", 0)->admits(1'000'000)); }

TEST_CASE("an unknown scheduling policy is refused with the known ones") {
  CHECK_THROWS_WITH_AS(make_scheduling_policy("lifo", 1), "scheduling: `lifo`: unknown; known: fifo", InputError);
}

}  // namespace
}  // namespace twinfer
