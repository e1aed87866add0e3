#include "live/link_command.h"

#include <cmath>
#include <cstring>
#include <sstream>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/joined.h"

namespace twinfer {
namespace {

// Why it failed.
std::string run_program(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front(), nullptr, nullptr, arguments.data(), environ);
  const std::string what = joined(words, " ");
  if (failed != 0) return what + ": " + std::strerror(failed);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return what + ": " + std::strerror(errno);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return what + (WIFEXITED(status) ? ": ended with " + std::to_string(WEXITSTATUS(status)) : ": was killed");
}

}  // namespace

LinkCommand::LinkCommand(const std::string& command) {
  std::istringstream text(command);
  for (std::string word; text >> word;) words_.push_back(word);
  if (words_.empty()) throw InputError("", "--on-bandwidth", command, "must name a program");
}

void LinkCommand::change(const std::string& link, BytesPerSecond bandwidth) {
  std::vector<std::string> words = words_;
  words.insert(words.end(), {link, std::to_string(std::llround(bandwidth.si() * 8))});
  started_.push_back(std::async(std::launch::async, run_program, std::move(words)));
}

std::string LinkCommand::error() {
  std::string first;
  for (std::future<std::string>& end : started_) {
    const std::string error = end.get();
    if (first.empty()) first = error;
  }
  started_.clear();
  return first;
}

}  // namespace twinfer
