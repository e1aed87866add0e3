#include "cli/mpi_runs.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <boost/mpi.hpp>
#include <boost/serialization/string.hpp>
#include <fmt/format.h>

#include "core/digest.h"
#include "sim/isolated.h"

namespace twinfer {
namespace {

namespace mpi = boost::mpi;

enum Tag { kReady = 1, kRun, kAnswer };

constexpr int kOwner = 0;
constexpr std::uint64_t kGoHome = ~std::uint64_t{0};

// What a rank says at first: the digest of its sweep, or why it cannot work.
struct Ready {
  std::string digest;
  std::string refusal;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& digest& refusal;
  }
};

struct Answer {
  std::uint64_t run = 0;
  IsolatedOutcome outcome;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& run& outcome.ok& outcome.output& outcome.error& outcome.bad_input;
  }
};

std::string digest_of(const SweepPlan& plan) {
  std::string keys;
  for (const std::string& key : plan.keys) keys += key;
  return sha256(keys);
}

// MPI's own waiting keeps a core busy, which a simulation on the same machine needs.
mpi::status patient_probe(const mpi::communicator& world, int source, int tag) {
  constexpr std::chrono::microseconds kBetweenLooks{200};
  for (;;) {
    if (const auto status = world.iprobe(source, tag)) return *status;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

template <class Message>
std::pair<int, Message> receive(const mpi::communicator& world, int source, int tag) {
  const mpi::status waiting = patient_probe(world, source, tag);
  Message message;
  world.recv(waiting.source(), tag, message);
  return {waiting.source(), std::move(message)};
}

}  // namespace

MpiRuns::MpiRuns(mpi::communicator world, const SweepPlan& plan) : world_(std::move(world)) {
  const std::string digest = digest_of(plan);
  for (int others = world_.size() - 1; others > 0; --others) {
    const auto [rank, ready] = receive<Ready>(world_, mpi::any_source, kReady);
    std::string refusal = ready.refusal;
    if (refusal.empty() && ready.digest != digest) {
      refusal = "sees another sweep: its files or its program differ";
      world_.send(rank, kRun, kGoHome);
    }
    if (refusal.empty())
      able_.push_back(rank);
    else
      fmt::print(stderr, "twinfer: rank {}: {}\n", rank, refusal);
  }
  if (able_.empty()) throw std::runtime_error("no rank beside rank 0 can make runs; start at least two");
}

MpiRuns::~MpiRuns() {
  for (const int rank : able_) world_.send(rank, kRun, kGoHome);
}

void MpiRuns::make(const std::vector<std::size_t>& runs, const Deliver& deliver) {
  std::size_t next = 0;
  std::size_t out = 0;
  const auto hand_out = [&](int rank) {
    if (next == runs.size()) return;
    world_.send(rank, kRun, static_cast<std::uint64_t>(runs[next++]));
    ++out;
  };
  for (const int rank : able_) hand_out(rank);
  while (out > 0) {
    const auto [rank, answer] = receive<Answer>(world_, mpi::any_source, kAnswer);
    --out;
    hand_out(rank);  // first, so that the rank works while the answer is stored
    deliver(answer.run, answer.outcome);
  }
}

void serve_mpi_runs(const mpi::communicator& world, const SweepPlan& plan, ScenarioLoader& loader,
                    const std::string& batch) {
  world.send(kOwner, kReady, Ready{digest_of(plan), ""});
  for (;;) {
    const std::uint64_t run = receive<std::uint64_t>(world, kOwner, kRun).second;
    if (run == kGoHome) return;
    const IsolatedOutcome outcome =
        run_isolated([&] { return simulated_answer(plan, run, loader, batch); }, plan.sweep.run_timeout);
    world.send(kOwner, kAnswer, Answer{run, outcome});
  }
}

void send_ranks_home(const mpi::communicator& world) {
  for (int others = world.size() - 1; others > 0; --others) {
    const auto [rank, ready] = receive<Ready>(world, mpi::any_source, kReady);
    if (ready.refusal.empty()) world.send(rank, kRun, kGoHome);
  }
}

void refuse_mpi_runs(const mpi::communicator& world, const std::string& why) {
  world.send(kOwner, kReady, Ready{"", why});
}

}  // namespace twinfer
