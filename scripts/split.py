#!/usr/bin/env python3
"""Measures a network in two parts and writes results/split.md.

    scripts/split.py [TWINFER]

ResNet-50 for CIFAR-100 at six cuts: live between an emulated Jetson Nano and a server, beside the
simulator's answer, and live between two processes of this machine. Wants an idle machine for about
six minutes.
"""
import argparse
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

import pandas as pd  # noqa: E402
import twinfer  # noqa: E402

CUTS = {0: "all on the server", 3: "stem", 10: "conv3", 16: "conv4", 20: "average pool", 22: "all at the edge"}


def parts(store: twinfer.Store, run: int, edge: str, cloud: str) -> dict[str, float]:
    """Medians (ms) of computing at both ends, of all between, and of the latency; kB sent."""
    requests, stages = store.requests(run), store.stages(run).reset_index()
    at = {device: part.groupby("request")["compute_s"].sum().reindex(requests.index, fill_value=0)
          for device, part in stages.groupby("device")}
    nothing = pd.Series(0.0, index=requests.index)
    first, second = at.get(edge, nothing), at.get(cloud, nothing)
    return {"edge": first.median() * 1e3, "transfer": (requests["latency_s"] - first - second).median() * 1e3,
            "cloud": second.median() * 1e3, "latency": requests["latency_s"].median() * 1e3,
            "sent": requests["bytes_sent"].median() / 1e3}


def runs_by_cut(store: twinfer.Store, sweep: str) -> dict[int, int]:
    return {int(policy.removeprefix("split:")): run for run, policy in store.sweep(sweep)["policy"].items()}


def agreement(store: twinfer.Store, runs: dict[int, int]) -> str:
    """Of how many requests all cuts say the same class."""
    classes = pd.DataFrame({cut: store.requests(run)["predicted"] for cut, run in runs.items()})
    return f"{int((classes.nunique(axis=1) == 1).sum())} of {len(classes)}"


def emulated_table(store: twinfer.Store) -> str:
    measured, simulated = runs_by_cut(store, "split-emulated"), runs_by_cut(store, "split")
    lines = ["| split point | at the edge | edge (ms) | transfer (ms) | cloud (ms) | latency (ms) | simulated (ms) "
             "| error (%) | sent (kB) |", "|---:|---|---:|---:|---:|---:|---:|---:|---:|"]
    for cut, name in CUTS.items():
        live, sim = (parts(store, runs[cut], "jetson", "cloud") for runs in (measured, simulated))
        error = 100 * (sim["latency"] / live["latency"] - 1)
        lines.append(f"| {cut} | {name} | {live['edge']:.2f} | {live['transfer']:.2f} | {live['cloud']:.2f} "
                     f"| {live['latency']:.2f} | {sim['latency']:.2f} | {error:+.1f} | {live['sent']:.1f} |")
    return "\n".join(lines)


def native_table(store: twinfer.Store) -> str:
    lines = ["| split point | edge (ms) | transfer (ms) | cloud (ms) | latency (ms) |", "|---:|---:|---:|---:|---:|"]
    for cut, run in sorted(runs_by_cut(store, "split-live").items()):
        live = parts(store, run, "worker-1", "worker-2")
        lines.append(f"| {cut} | {live['edge']:.2f} | {live['transfer']:.2f} | {live['cloud']:.2f} "
                     f"| {live['latency']:.2f} |")
    return "\n".join(lines)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {len(names)} cores"


def report(store: twinfer.Store) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True,
                            text=True).stdout.strip()
    return f"""# ResNet-50 for CIFAR-100 in two parts

- command: `scripts/split.py`
- commit: {commit}
- machine: {processor()}
- date: {date.today()}

Batch 1, one request at a time, medians. The network has random weights, so there is no accuracy of a
trained network to state; what a cut could change is the class that comes out: it was the same at every
cut for {agreement(store, runs_by_cut(store, "split-emulated"))} inputs.

## Jetson Nano and server, emulated, uplink of 18.88 Mbit/s: measured

{emulated_table(store)}

Transfer is all that is not computing: encoding, wire, decoding, the result's return.

## Two processes of this machine, nothing emulated: measured

{native_table(store)}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twinfer", nargs="?", default=str(ROOT / "build/release/bin/twinfer"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.sqlite"
        for sweep in ("split", "split-emulated", "split-live"):
            subprocess.run([arguments.twinfer, "sweep", f"scenarios/sweeps/{sweep}.yaml", "--store", str(file)],
                           check=True, cwd=ROOT)
        (ROOT / "results/split.md").write_text(report(twinfer.Store(file)))
    print(ROOT / "results/split.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
