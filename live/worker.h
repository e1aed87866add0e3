// A worker: runs the stages that a coordinator deploys on it.
//
// One IO thread, the one that calls run(), and a compute thread for each stage.
// Deployments of one run stand side by side, those of another replace them; they end
// with the control connection that made them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "live/endpoint.h"

namespace twinfer {

struct WorkerOptions {
  Endpoint listen{"127.0.0.1", 0};                   // port 0: any free one
  std::filesystem::path models_dir;                  // its weights/ are looked into; may be empty
  std::filesystem::path cache_dir;                   // weights that were sent
  unsigned threads = 0;                              // per stage; 0: as the deployment says
  bool ends_on_signal = false;                       // SIGINT and SIGTERM
  std::function<void(const std::string&)> on_error;  // one line each; may be empty
};

class Worker {
 public:
  // Listens. Throws InputError if the address cannot be had.
  explicit Worker(WorkerOptions options);
  ~Worker();

  [[nodiscard]] Endpoint endpoint() const;  // the real port

  void run();   // until stop() or a signal
  void stop();  // thread-safe

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace twinfer
