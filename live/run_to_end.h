// From blocking code into coroutines and back.
#pragma once

#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "live/asio.h"

namespace twinfer {

// Runs `io` until all tasks are done, which run beside each other; what they returned, in their order.
// Throws what the first of them in their order threw. Other coroutines of `io` run meanwhile and stay
// where they are afterwards.
template <class T>
std::vector<T> run_all_to_end(asio::io_context& io, std::vector<Task<T>> tasks) {
  std::vector<std::exception_ptr> errors(tasks.size());
  std::vector<std::optional<T>> values(tasks.size());
  std::size_t left = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i)
    asio::co_spawn(io, std::move(tasks[i]), [&, i](std::exception_ptr thrown, T result) {
      errors[i] = thrown;
      if (!thrown) values[i].emplace(std::move(result));
      --left;
    });
  io.restart();
  while (left > 0 && io.run_one() > 0) {
  }
  std::vector<T> results;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (errors[i]) std::rethrow_exception(errors[i]);
    results.push_back(std::move(values[i].value()));
  }
  return results;
}

// The same of one task.
template <class T>
T run_to_end(asio::io_context& io, Task<T> task) {
  std::vector<Task<T>> one;
  one.push_back(std::move(task));
  return std::move(run_all_to_end(io, std::move(one)).front());
}

inline void run_to_end(asio::io_context& io, Task<void> task) {
  std::exception_ptr error;
  bool done = false;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown) {
    error = thrown;
    done = true;
  });
  io.restart();
  while (!done && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace twinfer
