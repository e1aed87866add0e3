// twinfer profile: measures a network layer by layer on this machine, or derives
// the profiles of machines that are not at hand.
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/input_shape.h"
#include "cli/models_folder.h"
#include "cli/progress.h"
#include "core/error.h"
#include "live/message_overhead.h"
#include "models/derived_profiles.h"
#include "models/find_network.h"
#include "models/profile_network.h"
#include "models/weights.h"
#include "report/table.h"

namespace twinfer {
namespace {

constexpr unsigned kOverheadExchanges = 500;

const CommandHelp kHelp{"twinfer profile",
                        "Measures the time of every layer and exit head of a network on this machine.",
                        {{"model", false}},
                        {"twinfer profile digits --device my-laptop --repeat 100",
                         "twinfer profile alexnet --device reference --input 1x3x480x720", "twinfer profile --derive"}};

ProfileSettings chosen_settings(const cxxopts::ParseResult& arguments) {
  if (arguments.count("device") == 0) throw UsageError("missing --device NAME; see `twinfer profile --help`");
  ProfileSettings settings;
  settings.device = arguments["device"].as<std::string>();
  if (settings.device.empty() || settings.device.find_first_of("/,\n") != std::string::npos)
    throw InputError("", "--device", settings.device, "must be a name without slash or comma");
  settings.threads = chosen_count(arguments, "threads");
  settings.batch = chosen_count(arguments, "batch");
  settings.repeat = chosen_count(arguments, "repeat");
  return settings;
}

Network load_network(const std::string& model, const std::vector<long>& input, const std::filesystem::path& models) {
  Network network = find_network(model, input, 1, models);
  const std::filesystem::path weights = models / "weights" / (model + ".pt");
  if (std::filesystem::exists(weights)) load_weights(network, weights);
  return network;
}

void print_summary(const LatencyProfile& profile, const std::filesystem::path& file) {
  fmt::print("{} on {}, {}, input {}, {} thread(s), batch {}\n", profile.model, profile.device, profile.host,
             profile.input, profile.threads, profile.batch);
  fmt::print("layers {} (sum of medians), message overhead {}\nProfile: {}\n",
             format_seconds(total_compute(profile, "").si()), format_seconds(profile.message_overhead.si()),
             file.string());
}

int derive_all(const cxxopts::ParseResult& arguments) {
  for (const std::filesystem::path& file : derive_profiles(chosen_models(arguments) / "profiles"))
    fmt::print("{}: {}\n", file.string(), format_seconds(total_compute(load_latency_profile(file), "").si()));
  return 0;
}

int measure(const std::string& model, const cxxopts::ParseResult& arguments) {
  const ProfileSettings settings = chosen_settings(arguments);
  const std::filesystem::path models = chosen_models(arguments);
  const std::vector<long> input = chosen_input(arguments, model);
  const Network network = load_network(model, input, models);
  const std::filesystem::path file =
      arguments.count("out") > 0 ? std::filesystem::path(arguments["out"].as<std::string>())
                                 : models / "profiles" / model_key(model, input, models) / (settings.device + ".csv");
  make_folder_of(file);

  LatencyProfile profile;
  {
    const ProgressLine line("profiling " + model + ", run");
    profile = profile_network(network, settings, [&](unsigned done, unsigned all) { line.show(done, all); });
  }
  profile.message_overhead = measure_message_overhead(kOverheadExchanges);
  save_latency_profile(profile, file);
  print_summary(profile, file);
  return 0;
}

}  // namespace

int run_profile(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  const ProfileSettings defaults;
  const auto number = [](unsigned value) { return cxxopts::value<unsigned>()->default_value(std::to_string(value)); };
  options.add_options()("device", "Name of the profile", cxxopts::value<std::string>(), "NAME");
  options.add_options()("threads", "Threads an operator may use", number(defaults.threads), "N");
  options.add_options()("batch", "Inputs run together", number(defaults.batch), "N");
  options.add_options()("repeat", "Measured runs of the whole network", number(defaults.repeat), "N");
  options.add_options()("out", "File to write; default: profiles/MODEL/NAME.csv in the models folder",
                        cxxopts::value<std::string>(), "FILE");
  options.add_options()("derive", "Scale measured profiles to the published totals of profiles/derived.csv");
  add_input_option(options);
  add_models_option(options);
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  if (arguments->count("derive") > 0) {
    if (arguments->count("model") > 0) throw UsageError("--derive takes no MODEL; see `twinfer profile --help`");
    return derive_all(*arguments);
  }
  if (arguments->count("model") == 0) throw UsageError("missing MODEL; see `twinfer profile --help`");
  return measure((*arguments)["model"].as<std::string>(), *arguments);
}

}  // namespace twinfer
