#include "sim/stream.h"

#include <cmath>

namespace twinfer {

namespace s4u = simgrid::s4u;

namespace {

double now_s() { return s4u::Engine::get_clock(); }

}  // namespace

Stream::Stream(const StreamSetup& setup, const SimEngine& engine, Crew& crew)
    : requests_(setup.requests),
      scheduling_(make_scheduling_policy(setup.scenario.scheduling, setup.scenario.pd_num)),
      book_(requests_, setup.scenario.deadline),
      closed_(setup.scenario.arrivals.process == ArrivalProcess::kClosed) {
  s4u::Host* const source = engine.host(setup.scenario.platform.devices[setup.source].name);
  for (const PlanPhase& phase : setup.phases) {
    const std::string name = setup.name + (paths_.empty() ? "" : "plan " + std::to_string(paths_.size()) + " ");
    const PlanPathSetup path{name, setup.scenario, setup.cost, phase.plan, setup.source, requests_};
    paths_.push_back(std::make_unique<PlanPath>(path, engine, crew, *scheduling_, book_, [this] { take_back(); }));
  }
  path_ = paths_.front().get();
  crew.add_source(setup.name + "source", source, [this] { feed(); });
  if (setup.phases.size() > 1)
    crew.add_worker(setup.name + "planner", source,
                    [this, changes = changes_of(setup, engine), planning_s = setup.scenario.replan->planning.si()] {
                      change_plans(changes, planning_s);
                    });
}

// The first plan is there from the start.
std::vector<Stream::Change> Stream::changes_of(const StreamSetup& setup, const SimEngine& engine) const {
  std::vector<Change> changes;
  for (std::size_t phase = 1; phase < setup.phases.size(); ++phase) {
    Change& change = changes.emplace_back(Change{setup.phases[phase].decided.si(), {}, paths_[phase].get()});
    for (const ParameterMove& move : setup.phases[phase].moves)
      change.moves.emplace_back(engine.host(setup.scenario.platform.devices[move.to].name),
                                static_cast<std::uint64_t>(std::llround(move.bytes.si())));
  }
  return changes;
}

// On the source.
void Stream::change_plans(const std::vector<Change>& changes, double planning_s) {
  for (const Change& change : changes) {
    s4u::this_actor::sleep_until(change.decided_s + planning_s);
    for (const auto& [to, bytes] : change.moves) s4u::Comm::sendto(s4u::this_actor::get_host(), to, bytes);
    path_ = change.path;
  }
}

void Stream::feed() {
  for (std::uint64_t id = 0; id < requests_.size(); ++id) {
    s4u::this_actor::sleep_until(requests_[id].arrival.si());  // no wait at all in a closed loop
    waiting_.push_back(id);
    if (!closed_) admit_waiting();
  }
  admit_waiting();
  all_ended_->acquire();  // the workers live as long as this actor
}

void Stream::admit_waiting() {
  while (!waiting_.empty() && scheduling_->admits(in_flight_)) {
    const std::uint64_t id = waiting_.front();
    waiting_.pop_front();
    admit(id);
  }
}

void Stream::admit(std::uint64_t id) {
  const double arrival_s = closed_ ? now_s() : requests_[id].arrival.si();
  book_.admit(id, path_->journey(id), arrival_s, now_s());
  if (book_.has_failed(id)) return count_end();
  ++in_flight_;
  path_->send(id);
}

void Stream::count_end() {
  if (++ended_ == requests_.size()) all_ended_->release();
}

void Stream::take_back() {
  --in_flight_;
  count_end();
  admit_waiting();
}

}  // namespace twinfer
