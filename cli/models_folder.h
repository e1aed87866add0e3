// What commands on networks share: the folder that holds graphs/, profiles/,
// exits/, weights/ and data/, the input shape, and counts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <cxxopts.hpp>

namespace twinfer {

// --models DIR, found as a scenario's `models` is. Throws InputError.
void add_models_option(cxxopts::Options& options);
std::filesystem::path chosen_models(const cxxopts::ParseResult& arguments);

// --input SHAPE, the published one if it is not given, of an imported network the
// one that it was imported with. Throws InputError.
void add_input_option(cxxopts::Options& options);
std::vector<long> chosen_input(const cxxopts::ParseResult& arguments, const std::string& model);

// File name of a model's graph and profiles: "alexnet", or "alexnet-1x3x480x720"
// at another than that shape.
std::string model_key(const std::string& model, const std::vector<long>& input_shape,
                      const std::filesystem::path& models_dir);

// The value of a numeric option. Throws InputError if it is 0.
unsigned chosen_count(const cxxopts::ParseResult& arguments, const std::string& option);

// Creates what is missing of `file`'s folder. Throws InputError.
void make_folder_of(const std::filesystem::path& file);

}  // namespace twinfer
