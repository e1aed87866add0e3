// The operators of a vision transformer, on tokens of shape 1 x tokens x features.
// After Vaswani et al., "Attention is all you need", NeurIPS 2017. Attention comes
// in parts, so that a cut may fall inside it:
//
//   projections q, k, v side by side --> scores --> softmax --> context
//                  |                                              ^
//                  +----------------------------------------------+
#pragma once

#include "models/operators.h"

namespace twinfer {

// Pixels of a feature map become tokens; a learned class token goes first.
OperatorRecipe class_and_patch_tokens();

// Adds a learned vector to each token.
OperatorRecipe position_embedding();

OperatorRecipe layer_norm(double epsilon);  // of the last dimension
OperatorRecipe gelu();
OperatorRecipe softmax();  // over the last dimension

// From q, k, v side by side to 1 x heads x tokens x tokens, divided by the root
// of a head's features. Throws c10::Error if the features do not fall into heads.
OperatorRecipe attention_scores(long heads);

// From the softmax of the scores, and q, k, v side by side, to tokens again.
OperatorRecipe attention_context();

OperatorRecipe first_token();  // 1 x features

}  // namespace twinfer
