// A network profiled on a worker, by a thread of its own: the worker goes on answering.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "live/async_signal.h"
#include "live/network_store.h"
#include "live/wire.pb.h"

namespace twinfer {

// The question comes over the network: throws InputError unless names, threads and repeats are sensible.
void check_profile(const wire::Profile& question);

class ProfileTask {
 public:
  // Starts. Borrows `store`. REQUIRES: check_profile; the store has the weights.
  ProfileTask(asio::io_context& io, wire::Profile question, NetworkStore& store);
  // Ends at the run that is going on.
  ~ProfileTask();
  ProfileTask(const ProfileTask&) = delete;
  ProfileTask& operator=(const ProfileTask&) = delete;

  // The text of the profile's file. Throws InputError with the reason if there is none.
  Task<std::string> text();

 private:
  void work(const wire::Profile& question, NetworkStore& store);

  std::shared_ptr<AsyncSignal> done_signal_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> done_{false};
  std::string text_;
  std::string error_;
  std::thread thread_;  // last: starts when everything above exists
};

}  // namespace twinfer
