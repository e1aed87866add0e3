// Work in a process of its own: SimGrid allows one Engine per process and may
// abort it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace twinfer {

struct IsolatedOutcome {
  bool ok = false;
  std::string output;      // what the task returned
  std::string error;       // one line, if not ok: the exception's text, the signal, or the library's last words
  bool bad_input = false;  // the task threw InputError
};

// Runs `task` in a forked child and returns its string. Nothing that the child
// prints reaches the terminal. A child that runs longer than `timeout` is killed.
// Throws std::system_error if no process can be had. REQUIRES: one thread in
// this process.
IsolatedOutcome run_isolated(const std::function<std::string()>& task, std::optional<Seconds> timeout = {});

// Runs all tasks, at most `jobs` at a time; outcomes in the order of the tasks.
// `on_done(i, outcome)` is called in this process as each ends; if it throws, the
// other children are killed and the exception goes on.
std::vector<IsolatedOutcome> run_isolated(const std::vector<std::function<std::string()>>& tasks, unsigned jobs,
                                          const std::function<void(std::size_t, const IsolatedOutcome&)>& on_done = {},
                                          std::optional<Seconds> timeout = {});

}  // namespace twinfer
