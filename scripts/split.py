#!/usr/bin/env python3
"""Measures a network in two parts and writes results/split.md.

    scripts/split.py [TWINFER]

ResNet-50 for CIFAR-100 at six cuts: live between an emulated Jetson Nano and a server, beside the
simulator's answer, and live between two processes of this machine. Wants an idle machine for about
five minutes.
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


def in_ms(row: pd.Series) -> dict[str, float]:
    return {part: row[f"{part}_s"] * 1e3 for part in ("edge", "transfer", "cloud", "latency")}


def agreement(store: twinfer.Store) -> str:
    """Of how many requests all cuts say the same class."""
    runs = store.sweep("split-emulated").index
    classes = pd.DataFrame({run: store.requests(run)["predicted"] for run in runs})
    return f"{int((classes.nunique(axis=1) == 1).sum())} of {len(classes)}"


def emulated_table(store: twinfer.Store) -> str:
    measured, simulated = (twinfer.split_table(store, sweep, "jetson", "cloud") for sweep in ("split-emulated", "split"))
    lines = ["| split point | at the edge | edge (ms) | transfer (ms) | cloud (ms) | latency (ms) | simulated (ms) "
             "| error (%) | sent (kB) |", "|---:|---|---:|---:|---:|---:|---:|---:|---:|"]
    for cut, name in CUTS.items():
        live, sim = in_ms(measured.loc[cut]), in_ms(simulated.loc[cut])
        error = 100 * (sim["latency"] / live["latency"] - 1)
        lines.append(f"| {cut} | {name} | {live['edge']:.2f} | {live['transfer']:.2f} | {live['cloud']:.2f} "
                     f"| {live['latency']:.2f} | {sim['latency']:.2f} | {error:+.1f} | {measured.loc[cut, 'sent_bytes'] / 1e3:.1f} |")
    return "\n".join(lines)


def native_table(store: twinfer.Store) -> str:
    lines = ["| split point | edge (ms) | transfer (ms) | cloud (ms) | latency (ms) |", "|---:|---:|---:|---:|---:|"]
    for cut, row in twinfer.split_table(store, "split-live", "worker-1", "worker-2").iterrows():
        live = in_ms(row)
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
cut for {agreement(store)} inputs.

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
