// Simulations of hand-made worlds, each in a process of its own, as SimGrid wants it.
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "sim/isolated.h"
#include "sim/row_codec.h"
#include "sim/simulate.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer::tiny {

inline constexpr const char* kXmlHead =
    "<?xml version='1.0'?>\n"
    "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
    "<platform version=\"4.1\">\n";

inline std::filesystem::path write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
  return file;
}

// "<prop id=... value="1:2:3"/>"
inline std::string watts_property(const char* name, std::initializer_list<Watts> watts) {
  std::ostringstream property;
  property.precision(17);
  const char* separator = "";
  property << "<prop id=\"" << name << "\" value=\"";
  for (const Watts value : watts) property << std::exchange(separator, ":") << value.si();
  property << "\"/>";
  return property.str();
}

inline std::string power_property(const std::optional<DevicePower>& power) {
  return power ? watts_property("wattage_per_state", {power->idle, power->epsilon, power->all_cores}) : "";
}

inline std::string power_property(const std::optional<LinkPower>& power) {
  return power ? watts_property("wattage_range", {power->idle, power->busy}) : "";
}

// " bandwidth_file=...", with the file beside `xml`, of a link that changes.
inline std::string bandwidth_attribute(const Link& link, const std::filesystem::path& xml) {
  if (link.changes.empty()) return "";
  const std::string name = link.name + ".txt";
  std::ofstream profile(xml.parent_path() / name);
  profile.precision(17);
  for (const BandwidthChange& change : link.changes) profile << change.at.si() << ' ' << change.bandwidth.si() << '\n';
  return " bandwidth_file=\"" + name + "\"";
}

// `platform` as SimGrid XML with every route as it stands, and the watts that are stated. FATPIPE links give
// each flow all of their bandwidth, SHARED ones divide it.
inline Platform written(Platform platform, const std::filesystem::path& file, const std::string& sharing = "FATPIPE") {
  std::ofstream xml(file);
  xml.precision(17);
  xml << kXmlHead << "<zone id=\"world\" routing=\"Full\">\n";
  for (const Device& device : platform.devices)
    xml << "<host id=\"" << device.name << "\" speed=\"" << device.speed_flops << "f\" core=\"" << device.cores << "\">"
        << power_property(device.power) << "</host>\n";
  for (const Link& link : platform.links)
    xml << "<link id=\"" << link.name << "\" bandwidth=\"" << link.bandwidth.si() << "Bps\" latency=\""
        << link.latency.si() << "s\" sharing_policy=\"" << sharing << "\"" << bandwidth_attribute(link, file) << ">"
        << power_property(link.power) << "</link>\n";
  for (const auto& [ends, links] : platform.routes) {
    xml << "<route src=\"" << platform.devices[ends.first].name << "\" dst=\"" << platform.devices[ends.second].name
        << "\" symmetrical=\"NO\">";
    for (const LinkId link : links) xml << "<link_ctn id=\"" << platform.links[link].name << "\"/>";
    xml << "</route>\n";
  }
  xml << "</zone>\n</platform>\n";
  platform.file = file.string();
  return platform;
}

inline Plan plan_of(std::vector<Stage> stages) {
  Plan plan;
  plan.policy = "by hand";
  plan.stages = std::move(stages);
  return plan;
}

// What simulate() gives or throws, out of a child process.
inline RunRows simulated_on_file(const Scenario& scenario, const Plan& plan) {
  const IsolatedOutcome outcome = run_isolated([&] { return encode_rows(simulate(scenario, plan)); });
  if (outcome.bad_input) throw InputError("", "", "", outcome.error);
  if (!outcome.ok) throw std::runtime_error(outcome.error);
  return decode_rows(outcome.output);
}

// The same with the scenario's platform written to a file first.
inline RunRows simulated(Scenario scenario, const std::vector<Stage>& stages, const std::string& sharing = "FATPIPE") {
  const TemporaryFolder folder;
  scenario.platform = written(scenario.platform, folder / "platform.xml", sharing);
  return simulated_on_file(scenario, plan_of(stages));
}

}  // namespace twinfer::tiny
