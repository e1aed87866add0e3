// A folder with a scenario and all that it names, and the programs run in it.
#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scenario_folder.h"

namespace twinfer {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

// Devices pi, pc and bare; only pi and pc have a route and profiles.
inline constexpr const char* kTinyPlatform = R"(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="z" routing="Full">
    <host id="pi" speed="1Gf"><prop id="profile" value="pi"/><prop id="endpoint" value="spawn"/></host>
    <host id="pc" speed="1Gf"><prop id="profile" value="pc"/><prop id="endpoint" value="spawn"/></host>
    <host id="bare" speed="1Gf"/>
    <host id="island" speed="1Gf"><prop id="profile" value="pc"/></host>
    <link id="wire" bandwidth="256Bps" latency="500ms" sharing_policy="FATPIPE"/>
    <route src="pi" dst="pc"><link_ctn id="wire"/></route>
    <route src="pi" dst="bare"><link_ctn id="wire"/></route>
  </zone>
</platform>
)";

class CommandWorld : public ScenarioFolder {
 public:
  CommandWorld() { folder.write("platform.xml", kTinyPlatform); }

  // `twinfer ARGUMENTS` in the folder, on the scenario as set so far, s.yaml.
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments,
                            const std::map<std::string, std::string>& environment = {}) const {
    folder.write("s.yaml", text());
    return run_program(program, arguments, environment);
  }

  // The folder's path is taken out of what is printed.
  [[nodiscard]] Outcome run_program(const std::filesystem::path& executable, std::vector<std::string> arguments,
                                    const std::map<std::string, std::string>& environment = {}) const {
    const pid_t child = start(executable, std::move(arguments), environment);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), printed("out"), printed("err")};
  }

  [[nodiscard]] pid_t start(const std::filesystem::path& executable, std::vector<std::string> arguments,
                            const std::map<std::string, std::string>& environment = {}) const {
    arguments.insert(arguments.begin(), executable.string());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    const bool ready =
        chdir(folder.path().c_str()) == 0 && redirect("out", STDOUT_FILENO) && redirect("err", STDERR_FILENO);
    if (ready) execv(executable.c_str(), argv.data());
    _exit(127);
  }

  [[nodiscard]] bool has(const std::string& file) const { return std::filesystem::exists(folder.path() / file); }

  std::filesystem::path program = std::filesystem::path(TWINFER_BIN_DIR) / "twinfer";

  // What the last start printed so far on "out" or "err".
  [[nodiscard]] std::string printed(const std::string& name) const {
    std::string text = output_.read(name);
    for (const std::string& prefix : {folder.path().string() + "/", folder.path().string()})
      while (text.find(prefix) != std::string::npos) text = replaced(text, prefix, "");
    return text;
  }

 private:
  TemporaryFolder output_;  // outside, so that the folder shows what a command leaves

  [[nodiscard]] bool redirect(const std::string& name, int to) const {
    const int file = open((output_.path() / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return file >= 0 && dup2(file, to) == to;
  }
};

// pi draws 1 W at rest and 2 W more at work, pc 10 W and 8 W more; the wire 2 W. An hour
// of pc costs 360.
struct PoweredWorld : CommandWorld {
  PoweredWorld() {
    std::string xml = kTinyPlatform;
    const auto add = [&xml](const std::string& before, const std::string& property, const std::string& value) {
      xml = replaced(xml, before, before + "<prop id=\"" + property + "\" value=\"" + value + "\"/>");
    };
    add("value=\"pi\"/>", "wattage_per_state", "1:3");
    add("<host id=\"pc\" speed=\"1Gf\">", "wattage_per_state", "10:18");
    add("<host id=\"pc\" speed=\"1Gf\">", "price_per_hour", "360");
    xml = replaced(xml, "sharing_policy=\"FATPIPE\"/>",
                   "sharing_policy=\"FATPIPE\"><prop id=\"wattage_range\" value=\"0:2\"/></link>");
    folder.write("platform.xml", xml);
    set("policies", "[local, remote, 'split:1']");
  }
};

}  // namespace twinfer
