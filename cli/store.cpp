// twinfer store: what a store holds, and several stores made one.
#include <cstdio>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "core/error.h"
#include "core/joined.h"
#include "report/sweep_store.h"
#include "report/table.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer store",
    "Lists what a result store holds, or merges stores into the first one.",
    {{"action"}, {"store"}, {"from", false, true}},
    {"twinfer store list sweep.sqlite", "twinfer store merge sweep.sqlite shard-1.sqlite shard-2.sqlite"}};

int list_store(const std::filesystem::path& file) {
  const SweepStore sweeps(file, StoreAccess::kRead);
  Table table({{"sweep", true}, {"complete"}, {"failed"}, {"axes", true}});
  std::size_t swept = 0;
  for (const SweepInfo& sweep : sweeps.sweeps()) {
    std::size_t failed = 0;
    const std::map<std::string, std::string> statuses = sweeps.statuses(sweep.name);
    for (const auto& [key, status] : statuses) failed += status == "complete" ? 0 : 1;
    const std::string axes = joined(sweep.axes, " x ", [](const SweepAxis& axis) {
      return fmt::format("{} ({})", axis.field, axis.values.size());
    });
    table.add_row({sweep.name, std::to_string(statuses.size() - failed), std::to_string(failed), axes});
    swept += statuses.size();
  }
  if (!sweeps.sweeps().empty()) fmt::print("{}\n", table.text());
  fmt::print("{} runs, {} of them of sweeps\n", ResultStore(file, StoreAccess::kRead).runs().size(), swept);
  return 0;
}

int merge_stores(const std::filesystem::path& into, const std::vector<std::string>& from) {
  if (from.empty()) throw UsageError("missing FROM; see `twinfer store --help`");
  for (const std::string& file : from) {
    std::error_code ignored;
    if (std::filesystem::equivalent(into, file, ignored))
      throw UsageError("`" + file + "` cannot be merged into itself");
    static_cast<void>(SweepStore(file, StoreAccess::kRead));  // all are looked at before any is taken in
  }
  SweepStore store(into);
  for (const std::string& file : from) {
    fmt::print("{}: {} runs taken in\n", file, store.merge(file));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int run_store(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const auto action = (*arguments)["action"].as<std::string>();
  const std::filesystem::path store = (*arguments)["store"].as<std::string>();
  const std::vector<std::string> from =
      arguments->count("from") == 0 ? std::vector<std::string>{} : (*arguments)["from"].as<std::vector<std::string>>();
  if (action == "merge") return merge_stores(store, from);
  if (action != "list") throw UsageError("ACTION `" + action + "`: must be list or merge");
  if (!from.empty()) throw UsageError("unexpected argument `" + from.front() + "`; see `twinfer store --help`");
  return list_store(store);
}

}  // namespace twinfer
