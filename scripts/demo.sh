#!/usr/bin/env bash
# From a fresh clone to the main job: installs what is missing, builds, and
# plans, simulates and runs live one scenario. Run again, it only does the job.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
[[ -f build/release/build.ninja ]] || cmake --preset release >/dev/null
cmake --build --preset release --target twinfer twinfer-node -- --quiet
build/release/bin/twinfer validate scenarios/quickstart.yaml
