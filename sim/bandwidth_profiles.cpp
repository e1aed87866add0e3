#include "sim/bandwidth_profiles.h"

#include <fstream>
#include <sstream>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "core/error.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;
namespace pt = boost::property_tree;

BandwidthChange read_line(const std::string& line, const fs::path& file, std::size_t number) {
  const std::string place = "line " + std::to_string(number);
  std::istringstream text(line);
  double at_s = 0, bytes_per_s = 0;
  std::string more;
  if (!(text >> at_s >> bytes_per_s) || text >> more || at_s < 0 || !(bytes_per_s > 0))
    throw InputError(file.string(), place, line, "SECONDS BYTES_PER_SECOND, without repetition");
  return {Seconds(at_s), BytesPerSecond(bytes_per_s)};
}

std::vector<BandwidthChange> read_profile(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw InputError(file.string(), "", "", "cannot be read");
  std::vector<BandwidthChange> changes;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const BandwidthChange change = read_line(line, file, number);
    if (!changes.empty() && change.at <= changes.back().at)
      throw InputError(file.string(), "line " + std::to_string(number), line, "times must ascend");
    changes.push_back(change);
  }
  return changes;
}

void collect(const pt::ptree& element, const fs::path& platform,
             std::map<std::string, std::vector<BandwidthChange>>& profiles) {
  for (const auto& [name, child] : element) {
    if (name == "trace_connect" && child.get("<xmlattr>.kind", "") == "BANDWIDTH")
      throw InputError(platform.string(), "trace_connect", child.get("<xmlattr>.element", ""),
                       "changes of bandwidth must be the link's attribute bandwidth_file");
    if (name == "link") {
      const std::string file = child.get("<xmlattr>.bandwidth_file", "");
      if (!file.empty()) profiles[child.get("<xmlattr>.id", "")] = read_profile(platform.parent_path() / file);
    }
    collect(child, platform, profiles);
  }
}

}  // namespace

std::map<std::string, std::vector<BandwidthChange>> read_bandwidth_profiles(const fs::path& platform) {
  pt::ptree document;
  try {
    pt::read_xml(platform.string(), document);
  } catch (const pt::xml_parser_error& error) {
    throw InputError(platform.string(), "line " + std::to_string(error.line()), "", error.message());
  }
  std::map<std::string, std::vector<BandwidthChange>> profiles;
  collect(document, platform, profiles);
  return profiles;
}

}  // namespace twinfer
