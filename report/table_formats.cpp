// A table as a document wants it.
#include <map>

#include "core/joined.h"
#include "report/table.h"

namespace twinfer {
namespace {

std::string full_heading(const TableColumn& column) {
  return column.group.empty() ? column.heading : column.group + ": " + column.heading;
}

std::string replaced(const std::string& text, const std::map<char, std::string>& by) {
  std::string result;
  for (const char c : text) {
    const auto found = by.find(c);
    result += found == by.end() ? std::string(1, c) : found->second;
  }
  return result;
}

std::string markdown_cell(const std::string& text) { return replaced(text, {{'|', "\\|"}}); }

std::string latex_cell(const std::string& text) {
  std::string cell = replaced(text, {{'&', "\\&"},
                                     {'%', "\\%"},
                                     {'$', "\\$"},
                                     {'#', "\\#"},
                                     {'_', "\\_"},
                                     {'{', "\\{"},
                                     {'}', "\\}"},
                                     {'~', "\\textasciitilde{}"},
                                     {'^', "\\textasciicircum{}"},
                                     {'\\', "\\textbackslash{}"}});
  const std::string sign = "±";
  for (std::size_t at = cell.find(sign); at != std::string::npos; at = cell.find(sign, at))
    cell.replace(at, sign.size(), "$\\pm$");
  return cell;
}

}  // namespace

std::string Table::markdown() const {
  std::string head = "|";
  std::string rule = "|";
  for (const TableColumn& column : columns_) {
    head += " " + markdown_cell(full_heading(column)) + " |";
    rule += column.left ? "---|" : "---:|";
  }
  std::string text = head + "\n" + rule + "\n";
  for (const auto& row : rows_) {
    text += "|";
    for (const std::string& cell : row) text += " " + markdown_cell(cell) + " |";
    text += "\n";
  }
  return text;
}

std::string Table::latex() const {
  const auto line = [](const std::vector<std::string>& cells) { return joined(cells, " & ", latex_cell) + " \\\\\n"; };
  std::string alignment;
  std::vector<std::string> headings;
  for (const TableColumn& column : columns_) {
    alignment += column.left ? 'l' : 'r';
    headings.push_back(full_heading(column));
  }
  std::string text = "\\begin{tabular}{" + alignment + "}\n\\hline\n" + line(headings) + "\\hline\n";
  for (const auto& row : rows_) text += line(row);
  return text + "\\hline\n\\end{tabular}\n";
}

}  // namespace twinfer
