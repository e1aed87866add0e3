// How each trainable network is trained.
#pragma once

#include <string>

#include "models/trainer.h"

namespace twinfer {

// Throws InputError on a network that cannot be trained here.
TrainingRecipe training_recipe(const std::string& model);

}  // namespace twinfer
