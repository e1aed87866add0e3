# Writes OUTPUT, a source file that holds the files of FOLDER/page as bytes; SCRIPTS are
# joined in their order. Called at build time.
function(bytes_of text_name files)
  set(bytes "")
  foreach(file ${files})
    file(READ ${FOLDER}/${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," hex "${hex}")
    string(APPEND bytes "${hex}\n")
  endforeach()
  set(${text_name} "${bytes}" PARENT_SCOPE)
endfunction()

bytes_of(html page/page.html)
bytes_of(css page/page.css)
bytes_of(script "${SCRIPTS}")

file(WRITE ${OUTPUT} "// Written by write_page_files.cmake.
#include \"report/page_files.h\"

namespace twinfer {
namespace {

constexpr char kHtml[] = {${html}};
constexpr char kStyle[] = {${css}};
constexpr char kScript[] = {${script}};

}  // namespace

std::string_view page_html_file() { return {kHtml, sizeof kHtml}; }
std::string_view page_style_file() { return {kStyle, sizeof kStyle}; }
std::string_view page_script_file() { return {kScript, sizeof kScript}; }

}  // namespace twinfer
")
