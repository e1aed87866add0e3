// What an exit policy sees of logits.
#include <cmath>
#include <limits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include "models/network.h"
#include "tests/models/doctest_after_torch.h"

namespace twinfer {
namespace {

TEST_CASE("confidence is the largest softmax and entropy is in nats") {
  // softmax of (ln 1, ln 2, ln 5) = (1/8, 2/8, 5/8)
  const ExitObservation seen = observe(at::tensor({0.0F, std::log(2.0F), std::log(5.0F)}));
  CHECK(seen.predicted == 2);
  CHECK(seen.confidence == doctest::Approx(0.625).epsilon(1e-7));
  const double entropy = -(std::log(1 / 8.0) / 8 + std::log(2 / 8.0) * 2 / 8 + std::log(5 / 8.0) * 5 / 8);
  CHECK(seen.entropy == doctest::Approx(entropy).epsilon(1e-7));
}

TEST_CASE("equal logits give the lowest class and the largest entropy") {
  const ExitObservation seen = observe(at::tensor({3.0F, 3.0F, 3.0F, 3.0F}).view({1, 4}));
  CHECK(seen.predicted == 0);
  CHECK(seen.confidence == doctest::Approx(0.25));
  CHECK(seen.entropy == doctest::Approx(std::log(4.0)));
}

TEST_CASE("logits far apart give certainty and no entropy") {
  const ExitObservation seen = observe(at::tensor({0.0F, 5000.0F}));
  CHECK(seen.predicted == 1);
  CHECK(seen.confidence == 1.0);
  CHECK(seen.entropy == 0.0);
}

}  // namespace
}  // namespace twinfer
