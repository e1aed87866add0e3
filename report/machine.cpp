#include "report/machine.h"

#include <array>
#include <chrono>
#include <fstream>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/joined.h"
#include "report/build_info.h"

namespace twinfer {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Linux only; Arm kernels call the field "Model" or leave it out.
std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const bool names_it = line.starts_with("model name") || line.starts_with("Model");
    const std::size_t colon = line.find(": ");
    if (names_it && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

std::string build_version() { return kBuildVersion; }

std::string build_commit() { return kBuildCommit; }

std::string machine_description() {
  const unsigned cores = std::thread::hardware_concurrency();
  std::vector<std::string> parts{host_name(), cpu_model()};
  if (cores > 0) parts.push_back(fmt::format("{} {}", cores, cores == 1 ? "core" : "cores"));
  std::erase(parts, "");
  return joined(parts);
}

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace twinfer
