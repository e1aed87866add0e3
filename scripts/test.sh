#!/usr/bin/env bash
# The checks of the project. CI runs the default: those of `in_default` below.
#   1. release build, all tests
#   2. AddressSanitizer and UndefinedBehaviorSanitizer, everything
#   3. ThreadSanitizer, the live side's queues
#   4. each program without the other's library, with that library hidden from CMake
#   5. formatting
# Others: scripts/test.sh all|release|sanitizers|halves|format
set -euo pipefail
cd "$(dirname "$0")/.."
parts=${1:-default}

# One object file serves several build folders where the compiler is called alike.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

step() { printf '\n== %s\n' "$*"; }
in_default='format release sanitizers halves'
wants() { [[ $parts == all || $parts == "$1" || ($parts == default && " $in_default " == *" $1 "*) ]]; }

# Configures, builds and runs the tests of one build folder; ctest's own summary
# is the report.
build_and_test() {
  local folder=$1 select=$2
  shift 2
  cmake -S . -B "build/$folder" -G Ninja -DTWINFER_WERROR=ON "$@" >/dev/null
  cmake --build "build/$folder" -j2 -- --quiet
  # shellcheck disable=SC2086
  (cd "build/$folder" && ctest -j2 --output-on-failure --no-tests=error $select)
}

[[ $parts =~ ^(default|all|release|sanitizers|halves|format)$ ]] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
scripts/setup.sh
tree=$(git status --porcelain)

if wants format; then
  step "formatting"
  git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run --Werror
  for script in scripts/*.sh; do bash -n "$script"; done
fi
if wants release; then
  step "release build"
  build_and_test release "" -DCMAKE_BUILD_TYPE=Release
fi
if wants sanitizers; then
  step "AddressSanitizer and UndefinedBehaviorSanitizer"
  # Sanitizers make GCC warn of what is not there.
  build_and_test asan "-LE slow" -DCMAKE_BUILD_TYPE=Debug -DTWINFER_SANITIZE=address,undefined -DTWINFER_WERROR=OFF
  step "ThreadSanitizer"
  cmake -S . -B build/tsan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DTWINFER_SANITIZE=thread >/dev/null
  cmake --build build/tsan -j2 --target live_bounded_queue_test -- --quiet
  (cd build/tsan && ctest --output-on-failure --no-tests=error -R '^live/bounded_queue_test/')
fi
if wants halves; then
  step "without LibTorch"
  build_and_test no-live "" -DCMAKE_BUILD_TYPE=Release -DTWINFER_LIVE=OFF -DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON
  step "without SimGrid"
  build_and_test no-sim "" -DCMAKE_BUILD_TYPE=Release -DTWINFER_SIM=OFF -DCMAKE_DISABLE_FIND_PACKAGE_SimGrid=ON
fi
# What a test writes belongs into the build folder or into one of its own.
if [[ $(git status --porcelain) != "$tree" ]]; then
  printf 'test.sh: the tests changed files of the source tree:\n' >&2
  git status --porcelain >&2
  exit 1
fi
printf '\nAll checks passed (%s).\n' "$parts"
