#include "cli/run_live_side.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

#include "cli/node_program.h"

namespace twinfer {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& suffix) {
    path_ = (std::filesystem::temp_directory_path() / ("twinfer-XXXXXX" + suffix)).string();
    const int file = mkstemps(path_.data(), static_cast<int>(suffix.size()));
    if (file < 0) throw std::system_error(errno, std::generic_category(), path_ + " cannot be made");
    close(file);
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

int run_live_side(const std::filesystem::path& program, const Scenario& scenario, const std::filesystem::path& store,
                  const std::string& batch) {
  const TemporaryFile resolved(".yaml");
  save_resolved_scenario(scenario, resolved.path());
  return run_node_program(program, {"live", resolved.path(), "--origin", scenario.file, "--store",
                                    std::filesystem::absolute(store).string(), "--batch", batch});
}

}  // namespace twinfer
