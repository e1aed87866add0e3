#!/usr/bin/env bash
# Measures the simulator's error over the whole grid and remakes the tables and pictures of
# results/fidelity/. Wants root, a machine that does nothing else, and an hour.
#   sudo scripts/fidelity.sh [--data FOLDER] [--work FOLDER]
# Killed, the same command goes on where it was. FOLDER of --data: CIFAR-10, without which
# cifar10-branchy is left out. Ends with 1 where a run failed or a limit is not kept.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,6s/^# \{0,1\}//p' scripts/fidelity.sh; }

work=build/fidelity
measured=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --data) measured+=(--data "${2:?}") && shift 2 ;;
    --work) work=${2:?} && shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build build/release -j2 --target twinfer twinfer-node -- --quiet

kept=0
/usr/bin/python3 scripts/fidelity.py --work "$work" "${measured[@]}" || kept=$?
/usr/bin/python3 scripts/fidelity_results.py "$work" --out results/fidelity
exit "$kept"
