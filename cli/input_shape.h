// --input, and what files are called at a shape that is not the published one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <cxxopts.hpp>

namespace twinfer {

// --input SHAPE, the published one if it is not given, of an imported network the
// one that it was imported with. Throws InputError.
void add_input_option(cxxopts::Options& options);
std::vector<long> chosen_input(const cxxopts::ParseResult& arguments, const std::string& model);

// File name of a model's graph and profiles: "alexnet", or "alexnet-1x3x480x720"
// at another than that shape.
std::string model_key(const std::string& model, const std::vector<long>& input_shape,
                      const std::filesystem::path& models_dir);

}  // namespace twinfer
