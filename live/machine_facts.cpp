#include "live/machine_facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <thread>

#include <unistd.h>

namespace twinfer {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string first_line(const char* file) {
  std::string line;
  std::ifstream in(file);
  std::getline(in, line);
  return line;
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if ((line.starts_with("model name") || line.starts_with("Model")) && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "";
}

std::uint64_t memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
}

}  // namespace

wire::Machine machine_facts() {
  wire::Machine machine;
  machine.set_hostname(host_name());
  machine.set_boot_id(first_line("/proc/sys/kernel/random/boot_id"));
  machine.set_processor(processor());
  machine.set_cores(std::max(1U, std::thread::hardware_concurrency()));
  machine.set_memory_bytes(memory_bytes());
  return machine;
}

}  // namespace twinfer
