#include "core/exit_trace.h"

#include "core/error.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

const std::vector<std::string> kColumns{"sample", "exit", "confidence", "entropy", "predicted", "true_class"};
enum Column { kSample, kExit, kConfidence, kEntropy, kPredicted, kTrueClass };

constexpr long kLargestClass = 1'000'000;

std::string row_field(std::size_t row, Column column) {
  return "row " + std::to_string(row + 1) + ", " + kColumns[column];
}

int parse_class(const FileTable& table, std::size_t row, Column column) {
  const long number = table.integer(row, column, 0);
  if (number > kLargestClass)
    throw InputError(table.file, row_field(row, column), table.rows[row][column],
                     "must be at most " + std::to_string(kLargestClass));
  return static_cast<int>(number);
}

ExitObservation parse_observation(const FileTable& table, std::size_t row) {
  const ExitObservation seen{table.number(row, kConfidence, 0), table.number(row, kEntropy, 0),
                             parse_class(table, row, kPredicted)};
  if (seen.confidence > 1)
    throw InputError(table.file, row_field(row, kConfidence), table.rows[row][kConfidence], "must be at most 1");
  return seen;
}

}  // namespace

bool is_right(const SampleTrace& sample, ExitId exit) { return sample.exits.at(exit).predicted == sample.true_class; }

ExitTrace load_exit_trace(const std::filesystem::path& file, const LayerGraph& graph) {
  const FileTable table = read_table(file, kColumns);
  const std::size_t exits = graph.exit_heads().size() + 1;
  ExitTrace trace{table.meta("model"), {}};
  if (trace.model != graph.model())
    throw InputError(file, "model", trace.model, "the scenario's model is " + graph.model());
  if (table.rows.empty()) throw InputError(file, "rows", "0", "must hold at least one sample");
  if (table.rows.size() % exits != 0)
    throw InputError(file, "rows", std::to_string(table.rows.size()),
                     "must be a multiple of the " + std::to_string(exits) + " exits of " + graph.model());

  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const ExitId exit = row % exits;
    const auto sample = static_cast<std::size_t>(table.integer(row, kSample, 0));
    const auto true_class = parse_class(table, row, kTrueClass);
    if (table.rows[row][kExit] != graph.exit_name(exit))
      throw InputError(file, row_field(row, kExit), table.rows[row][kExit], "must be " + graph.exit_name(exit));
    if (exit == 0) trace.samples.push_back({sample, true_class, {}});
    SampleTrace& current = trace.samples.back();
    if (current.sample != sample)
      throw InputError(file, row_field(row, kSample), table.rows[row][kSample],
                       "sample " + std::to_string(current.sample) + " lacks an exit");
    if (current.true_class != true_class)
      throw InputError(file, row_field(row, kTrueClass), table.rows[row][kTrueClass],
                       "sample " + std::to_string(sample) + " is of class " + std::to_string(current.true_class) +
                           " in the row before");
    current.exits.push_back(parse_observation(table, row));
  }
  return trace;
}

void save_exit_trace(const ExitTrace& trace, const LayerGraph& graph, const std::filesystem::path& file) {
  FileTable table{file, {{"model", trace.model}}, kColumns, {}};
  for (const SampleTrace& sample : trace.samples)
    for (ExitId exit = 0; exit < sample.exits.size(); ++exit)
      table.rows.push_back({std::to_string(sample.sample), graph.exit_name(exit),
                            format_number(sample.exits[exit].confidence), format_number(sample.exits[exit].entropy),
                            std::to_string(sample.exits[exit].predicted), std::to_string(sample.true_class)});
  write_table(table, file);
}

}  // namespace twinfer
