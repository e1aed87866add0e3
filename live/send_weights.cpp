#include "live/send_weights.h"

#include <fstream>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr std::chrono::minutes kWeightsPatience{5};
constexpr std::chrono::seconds kPatience{20};

WireTensor read_file(const WeightsFile& weights) {
  WireTensor content = allocate_bytes(0, {}, weights.bytes);
  std::ifstream in(weights.path, std::ios::binary);
  in.read(reinterpret_cast<char*>(content.bytes.data()), static_cast<std::streamsize>(weights.bytes));
  if (!in) throw InputError(weights.path.string(), "", "", "cannot be read");
  return content;
}

Task<void> send_weights(Connection& control, const WeightsFile& weights) {
  wire::Header header;
  header.mutable_weights();
  const std::vector<WireTensor> content{read_file(weights)};
  co_await control.send(header, content, kWeightsPatience);
}

}  // namespace

Task<Frame> ask_with_weights(Connection& control, const wire::Header& question,
                             const std::optional<WeightsFile>& weights, const ReceiveRules& rules) {
  co_await control.send(question, {}, kPatience);
  Frame answer = co_await control.receive(rules);
  if (answer.header.has_need_weights() && weights) {
    co_await send_weights(control, *weights);
    answer = co_await control.receive(rules);
  }
  if (answer.header.has_failure()) throw ConnectionError(control.peer() + ": " + answer.header.failure().text());
  co_return answer;
}

}  // namespace twinfer
