#include "sim/plan_path.h"

namespace twinfer {

namespace s4u = simgrid::s4u;

namespace {

double now_s() { return s4u::Engine::get_clock(); }

// "hop 1", or "hop 1.0" where several take turns.
std::string numbered(const std::string& name, std::size_t stage, std::size_t turn, std::size_t count) {
  return name + ' ' + std::to_string(stage) + (count == 1 ? "" : '.' + std::to_string(turn));
}

}  // namespace

PlanPath::PlanPath(const PlanPathSetup& setup, const SimEngine& engine, Crew& crew, const SchedulingPolicy& scheduling,
                   RowBook& book, std::function<void()> returned)
    : times_(setup.scenario, setup.cost, setup.plan, setup.source),
      scheduling_(scheduling),
      book_(book),
      returned_(std::move(returned)),
      threads_(static_cast<int>(setup.scenario.threads)),
      hops_(times_.stages()),
      results_(times_.stages()),
      jobs_(times_.stages()) {
  prepare(setup);
  connect(setup, engine, crew);
}

void PlanPath::prepare(const PlanPathSetup& setup) {
  for (const Request& request : setup.requests) {
    const Route& route = routes_.emplace_back(times_.route(setup.scenario, request));
    result_hand_offs_.push_back(times_.result_hand_off(setup.scenario, request.id));
    for (std::size_t stage = 0; stage < times_.stages(); ++stage) {
      const bool reaches = stage <= route.last_stage;
      computes_.push_back(reaches ? times_.compute(setup.scenario, request, route, stage) : Seconds(0));
      hand_offs_.push_back(reaches ? times_.hand_off(setup.scenario, request.id, stage) : Seconds(0));
    }
  }
}

void PlanPath::connect(const PlanPathSetup& setup, const SimEngine& engine, Crew& crew) {
  const Platform& platform = setup.scenario.platform;
  const auto host = [&](DeviceId device) { return engine.host(platform.devices[device].name); };
  const auto shares = [&](const Way& way, Bytes bytes) {
    std::vector<MachineShare> found;
    if (setup.scenario.live.emulate != Emulation::kNothing) return found;  // emulated computing loses none
    for (const auto& [machine, time] : message_core_times(platform, way, bytes)) found.push_back({host(machine), time});
    return found;
  };
  const auto connection = [&](const std::string& name, const Way& way, const Passage& passage,
                              const LatencyDistribution& hand_off) {
    const Seconds latency = passage.cost.latency;
    return ConnectionSettings{setup.name + name,
                              host(way.from),
                              host(way.to),
                              passage,
                              engine.latency_of(latency),
                              hand_off.quantiles.back() > Seconds(0),
                              engine.window_rate(latency),
                              shares(way, passage.bytes)};
  };
  const std::vector<Stage>& stages = setup.plan.stages;
  for (std::size_t stage = 0; stage < times_.stages(); ++stage) {
    const std::vector<DeviceId>& devices = stages[stage].devices;
    const std::vector<Way> into = ways_into(stages, stage, setup.source);
    for (std::size_t i = 0; i < devices.size(); ++i) jobs_[stage].push_back(std::make_unique<IdQueue>());
    for (std::size_t turn = 0; turn < into.size(); ++turn)
      connect_hop(connection(numbered("hop", stage, turn, into.size()), into[turn], times_.hops(stage)[turn],
                             setup.cost.hand_off(into[turn].to)),
                  stage, crew);
    for (std::size_t i = 0; i < devices.size(); ++i) {
      connect_result(connection(numbered("result", stage, i, devices.size()), {devices[i], setup.source},
                                times_.results(stage)[i], setup.cost.result_hand_off(setup.source)),
                     stage, crew);
      crew.add_worker(setup.name + numbered("executor", stage, i, devices.size()),
                      host(platform.machine_of(devices[i])), [this, stage, i] { serve_stage(stage, i); });
    }
  }
}

void PlanPath::connect_hop(const ConnectionSettings& way, std::size_t stage, Crew& crew) {
  const ConnectionEvents events{
      [this, stage](std::uint64_t id) { book_.take_up_hop(id, stage, now_s()); },
      [this, stage](std::uint64_t id, double wait_s) { book_.hold_up_hop(id, stage, wait_s); },
      [this, stage](std::uint64_t id) {
        book_.reach_stage(id, stage, now_s());
        serving(jobs_[stage], id)->push(id);
      },
      [this, stage](std::uint64_t id) { return hand_offs_[id * times_.stages() + stage]; }};
  hops_[stage].push_back(std::make_unique<Connection>(way, events, crew));
}

void PlanPath::connect_result(const ConnectionSettings& way, std::size_t stage, Crew& crew) {
  if (!times_.can_leave(stage)) return;
  const ConnectionEvents events{[this](std::uint64_t id) { book_.take_up_result(id, now_s()); },
                                [this](std::uint64_t id, double wait_s) { book_.hold_up_result(id, wait_s); },
                                [this](std::uint64_t id) {
                                  book_.return_result(id, now_s());
                                  returned_();
                                },
                                [this](std::uint64_t id) { return result_hand_offs_[id]; }};
  results_[stage].push_back(std::make_unique<Connection>(way, events, crew));
}

void PlanPath::serve_stage(std::size_t stage, std::size_t replica) {
  IdQueue& jobs = *jobs_[stage][replica];
  for (;;) {
    jobs.wait();
    const std::uint64_t id = jobs.take(scheduling_.next(jobs.waiting()));
    run_job(id, stage);
    if (stage == routes_[id].last_stage) {
      serving(results_[stage], id)->send(id);
    } else {
      serving(hops_[stage + 1], id)->send(id);
    }
  }
}

void PlanPath::run_job(std::uint64_t id, std::size_t stage) {
  const Seconds decode = serving(times_.hops(stage), id).cost.decode;
  const Seconds compute = computes_[id * times_.stages() + stage];
  book_.start_job(id, stage, now_s());
  const double work_s = (decode + compute).si();
  // An exec of n threads takes its flops on each of n cores, so that it lasts
  // work_s unless others want the same cores.
  if (work_s > 0)
    s4u::this_actor::exec_init(work_s * s4u::this_actor::get_host()->get_speed())->set_thread_count(threads_)->wait();
  book_.end_job(id, stage, decode, compute, now_s());
}

}  // namespace twinfer
