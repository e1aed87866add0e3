#include "cli/plan_picture.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/joined.h"
#include "report/table.h"

namespace twinfer {
namespace {

// Told apart in print, too (after ColorBrewer's Set2).
constexpr std::array<const char*, 8> kColours{"#66c2a5", "#fc8d62", "#8da0cb", "#e78ac3",
                                              "#a6d854", "#ffd92f", "#e5c494", "#b3b3b3"};

const char* colour(DeviceId device) { return kColours[device % kColours.size()]; }

// Inside the quotes of Graphviz' language.
std::string quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
  return safe;
}

// In stripes of its devices' colours where it has replicas.
std::string node(const PlannedScenario& planned, LayerId layer, const std::vector<DeviceId>& devices) {
  const Layer& shown = planned.scenario.graph.layer(layer);
  return fmt::format("  n{} [label=\"{}\\n{}\", fillcolor=\"{}\"{}];\n", layer, quoted(shown.name), quoted(shown.kind),
                     joined(devices, ":", colour), devices.size() > 1 ? ", style=striped" : "");
}

std::string edge(const PlannedScenario& planned, LayerId from, LayerId to, bool crosses) {
  if (!crosses) return fmt::format("  n{} -> n{};\n", from, to);
  const double bytes = planned.scenario.graph.layer(from).output_bytes.si();
  return fmt::format("  n{} -> n{} [label=\"  {}\", penwidth=3, color=\"#d62728\"];\n", from, to, format_bytes(bytes));
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.flush();
  if (!out) throw InputError(file.string(), "", "", "cannot be written");
}

// `dot -Tsvg -o FILE FILE.dot`
void run_dot(const std::filesystem::path& file, const std::filesystem::path& source) {
  std::array<std::string, 5> arguments{"dot", "-T" + file.extension().string().substr(1), "-o", file.string(),
                                       source.string()};
  std::array<char*, 6> argv{};
  std::ranges::transform(arguments, argv.begin(), [](std::string& argument) { return argument.data(); });
  pid_t child = 0;
  if (posix_spawnp(&child, "dot", nullptr, nullptr, argv.data(), environ) != 0)
    throw InputError(file.string(), "", "", "needs Graphviz (Debian's package graphviz); a .dot file does not");
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw InputError(file.string(), "", "", "Graphviz could not write it");
}

}  // namespace

std::string plan_dot(const PlannedScenario& planned, const Plan& plan) {
  const LayerGraph& graph = planned.scenario.graph;
  const Platform& platform = planned.scenario.platform;
  const std::vector<std::size_t> stage_of = stage_of_layers(plan.stages, graph);
  std::string text = fmt::format(
      "digraph plan {{\n  label=\"{} of {}: {}\";\n"
      "  ranksep=0.25; fontname=\"sans-serif\"; edge [fontname=\"sans-serif\"];\n"
      "  node [shape=box, style=filled, fontname=\"sans-serif\", height=0.3, margin=\"0.12,0.04\"];\n",
      quoted(plan.policy), quoted(graph.model()), quoted(describe(plan.stages, platform)));
  const std::vector<DeviceId> source{planned.scenario.source};
  text += node(planned, 0, source);
  for (LayerId layer = 1; layer < graph.size(); ++layer)
    text += node(planned, layer, plan.stages[stage_of[layer]].devices);
  for (LayerId layer = 1; layer < graph.size(); ++layer)
    for (const LayerId input : graph.layer(layer).inputs) {
      const std::vector<DeviceId>& from = input == 0 ? source : plan.stages[stage_of[input]].devices;
      text += edge(planned, input, layer, from != plan.stages[stage_of[layer]].devices);
    }
  for (DeviceId device = 0; device < platform.devices.size(); ++device)
    if (std::ranges::any_of(plan.stages, [&](const Stage& stage) { return stage.runs_on(device); }))
      text += fmt::format("  d{} [label=\"{}\", shape=ellipse, fillcolor=\"{}\"];\n", device,
                          quoted(platform.devices[device].name), colour(device));
  return text + "}\n";
}

void save_picture(const PlannedScenario& planned, const Plan& plan, const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".dot") return write(file, plan_dot(planned, plan));
  if (ending != ".svg" && ending != ".png" && ending != ".pdf")
    throw InputError("", "--picture", file.string(), "must end with .dot, .svg, .png or .pdf");
  const std::filesystem::path source = file.string() + ".dot";
  write(source, plan_dot(planned, plan));
  try {
    run_dot(file, source);
  } catch (...) {
    std::filesystem::remove(source);
    throw;
  }
  std::filesystem::remove(source);
}

}  // namespace twinfer
