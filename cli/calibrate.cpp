// twinfer calibrate: a fleet measured by twinfer-node, and the platform and profiles that
// its measurements make.
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "cli/calibrate_run.h"
#include "cli/calibration_text.h"
#include "cli/command_line.h"
#include "cli/models_folder.h"
#include "cli/node_program.h"
#include "cli/temporary_file.h"
#include "core/error.h"
#include "core/table_file.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

const CommandHelp kHelp{
    "twinfer calibrate",
    "Measures the workers of a scenario, the ways between them and their computing, and writes a platform and "
    "profiles that sim takes as they are.",
    {{"scenario", false}},
    {"twinfer calibrate scenarios/localhost.yaml --out platforms/here.xml",
     "twinfer calibrate --workers pi=192.168.0.7:9000,pc=192.168.0.8:9000 --model alexnet --out platforms/lab.xml",
     "twinfer calibrate --platform platforms/edge-cloud.xml --links-only --out measured.xml --json",
     "twinfer calibrate --from 12 --store runs.sqlite --out refitted.xml"}};

fs::path chosen_out(const cxxopts::ParseResult& arguments) {
  if (arguments.count("out") == 0) throw UsageError("missing --out PLATFORM.xml; see `twinfer calibrate --help`");
  const fs::path out = arguments["out"].as<std::string>();
  if (out.extension() != ".xml") throw InputError("", "--out", out.string(), "must end in .xml");
  return out;
}

double chosen_seconds(const cxxopts::ParseResult& arguments) {
  const auto seconds = arguments["seconds"].as<double>();
  if (!(seconds > 0 && seconds <= 600))
    throw InputError("", "--seconds", format_number(seconds), "must be above 0 and at most 600");
  return seconds;
}

double chosen_pause_s(const cxxopts::ParseResult& arguments) {
  const auto pause_ms = arguments["pause"].as<double>();
  if (!(pause_ms >= 0 && pause_ms <= kLongestPause.si() * 1e3))
    throw InputError("", "--pause", format_number(pause_ms), "must be 0 to 1000 milliseconds");
  return pause_ms / 1e3;
}

unsigned chosen_messages(const cxxopts::ParseResult& arguments) {
  const unsigned messages = chosen_count(arguments, "messages");
  if (messages > 200) throw InputError("", "--messages", std::to_string(messages), "must be at most 200");
  return messages;
}

// Profiles go where graph and weights are, or where --models says.
fs::path profile_folder(const CalibrationTarget& target, const cxxopts::ParseResult& arguments) {
  const fs::path models = arguments.count("models") > 0 ? models_to_fill(arguments) : target.models_dir;
  return models / "profiles" / target.input_key;
}

int measure(const cxxopts::ParseResult& arguments, const fs::path& out) {
  const fs::path program = find_node_program();
  const CalibrationTarget target = chosen_target(arguments);
  CalibrationTask task = task_of(target, out);
  task.messages = chosen_messages(arguments);
  task.budget_s = chosen_seconds(arguments);
  task.pause_s = chosen_pause_s(arguments);
  task.repeat = chosen_count(arguments, "repeat");

  const TemporaryFile question(".json"), answer(".json");
  write_whole_file(question.path(), to_text(task));
  const ProgramEnd end = run_node_program(program, {"calibrate", question.path(), "--out", answer.path()});
  if (end.code != 0) return end.code;  // twinfer-node has said why

  const Calibration calibration = make_calibration(target, read_calibration_measurements(answer.path()), out);
  const CalibrationFiles files = write_files(calibration.platform, notes_of(calibration, target, task),
                                             calibration.profiles, out, profile_folder(target, arguments));
  fmt::print(
      "{}", arguments["json"].as<bool>() ? calibration_json(calibration, files) : calibration_text(calibration, files));
  std::fflush(stdout);
  return 0;
}

// What a run was of, its store says.
int refit(const cxxopts::ParseResult& arguments, const fs::path& out) {
  for (const char* other : {"scenario", "workers", "platform", "model", "input", "links-only", "profiles-only"})
    if (arguments.count(other) > 0)
      throw UsageError(fmt::format("--from takes no {}; see `twinfer calibrate --help`", other));
  calibrate_from_run(arguments, out);
  return 0;
}

}  // namespace

int run_calibrate(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_target_options(options);
  add_run_options(options);
  add_models_option(options);
  const auto number = [](const char* value) { return cxxopts::value<unsigned>()->default_value(value); };
  options.add_options()("out", "Platform to write; profiles are called after it", cxxopts::value<std::string>(), "XML");
  options.add_options()("messages", "Messages of each size and way, at most 200", number("100"), "N");
  options.add_options()("seconds", "What a way may take; sizes that would take more are left out",
                        cxxopts::value<double>()->default_value("10"), "S");
  options.add_options()("pause", "Before each message and run, as between the requests that it is for",
                        cxxopts::value<double>()->default_value("10"), "MS");
  options.add_options()("repeat", "Runs of the whole network that a profile measures", number("100"), "N");
  options.add_options()("json", "Print JSON in place of the tables");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const fs::path out = chosen_out(*arguments);
  return arguments->count("from") > 0 ? refit(*arguments, out) : measure(*arguments, out);
}

}  // namespace twinfer
