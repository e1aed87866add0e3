// Rows of a live run on their way to the store, on a thread of their own: a commit waits for the
// disk, and the thread that serves the run's connections must not.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

#include "core/result.h"
#include "report/result_store.h"

namespace twinfer {

// Holds at most the rows of one run.
class RowWriter {
 public:
  // Borrows the store, which nobody else may use until finish() or the end.
  RowWriter(ResultStore& store, std::int64_t run);
  // Writes what is left; an error is finish()'s to tell.
  ~RowWriter();
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  // Returns at once. Throws what writing earlier rows threw.
  void add(const RunRows& rows);

  // Returns when everything is written. Throws what writing threw.
  void finish();

 private:
  void work();
  void end();

  ResultStore& store_;
  std::int64_t run_;
  std::mutex mutex_;
  std::condition_variable changed_;
  RunRows waiting_;
  std::exception_ptr error_;
  bool ending_ = false;
  std::thread thread_;  // last: starts when everything above exists
};

}  // namespace twinfer
