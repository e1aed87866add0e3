// Cutting a network anywhere changes nothing that it says: every cut of the
// larger networks, stage to stage through the wire's tensors.
#include <cmath>
#include <cstring>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "live/stage_runner.h"
#include "tests/live/live_world.h"

namespace twinfer {
namespace {

// What a receiver gets: other memory with the same bytes.
std::vector<WireTensor> carried_over(const StageRunner& to, const std::vector<WireTensor>& sent) {
  std::vector<WireTensor> received = to.allocate_inputs();
  REQUIRE(received.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    REQUIRE(received[i].layer == sent[i].layer);
    REQUIRE(received[i].shape == sent[i].shape);
    std::memcpy(received[i].bytes.data(), sent[i].bytes.data(), sent[i].bytes.size());
  }
  return received;
}

void check_every_cut(const std::string& model, const std::vector<long>& shape) {
  const auto network = std::make_shared<const Network>(make_network(model, shape, 1));
  const LayerGraph& graph = network->graph();
  const auto runner = [&](LayerId first, LayerId last) {
    return StageRunner(network, {0, first, last}, make_exit_policy({}));
  };
  const StageRunner whole = runner(1, graph.last());
  const std::vector<WireTensor> input = whole.allocate_inputs();
  auto* const values = reinterpret_cast<float*>(input[0].bytes.data());
  for (std::size_t i = 0; i < input[0].bytes.size() / 4; ++i) values[i] = std::sin(static_cast<float>(i));
  const std::vector<float> expected = whole.run(input, true).logits;

  for (LayerId cut = 1; cut < graph.last(); ++cut) {
    const StageRunner head = runner(1, cut);
    const StageRunner tail = runner(cut + 1, graph.last());
    const std::vector<float> logits = tail.run(carried_over(tail, head.run(input, true).tensors), true).logits;
    REQUIRE(logits.size() == expected.size());
    float largest = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) largest = std::max(largest, std::abs(logits[i] - expected[i]));
    CHECK(largest <= 1e-5F);
  }
}

TEST_CASE("every cut of alexnet gives the logits of the whole network") { check_every_cut("alexnet", {1, 3, 64, 64}); }
TEST_CASE("every cut of vgg16 gives the logits of the whole network") { check_every_cut("vgg16", {1, 3, 32, 32}); }
TEST_CASE("every cut of resnet50 gives the logits of the whole network") {
  check_every_cut("resnet50", {1, 3, 32, 32});
}

}  // namespace
}  // namespace twinfer
