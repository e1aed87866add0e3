// A store's tables as CSV files, for programs that do not read SQLite.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "report/result_store.h"

namespace twinfer {

// Writes runs.csv, requests.csv, stages.csv and measures.csv (docs/formats.md) into `folder`,
// which is made if its parent exists: all runs, or one. Doubles survive exactly;
// a value that is absent is an empty field. Throws InputError if `run` is not in
// the store or a file cannot be written; every file appears whole or not at all.
void export_csv(const ResultStore& store, const std::filesystem::path& folder,
                std::optional<std::int64_t> run = std::nullopt);

}  // namespace twinfer
