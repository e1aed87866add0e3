// twinfer model train and twinfer model trace.
#pragma once

#include <string>

#include <cxxopts.hpp>

namespace twinfer {

void add_training_options(cxxopts::Options& options);

// Trains, writes the weights and the exit trace, and prints how good the exits
// are. Throws InputError on a model without a data set.
int train_model(const std::string& model, const cxxopts::ParseResult& arguments);

// The same from weights that are there.
int trace_model(const std::string& model, const cxxopts::ParseResult& arguments);

}  // namespace twinfer
