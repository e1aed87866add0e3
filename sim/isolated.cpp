#include "sim/isolated.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <memory>
#include <system_error>

#include <poll.h>

#include "sim/isolated_child.h"

namespace twinfer {
namespace {

// By the position of their task, so that every loop over them has one order.
using Children = std::map<std::size_t, std::unique_ptr<IsolatedChild>>;

int milliseconds_left(const Children& running, std::optional<Seconds> timeout) {
  if (!timeout) return -1;
  double left_s = timeout->si();
  for (const auto& [task, child] : running) left_s = std::min(left_s, timeout->si() - child->age_s());
  return static_cast<int>(std::ceil(std::max(0.0, left_s) * 1000));
}

// Blocks until a child says something, ends, or is too old, and takes it in.
void listen(Children& running, std::optional<Seconds> timeout) {
  std::vector<pollfd> pipes;
  std::vector<IsolatedChild*> owners;
  for (const auto& [task, child] : running)
    for (const int fd : {child->answer_fd(), child->print_fd()}) {
      if (fd < 0) continue;
      pipes.push_back({fd, POLLIN, 0});
      owners.push_back(child.get());
    }
  if (::poll(pipes.data(), pipes.size(), milliseconds_left(running, timeout)) < 0) {
    if (errno == EINTR) return;
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  for (std::size_t i = 0; i < pipes.size(); ++i)
    if (pipes[i].revents != 0) owners[i]->read_from(pipes[i].fd);
  for (const auto& [task, child] : running)
    if (timeout && child->age_s() >= timeout->si()) child->kill_after(*timeout);
}

}  // namespace

IsolatedOutcome run_isolated(const std::function<std::string()>& task, std::optional<Seconds> timeout) {
  return run_isolated(std::vector<std::function<std::string()>>{task}, 1, {}, timeout).front();
}

std::vector<IsolatedOutcome> run_isolated(const std::vector<std::function<std::string()>>& tasks, unsigned jobs,
                                          const std::function<void(std::size_t, const IsolatedOutcome&)>& on_done,
                                          std::optional<Seconds> timeout) {
  std::vector<IsolatedOutcome> outcomes(tasks.size());
  Children running;
  std::size_t next = 0;
  while (next < tasks.size() || !running.empty()) {
    for (; next < tasks.size() && running.size() < std::max(1U, jobs); ++next)
      running.emplace(next, std::make_unique<IsolatedChild>(tasks[next]));
    listen(running, timeout);
    for (auto child = running.begin(); child != running.end();) {
      if (!child->second->closed()) {
        ++child;
        continue;
      }
      const std::size_t task = child->first;
      outcomes[task] = child->second->outcome();
      child = running.erase(child);
      if (on_done) on_done(task, outcomes[task]);
    }
  }
  return outcomes;
}

}  // namespace twinfer
