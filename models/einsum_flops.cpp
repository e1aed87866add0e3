#include "models/einsum_flops.h"

#include <algorithm>
#include <map>
#include <set>

namespace twinfer {
namespace {

// A letter, or for a dimension that an ellipsis stands for, its place from the right.
using Label = int;
using Labels = std::vector<Label>;

constexpr Label kEllipsis = 256;  // the rightmost of its dimensions
constexpr const char* kDots = "...";

// Labels of one operand, or of the output; `hidden` dimensions are behind the ellipsis.
Labels labels_of(const std::string& term, std::size_t hidden) {
  Labels labels;
  for (std::size_t at = 0; at < term.size(); ++at) {
    if (term.compare(at, 3, kDots) == 0) {
      for (std::size_t left = hidden; left-- > 0;) labels.push_back(kEllipsis + static_cast<Label>(left));
      at += 2;
    } else if (term[at] != ' ') {
      labels.push_back(static_cast<unsigned char>(term[at]));
    }
  }
  return labels;
}

std::size_t letters_in(const std::string& term) {
  return static_cast<std::size_t>(std::ranges::count_if(term, [](char c) { return c != '.' && c != ' '; }));
}

std::vector<std::string> split_terms(const std::string& text) {
  std::vector<std::string> terms(1);
  for (const char c : text) {
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  }
  return terms;
}

// Without an arrow: what an ellipsis stands for, and the letters that appear once.
std::set<Label> implied_output(const std::vector<Labels>& operands) {
  std::map<Label, int> seen;
  for (const Labels& labels : operands)
    for (const Label label : labels) ++seen[label];
  std::set<Label> output;
  for (const auto& [label, times] : seen)
    if (label >= kEllipsis || times == 1) output.insert(label);
  return output;
}

struct Equation {
  std::vector<Labels> operands;
  std::set<Label> output;
  std::map<Label, double> sizes;
};

// Nothing where the equation is not of these shapes.
bool read_equation(const std::string& text, const std::vector<std::vector<long>>& shapes, Equation& equation) {
  const std::size_t arrow = text.find("->");
  const std::vector<std::string> terms = split_terms(text.substr(0, arrow));
  if (terms.size() != shapes.size()) return false;
  std::size_t most_hidden = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::size_t letters = letters_in(terms[i]);
    const bool dots = terms[i].find(kDots) != std::string::npos;
    if (letters > shapes[i].size() || (!dots && letters < shapes[i].size())) return false;
    const std::size_t hidden = shapes[i].size() - letters;
    most_hidden = std::max(most_hidden, hidden);
    equation.operands.push_back(labels_of(terms[i], hidden));
    for (std::size_t d = 0; d < shapes[i].size(); ++d) {
      double& size = equation.sizes[equation.operands[i][d]];
      size = std::max(size, static_cast<double>(shapes[i][d]));  // a size of 1 is stretched
    }
  }
  if (arrow == std::string::npos) {
    equation.output = implied_output(equation.operands);
  } else {
    const Labels output = labels_of(text.substr(arrow + 2), most_hidden);
    equation.output = {output.begin(), output.end()};
  }
  return true;
}

// Drops the labels that nothing from operand `next` on, nor the output, has.
bool sum_out(const Equation& equation, std::size_t next, std::set<Label>& labels) {
  std::set<Label> needed = equation.output;
  for (std::size_t i = next; i < equation.operands.size(); ++i)
    needed.insert(equation.operands[i].begin(), equation.operands[i].end());
  return std::erase_if(labels, [&](Label label) { return !needed.contains(label); }) > 0;
}

double combinations(const Equation& equation, const std::set<Label>& labels) {
  double product = 1;
  for (const Label label : labels) product *= equation.sizes.at(label);
  return product;
}

}  // namespace

double einsum_flops(const std::string& text, const std::vector<std::vector<long>>& shapes) {
  Equation equation;
  if (!read_equation(text, shapes, equation)) return 0;
  std::set<Label> labels(equation.operands[0].begin(), equation.operands[0].end());
  if (shapes.size() == 1) {
    const double elements = combinations(equation, labels);
    return sum_out(equation, 1, labels) ? elements : 0;
  }
  double flops = 0;
  for (std::size_t i = 1; i < equation.operands.size(); ++i) {
    labels.insert(equation.operands[i].begin(), equation.operands[i].end());
    const double each = combinations(equation, labels);
    flops += sum_out(equation, i + 1, labels) ? 2 * each : each;
  }
  return flops;
}

}  // namespace twinfer
