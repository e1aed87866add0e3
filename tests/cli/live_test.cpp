// `twinfer live` and the twinfer-node that it hands over to, both for real.
#include <doctest/doctest.h>

#include "tests/cli/command_world.h"

namespace twinfer {
namespace {

TEST_CASE("bad input that only the live side sees is all that is printed, with the scenario's own file") {
  const CommandWorld world;  // exits recorded on images, and no folder of them
  const Outcome outcome = world.run({"live", "s.yaml"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err ==
        "twinfer-node: s.yaml: data: missing; a live run of tiny needs the folder of the images that its exits were "
        "recorded on\n");
  CHECK(outcome.out.empty());
}

}  // namespace
}  // namespace twinfer
