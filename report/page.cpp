#include "report/page.h"

#include <cassert>
#include <string_view>

#include <nlohmann/json.hpp>

#include "report/page_files.h"

namespace twinfer {
namespace {

// JSON that no HTML parser ends early: no tag, comment or entity can begin in it.
// Bytes that are no UTF-8 become U+FFFD.
std::string json_in_html(const nlohmann::ordered_json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    if (c == '<')
      text += "\\u003c";
    else if (c == '>')
      text += "\\u003e";
    else if (c == '&')
      text += "\\u0026";
    else
      text += c;
  }
  return text;
}

}  // namespace

std::string page_html(const nlohmann::ordered_json& data) {
  std::string_view rest = page_html_file();
  std::string page;
  const auto fill = [&](std::string_view place, std::string_view text) {
    const std::size_t at = rest.find(place);
    assert(at != std::string_view::npos);
    page.append(rest.substr(0, at)).append(text);
    rest.remove_prefix(at + place.size());
  };
  fill("{{style}}", page_style_file());
  fill("{{data}}", json_in_html(data));
  fill("{{script}}", page_script_file());
  return page.append(rest);
}

}  // namespace twinfer
