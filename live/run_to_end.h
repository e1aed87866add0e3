// From blocking code into coroutines and back.
#pragma once

#include <exception>
#include <optional>

#include "live/asio.h"

namespace twinfer {

// Runs `io` until `task` is done; returns what it returned, throws what it threw.
// Other coroutines of `io` run meanwhile and stay where they are afterwards.
template <class T>
T run_to_end(asio::io_context& io, Task<T> task) {
  std::exception_ptr error;
  std::optional<T> value;
  bool done = false;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T result) {
    error = thrown;
    if (!thrown) value.emplace(std::move(result));
    done = true;
  });
  io.restart();
  while (!done && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
  return std::move(value.value());
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
