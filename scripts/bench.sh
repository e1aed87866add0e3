#!/usr/bin/env bash
# Builds the benchmarks and writes their figures to results/, each with its
# command, commit and machine. Run it on a machine that does nothing else.
#   scripts/bench.sh [sim|sweep|hop|pipeline|planners]...     (all)
set -euo pipefail
cd "$(dirname "$0")/.."

known=(sim sweep hop pipeline planners)
chosen=("$@")
[[ ${#chosen[@]} -gt 0 ]] || chosen=("${known[@]}")
for name in "${chosen[@]}"; do
  [[ " ${known[*]} " == *" $name "* ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
done

cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DTWINFER_BENCH=ON -DTWINFER_TESTS=ON >/dev/null
cmake --build build/bench -j2 --target "${chosen[@]/%/_bench}" policies_exact_planners_test -- --quiet

declare -A title=(
  [sim]="Simulated requests per second of CPU, beside a bare SimGrid program"
  [sweep]="What a sweep costs beside its simulations, and what a second job brings"
  [hop]="One hop on loopback, beside raw blocking sockets"
  [pipeline]="A three-stage live pipeline, beside its slowest stage"
  [planners]="Time per plan on four devices"
)
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
commit=$(git rev-parse --short HEAD)$(git diff --quiet HEAD || echo "+changes")

for name in "${chosen[@]}"; do
  program=$(find build/bench -name "${name}_bench" -type f -perm -u+x | head -1)
  file=results/$name.md
  {
    printf '# %s\n\n' "${title[$name]}"
    printf -- '- command: `scripts/bench.sh %s`\n- commit: %s\n- machine: %s, %s cores\n- date: %s\n\n```\n' \
      "$name" "$commit" "$cpu" "$(nproc)" "$(date -u +%F)"
    "$program" 2>/dev/null
    printf '```\n'
    if [[ $name == planners ]]; then
      printf '\nHow far from the optimum, on the 10,000 random DAGs of tests/policies/exact_planners_test\n'
      printf '(`plans`: those for which the policy has one; exact-latency, exact-throughput, energy, papdl\n'
      printf 'and dads under light load equal the optimum of their own space on all of them):\n\n'
      build/bench/tests/policies_exact_planners_test 2>/dev/null | grep '^|'
    fi
  } | tee "$file.part"
  mv "$file.part" "$file"
done
