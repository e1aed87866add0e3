// What commands on networks share: the folder that holds graphs/, profiles/,
// exits/, weights/, data/ and imported/, folders to write to, and counts.
#pragma once

#include <filesystem>
#include <string>

#include <cxxopts.hpp>

namespace twinfer {

// --models DIR, found as the `models` of a scenario in the working folder is. Throws InputError.
void add_models_option(cxxopts::Options& options);
std::filesystem::path chosen_models(const cxxopts::ParseResult& arguments);

// The same, for what makes the folder if it is not there yet.
std::filesystem::path models_to_fill(const cxxopts::ParseResult& arguments);

// The value of a numeric option. Throws InputError if it is 0.
unsigned chosen_count(const cxxopts::ParseResult& arguments, const std::string& option);

// Creates what is missing of `file`'s folder. Throws InputError.
void make_folder_of(const std::filesystem::path& file);

}  // namespace twinfer
