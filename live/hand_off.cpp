#include "live/hand_off.h"

#include <thread>
#include <vector>

#include "core/latency_profile.h"
#include "live/async_signal.h"
#include "live/messages.h"

namespace twinfer {
namespace {

constexpr std::chrono::milliseconds kPause{1};  // the executor sleeps by then

struct Closing {
  JobQueue& jobs;
  ~Closing() { jobs.close(); }
};

void hand_back(JobQueue& jobs, OutgoingQueue& done, std::vector<double>& to_executor_s) {
  const auto first = [](const auto&) { return std::size_t{0}; };
  while (const std::optional<Job> job = jobs.pop(first)) {
    Outgoing message;
    message.ready = steady_now();
    to_executor_s.push_back(seconds_between(job->received, message.ready).si());
    done.push(std::move(message));
  }
}

}  // namespace

Task<HandOff> measure_hand_off(asio::io_context& io, unsigned repeat) {
  JobQueue jobs(1);
  OutgoingQueue done(1);
  const auto item = AsyncSignal::make(io);
  done.on_item([item] { item->raise(); });
  std::vector<double> to_executor_s, to_connection_s;
  std::jthread executor([&] { hand_back(jobs, done, to_executor_s); });
  const Closing closing{jobs};  // before the thread is joined, whatever happens

  asio::steady_timer pause(io);
  for (unsigned i = 0; i < repeat; ++i) {
    pause.expires_after(kPause);
    co_await pause.async_wait(asio::use_awaitable);
    Job job;
    job.received = steady_now();
    jobs.try_push(job);
    std::optional<Outgoing> message = done.try_pop();
    for (; !message; message = done.try_pop()) co_await item->wait();
    to_connection_s.push_back(seconds_between(message->ready, steady_now()).si());
  }
  // The thread wrote its last time before it pushed the message that was just taken.
  co_return HandOff{summarise(to_executor_s).median(), summarise(to_connection_s).median()};
}

}  // namespace twinfer
