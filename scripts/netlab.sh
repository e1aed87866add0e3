#!/usr/bin/env bash
# Real TCP over kernel-limited links on one machine: a network namespace for each
# device of a platform, a worker in each. See `scripts/netlab.sh --help`, docs/netlab.md.
set -euo pipefail
# ip and tc are in sbin, which su and cron leave out.
export PATH="$PATH:/usr/sbin:/sbin" PYTHONDONTWRITEBYTECODE=1
exec python3 "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/netlab/main.py" "$@"
