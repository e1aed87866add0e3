// What every ResNet-50 shares, whatever its stem and wherever it is cut. Private to
// models/.
#pragma once

namespace twinfer {

// Blocks of one width, one after the other.
struct ResNetGroup {
  long blocks;
  long width;   // channels of the 3x3 convolution; a block makes four times as many
  long stride;  // of the first block
};
inline constexpr ResNetGroup kResNet50Groups[] = {{3, 64, 1}, {4, 128, 2}, {6, 256, 2}, {3, 512, 2}};

// Of a branch's last batch norm before training: with 1, the sums over the 16
// blocks would grow random activations by more than a hundred times.
inline constexpr double kResNetBranchScale = 0.25;

}  // namespace twinfer
