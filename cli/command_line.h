// What every subcommand of both programs shares: options, help that ends with
// examples, one line for a wrong command line, and exit codes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "cli/commands.h"

namespace twinfer {

// An argument without a dash, read back as result["name"].as<std::string>().
struct Positional {
  std::string name;  // lower case; shown in capitals
  bool required = true;
  bool many = false;  // the last one only; read back as std::vector<std::string>
};

struct CommandHelp {
  std::string name;                     // "twinfer sim"
  std::string summary;                  // one sentence
  std::vector<Positional> positionals;  // in order, the required ones first
  std::vector<std::string> examples;    // whole command lines
};

// Options holding the positionals and -h; the caller adds its own with add_options().
cxxopts::Options command_options(const CommandHelp& help);

// Parses, or prints the help on stdout and returns nothing: the subcommand then
// ends with 0. Throws UsageError on an unknown option, a value that is missing or
// of the wrong type, a missing positional, or one too many.
std::optional<cxxopts::ParseResult> parse_command(const CommandHelp& help, cxxopts::Options& options, int argc,
                                                  const char* const* argv);

// Runs `body` and returns its exit code. InputError and UsageError become
// "PROGRAM: LINE" on stderr and 2, every other exception the same and 1.
int main_guard(const std::string& program, const std::function<int()>& body);

}  // namespace twinfer
