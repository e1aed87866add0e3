// twinfer worker: serves stages until it is told to stop.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "live/network_store.h"
#include "live/worker.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer worker",
                        "Serves stages to a live run, until SIGINT or SIGTERM.",
                        {},
                        {"twinfer worker --listen 127.0.0.1:9000", "twinfer worker --listen 0.0.0.0:9000 --threads 4"}};

}  // namespace

int run_worker(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("listen", "Where to listen; port 0 takes a free one",
                        cxxopts::value<std::string>()->default_value("127.0.0.1:0"), "HOST:PORT")(
      "models", "Folder whose weights/ need not be sent", cxxopts::value<std::string>(), "DIR")(
      "cache", "Folder that keeps weights that were sent",
      cxxopts::value<std::string>()->default_value(default_weights_cache().string()),
      "DIR")("threads", "Threads per stage, whatever the scenario says", cxxopts::value<unsigned>(), "N");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  WorkerOptions worker_options;
  worker_options.listen = parse_endpoint((*arguments)["listen"].as<std::string>(), "", "--listen");
  if (arguments->count("models") > 0) worker_options.models_dir = (*arguments)["models"].as<std::string>();
  worker_options.cache_dir = (*arguments)["cache"].as<std::string>();
  if (arguments->count("threads") > 0) worker_options.threads = (*arguments)["threads"].as<unsigned>();
  worker_options.ends_on_signal = true;
  worker_options.on_error = [](const std::string& line) { fmt::print(stderr, "twinfer-node worker: {}\n", line); };

  Worker worker(worker_options);
  fmt::print("listening on {}\n", to_string(worker.endpoint()));
  std::fflush(stdout);
  worker.run();
  return 0;
}

}  // namespace twinfer
