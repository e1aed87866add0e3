// The files of report/page, embedded at build time. Private to report/.
#pragma once

#include <string_view>

namespace twinfer {

std::string_view page_html_file();    // with {{style}}, {{data}} and {{script}} to be filled in
std::string_view page_style_file();   // CSS
std::string_view page_script_file();  // JavaScript, every file of the folder in its order

}  // namespace twinfer
