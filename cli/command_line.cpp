#include "cli/command_line.h"

#include <cctype>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/joined.h"

namespace twinfer {
namespace {

constexpr const char* kPositionalGroup = "positional";
constexpr std::size_t kHelpWidth = 100;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string positional_usage(const CommandHelp& help) {
  return joined(help.positionals, " ", [](const Positional& positional) {
    const std::string shown = upper(positional.name) + (positional.many ? "..." : "");
    return positional.required ? shown : "[" + shown + "]";
  });
}

UsageError usage_error(const CommandHelp& help, const std::string& what) {
  return UsageError(what + "; see `" + help.name + " --help`");
}

// cxxopts quotes with typographic marks; ours are back-ticks, as in every error.
std::string with_back_ticks(std::string text) {
  for (const std::string mark : {"\u2018", "\u2019"})
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1))
      text.replace(at, mark.size(), "`");
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string help_text(const CommandHelp& help, const cxxopts::Options& options) {
  std::string text = options.help({""});
  text += help.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
  for (const std::string& example : help.examples) text += "  " + example + "\n";
  return text;
}

cxxopts::ParseResult parse_or_throw(const CommandHelp& help, cxxopts::Options& options, int argc,
                                    const char* const* argv) {
  try {
    return options.parse(argc, argv);
  } catch (const cxxopts::exceptions::exception& error) {
    throw usage_error(help, with_back_ticks(error.what()));
  }
}

int report(const std::string& program, const char* what, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", program.c_str(), what);
  return code;
}

}  // namespace

cxxopts::Options command_options(const CommandHelp& help) {
  cxxopts::Options options(help.name, help.summary + "\n");
  options.set_width(kHelpWidth);
  options.custom_help("[OPTION...]");
  options.positional_help(positional_usage(help));
  std::vector<std::string> names;
  for (const Positional& positional : help.positionals) {
    if (positional.many)
      options.add_options(kPositionalGroup)(positional.name, "", cxxopts::value<std::vector<std::string>>());
    else
      options.add_options(kPositionalGroup)(positional.name, "", cxxopts::value<std::string>());
    names.push_back(positional.name);
  }
  options.parse_positional(std::move(names));
  options.add_options()("h,help", "Show this help");
  return options;
}

std::optional<cxxopts::ParseResult> parse_command(const CommandHelp& help, cxxopts::Options& options, int argc,
                                                  const char* const* argv) {
  cxxopts::ParseResult result = parse_or_throw(help, options, argc, argv);
  if (result.count("help") > 0) {
    std::fputs(help_text(help, options).c_str(), stdout);
    return std::nullopt;
  }
  for (const Positional& positional : help.positionals)
    if (positional.required && result.count(positional.name) == 0)
      throw usage_error(help, "missing " + upper(positional.name));
  if (!result.unmatched().empty()) throw usage_error(help, "unexpected argument `" + result.unmatched()[0] + "`");
  return result;
}

int main_guard(const std::string& program, const std::function<int()>& body) {
  try {
    return body();
  } catch (const InputError& error) {
    return report(program, error.what(), 2);
  } catch (const UsageError& error) {
    return report(program, error.what(), 2);
  } catch (const std::exception& error) {
    return report(program, error.what(), 1);
  }
}

}  // namespace twinfer
