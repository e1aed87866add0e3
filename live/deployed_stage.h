// One stage of a deployment on a worker: its executor, its queues, and the
// coroutines that move messages between them and connections.
//
//   serve_data ---> jobs ---> executor ---> hops ------> serve_hop (each dials a worker of the next stage)
//                                     \---> results ---> serve_results (dialed by the coordinator)
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "live/async_signal.h"
#include "live/connection.h"
#include "live/message_sender.h"
#include "live/messages.h"
#include "live/network_store.h"
#include "live/stage_executor.h"

namespace twinfer {

// Lives on the worker's IO thread; coroutines hold it by shared_ptr.
class DeployedStage : public std::enable_shared_from_this<DeployedStage> {
 public:
  // Starts building the network on the compute thread. Throws InputError on
  // exit settings or scheduling that do not exist. Borrows `store`.
  DeployedStage(asio::io_context& io, wire::Deploy deploy, NetworkStore& store);
  ~DeployedStage();

  // Waits for the network; returns the stage's measured time. Throws InputError
  // with the reason if there is none.
  Task<Seconds> ready();

  // Each serves one connection until it or the stage ends. Throws ConnectionError.
  Task<void> serve_data(std::shared_ptr<Connection> connection);
  Task<void> serve_results(std::shared_ptr<Connection> connection);

  // Hops to the replicas of the next stage that this one sends to.
  [[nodiscard]] std::size_t hops() const { return hops_.size(); }
  // Dials the worker at the end of one. Throws ConnectionError.
  Task<std::shared_ptr<Connection>> connect_hop(std::size_t hop);
  // Sends along it; once it is lost, fails what should have crossed it.
  Task<void> serve_hop(std::size_t hop, std::shared_ptr<Connection> connection);

  // Throws InputError unless there is a shape for every hop.
  void reshape(const wire::Reshape& reshape);

  // Ends the executor and closes every connection; blocks for the layer that
  // is running.
  void stop();

  [[nodiscard]] const PadCounts& pads() const { return pads_; }

 private:
  [[nodiscard]] StageExecutor::Settings executor_settings(NetworkStore& store);
  void send_on(Outgoing message);
  [[nodiscard]] ReceiveRules data_rules() const;
  void check(const Frame& frame, const Connection& connection) const;
  Task<void> enqueue(Job job);
  Task<void> fail_all(SendLane& hop, const std::string& why);
  Task<void> fail(Outgoing message, const std::string& why);

  wire::Deploy deploy_;
  std::chrono::nanoseconds timeout_;
  PadCounts pads_;
  JobQueue jobs_;
  SendLane results_;
  std::shared_ptr<AsyncSignal> ready_;
  std::shared_ptr<AsyncSignal> job_space_;
  std::shared_ptr<AsyncSignal> result_space_;
  std::vector<std::unique_ptr<SendLane>> hops_;  // one for each of deploy_.next()
  std::vector<std::weak_ptr<Connection>> connections_;
  std::unique_ptr<StageExecutor> executor_;  // last: uses all of the above
};

}  // namespace twinfer
