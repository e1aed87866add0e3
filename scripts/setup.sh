#!/usr/bin/env bash
# Installs the Debian 12 packages that Twinfer builds and runs with. Idempotent:
# what is there already is left alone. Works as root and with sudo.
#   scripts/setup.sh              both programs, tests and benchmarks
#   scripts/setup.sh --no-live    without LibTorch (planning and simulation only)
#   scripts/setup.sh --no-sim     without SimGrid (a worker on a Raspberry Pi)
set -euo pipefail

common=(g++ cmake ninja-build ccache git ca-certificates pkg-config clang-format clang-tidy
        graphviz libboost-dev libboost-graph-dev libcxxopts-dev doctest-dev libyaml-cpp-dev libfmt-dev
        libsqlitecpp-dev libsqlite3-dev libssl-dev nlohmann-json3-dev libbenchmark-dev sqlite3 python3 iproute2)
sim=(libsimgrid-dev libboost-mpi-dev libopenmpi-dev openmpi-bin)
# Without OpenBLAS, LibTorch falls back to the reference BLAS: 40 times slower.
# python3-torchvision: the tests make the TorchScript files that they import.
live=(libtorch-dev libopenblas0-pthread libprotobuf-dev protobuf-compiler zlib1g-dev
      libopencv-dev python3-torch python3-torchvision)

# The Python package and its notebooks, where there is a simulator. mypy: a test checks its types.
notebooks=(python3-pandas python3-matplotlib jupyter-nbconvert python3-ipykernel mypy)

# A test looks at the page of `twinfer report` in a browser.
browser=(chromium chromium-driver python3-selenium fonts-dejavu-core)

packages=("${common[@]}" "${sim[@]}" "${live[@]}" "${notebooks[@]}" "${browser[@]}")
for argument in "$@"; do
  case "$argument" in
    --no-live) packages=("${common[@]}" "${sim[@]}" "${notebooks[@]}" "${browser[@]}") ;;
    --no-sim) packages=("${common[@]}" "${live[@]}") ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; echo "setup.sh: unknown argument: $argument" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ "$state" == ii* ]] || missing+=("$package")
done

if [[ ${#missing[@]} -eq 0 ]]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "setup: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
