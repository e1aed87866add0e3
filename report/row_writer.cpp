#include "report/row_writer.h"

#include <utility>

namespace twinfer {

RowWriter::RowWriter(ResultStore& store, std::int64_t run) : store_(store), run_(run), thread_([this] { work(); }) {}

RowWriter::~RowWriter() { end(); }

void RowWriter::add(const RunRows& rows) {
  {
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
    waiting_.results.insert(waiting_.results.end(), rows.results.begin(), rows.results.end());
    waiting_.stages.insert(waiting_.stages.end(), rows.stages.begin(), rows.stages.end());
  }
  changed_.notify_one();
}

void RowWriter::finish() {
  end();
  if (error_) std::rethrow_exception(error_);
}

void RowWriter::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void RowWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.results.empty(); });
    if (waiting_.results.empty()) return;
    const RunRows rows = std::exchange(waiting_, {});
    lock.unlock();
    std::exception_ptr error;
    try {
      store_.add_rows(run_, rows);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (!error) continue;
    error_ = error;
    return;
  }
}

}  // namespace twinfer
