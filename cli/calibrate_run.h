// twinfer calibrate --from RUN: platform and profiles refitted to a stored live run.
#pragma once

#include <filesystem>

#include <cxxopts.hpp>

namespace twinfer {

// --from, --store.
void add_run_options(cxxopts::Options& options);

// Writes the files and prints what they tell. Throws InputError.
void calibrate_from_run(const cxxopts::ParseResult& arguments, const std::filesystem::path& out);

}  // namespace twinfer
