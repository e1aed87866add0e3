#include "sim/platform_writer.h"

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else {
      safe += c;
    }
  }
  return safe;
}

// Two dashes in a row would end a comment, one before the blank at its end does not.
std::string commented(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '-' && safe.ends_with('-')) safe += ' ';
    safe += c;
  }
  return safe;
}

std::string attribute(const std::string& name, const std::string& value) {
  return " " + name + "=\"" + escaped(value) + "\"";
}

std::string property(const std::string& name, const std::string& value) {
  return "      <prop" + attribute("id", name) + attribute("value", value) + "/>\n";
}

std::string watts(std::initializer_list<Watts> powers) {
  std::string text;
  for (const Watts power : powers) text += (text.empty() ? "" : ":") + format_number(power.si());
  return text;
}

std::string host(const Device& device) {
  std::string text = "    <host" + attribute("id", device.name) +
                     attribute("speed", format_number(device.speed_flops) + "f") +
                     attribute("core", std::to_string(device.cores)) + ">\n";
  if (!device.profile.empty()) text += property("profile", device.profile);
  if (device.memory > Bytes(0)) text += property("memory", format_number(device.memory.si()));
  if (device.power)
    text += property("wattage_per_state", watts({device.power->idle, device.power->epsilon, device.power->all_cores}));
  if (device.price_per_hour) text += property("price_per_hour", format_number(*device.price_per_hour));
  if (!device.endpoint.empty()) text += property("endpoint", device.endpoint);
  if (!device.machine.empty()) text += property("machine", device.machine);
  if (device.contention != 1) text += property("contention", format_number(device.contention));
  if (device.message_cores > 0) text += property("message_cores", format_number(device.message_cores));
  return text + "    </host>\n";
}

std::string link(const Link& link, const std::string& note) {
  if (!link.changes.empty())
    throw InputError("", "link " + link.name, "bandwidth_file", "cannot be kept where one bandwidth is measured");
  std::string text = note.empty() ? "" : "    <!-- " + commented(note) + " -->\n";
  text += "    <link" + attribute("id", link.name) +
          attribute("bandwidth", format_number(link.bandwidth.si()) + "Bps") +
          attribute("latency", format_number(link.latency.si()) + "s") +
          attribute("sharing_policy", link.sharing == LinkSharing::kFatpipe ? "FATPIPE" : "SHARED");
  std::string properties;
  if (link.power) properties += property("wattage_range", watts({link.power->idle, link.power->busy}));
  if (link.added_latency > Seconds(0)) properties += property("added_latency", format_number(link.added_latency.si()));
  if (link.burst > Bytes(0)) properties += property("burst", format_number(link.burst.si()));
  return properties.empty() ? text + "/>\n" : text + ">\n" + properties + "    </link>\n";
}

std::string route(const Platform& platform, const std::pair<DeviceId, DeviceId>& ends,
                  const std::vector<LinkId>& links) {
  std::string text = "    <route" + attribute("src", platform.devices[ends.first].name) +
                     attribute("dst", platform.devices[ends.second].name) + attribute("symmetrical", "NO") + ">";
  for (const LinkId id : links) text += "<link_ctn" + attribute("id", platform.links[id].name) + "/>";
  return text + "</route>\n";
}

}  // namespace

std::string platform_xml(const Platform& platform, const PlatformNotes& notes) {
  std::string text = "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n";
  for (const std::string& line : notes.lines) text += "<!-- " + commented(line) + " -->\n";
  text += "<platform version=\"4.1\">\n  <zone id=\"calibrated\" routing=\"Full\">\n";
  for (const Device& device : platform.devices) text += host(device);
  text += "\n";
  for (LinkId id = 0; id < platform.links.size(); ++id) {
    const auto note = notes.links.find(id);
    text += link(platform.links[id], note == notes.links.end() ? "" : note->second);
  }
  text += "\n";
  for (const auto& [ends, links] : platform.routes) text += route(platform, ends, links);
  return text + "  </zone>\n</platform>\n";
}

}  // namespace twinfer
