#include "live/profile_task.h"

#include <algorithm>
#include <stdexcept>

#include "core/error.h"
#include "live/check_pause.h"
#include "models/profile_network.h"

namespace twinfer {
namespace {

constexpr std::uint32_t kMostThreads = 1024;
constexpr std::uint32_t kMostRuns = 100'000;
constexpr std::size_t kLongestName = 128;

void check_count(const char* field, std::uint32_t count, std::uint32_t most) {
  if (count < 1 || count > most)
    throw InputError("", field, std::to_string(count), "must be 1 to " + std::to_string(most));
}

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != ',' && c != '/'; }

}  // namespace

void check_profile(const wire::Profile& question) {
  const std::string& device = question.device();
  if (device.empty() || device.size() > kLongestName || !std::ranges::all_of(device, is_plain))
    throw InputError("", "device", "", "must be 1 to 128 plain characters without comma and slash");
  check_count("threads", question.threads(), kMostThreads);
  check_count("repeat", question.repeat(), kMostRuns);
  check_pause(question.pause_s());
}

ProfileTask::ProfileTask(asio::io_context& io, wire::Profile question, NetworkStore& store)
    : done_signal_(AsyncSignal::make(io)),
      thread_([this, question = std::move(question), &store] { work(question, store); }) {}

ProfileTask::~ProfileTask() {
  stopping_ = true;
  thread_.join();
}

void ProfileTask::work(const wire::Profile& question, NetworkStore& store) {
  try {
    const NetworkKey key{question.model(),
                         {question.input_shape().begin(), question.input_shape().end()},
                         question.weights_seed(),
                         question.weights_sha256(),
                         question.imported()};
    const std::shared_ptr<const Network> network = store.network(key, question.weights_bytes());
    ProfileSettings settings;
    settings.device = question.device();
    settings.threads = question.threads();
    settings.repeat = question.repeat();
    settings.pause = Seconds(question.pause_s());
    const LatencyProfile profile = profile_network(*network, settings, [this](unsigned, unsigned) {
      if (stopping_) throw std::runtime_error("the worker ended");
    });
    text_ = latency_profile_text(profile);
  } catch (const std::exception& error) {
    error_ = error.what();
  }
  done_ = true;
  done_signal_->raise();
}

Task<std::string> ProfileTask::text() {
  while (!done_) co_await done_signal_->wait();
  if (!error_.empty()) throw InputError("", "", "", error_);
  co_return text_;
}

}  // namespace twinfer
