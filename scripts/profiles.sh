#!/usr/bin/env bash
# Measures every profile of this machine (`reference`) again and derives those of
# the devices that are not at hand. Run it on a machine that does nothing else.
#   scripts/profiles.sh                 with the release build
#   scripts/profiles.sh PATH/twinfer-node
set -euo pipefail
cd "$(dirname "$0")/.."

node=${1:-build/release/bin/twinfer-node}
[[ -x $node ]] || { echo "profiles.sh: $node: not there; build it first" >&2; exit 2; }

measure() { "$node" profile "$@" --device reference --models models; }
measure digits --repeat 300
measure alexnet --repeat 60
measure googlenet --repeat 60
measure inception-v3-cifar10 --repeat 60
measure mobilenet-v2 --repeat 100
measure resnet50 --repeat 60
measure resnet50-cifar100 --repeat 100
measure vgg16 --repeat 30
measure vgg19 --repeat 30
measure vit-b-16 --repeat 30
measure cifar10-branchy --repeat 300
# Only to compare with what is published at this size.
measure alexnet --repeat 15 --input 1x3x480x720

"$node" profile --derive --models models
