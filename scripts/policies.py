#!/usr/bin/env python3
"""Simulates all policies over networks, uplinks, loads and seeds and writes results/policies.md.

    scripts/policies.py [TWINFER] [--store FILE]

Runs the sweeps scenarios/sweeps/policies-*.yaml (about 10,000 simulations, a few minutes on two
cores; what the store has is not made again) and prints their tables below the text that
results/policies.md already has above its line `<!-- tables -->`.
"""
import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = {"alexnet": "AlexNet", "resnet50": "ResNet-50", "mobilenet-v2": "MobileNetV2", "digits": "Digits cascade"}
LOADS = ["25 %", "50 %", "75 %", "95 %"]
BANDWIDTH, RATE = "links.uplink.bandwidth_mbps", "arrivals.rate_hz"
MEASURES = {"p50_latency_ms": "P50 latency (ms)", "p95_latency_ms": "P95 latency (ms)",
            "throughput_hz": "Throughput (requests/s)", "energy_j": "Energy above rest (J/request)",
            "accuracy_percent": "Accuracy (%)"}
MARK = "<!-- tables -->"


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def cells(twinfer: str, store: str, model: str, measures: list[str]) -> list[dict]:
    return json.loads(output(twinfer, "table", store, "--sweep", f"policies-{model}", "--rows", f"policy,{RATE}",
                             "--cols", BANDWIDTH, "--value", ",".join(measures), "--json"))


def known_measures(twinfer: str, store: str, model: str) -> list[str]:
    """Those that at least one run has."""
    known = []
    for measure in MEASURES:
        try:
            cells(twinfer, store, model, [measure])
            known.append(measure)
        except subprocess.CalledProcessError:
            pass
    return known


def values_of(rows: list[dict], axis: str) -> list[str]:
    return sorted({row[axis] for row in rows}, key=float)


def winners(rows: list[dict], rate: str, bandwidth: str) -> str:
    """The policy with the lowest mean, and those within 1 % of it."""
    here = [r for r in rows if r[RATE] == rate and r[BANDWIDTH] == bandwidth and r["mean"] is not None]
    best = min(here, key=lambda r: r["mean"])
    near = [r["policy"] for r in here if r["mean"] <= 1.01 * best["mean"]]
    return ", ".join(near)


def winners_table(rows: list[dict]) -> str:
    bandwidths = values_of(rows, BANDWIDTH)
    lines = ["| load | " + " | ".join(f"{b} Mbit/s" for b in bandwidths) + " |", "|---|" + "---|" * len(bandwidths)]
    for load, rate in zip(LOADS, values_of(rows, RATE)):
        lines.append(f"| {load} ({rate}/s) | " + " | ".join(winners(rows, rate, b) for b in bandwidths) + " |")
    return "\n".join(lines)


def model_section(twinfer: str, store: str, model: str) -> str:
    p95 = cells(twinfer, store, model, ["p95_latency_ms"])
    text = f"\n## {MODELS[model]}\n\nLowest P95 latency (policies within 1 % of it):\n\n{winners_table(p95)}\n"
    for load, rate in zip(LOADS, values_of(p95, RATE)):
        text += f"\n<details><summary>{MODELS[model]} at {load} load ({rate} requests/s)</summary>\n"
        for measure in known_measures(twinfer, store, model):
            table = output(twinfer, "table", store, "--sweep", f"policies-{model}", "--rows", "policy", "--cols",
                           BANDWIDTH, "--where", f"{RATE}={rate}", "--value", measure, "--format", "markdown")
            body = table.replace(f"{measure} by {BANDWIDTH}: ", "").split("\n\n")[0]
            text += f"\n{MEASURES[measure]} by uplink (Mbit/s):\n\n{body}\n"
        text += "\n</details>\n"
    return text


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {len(names)} cores"


def head(commit: str) -> str:
    return (f"\n- command: `scripts/policies.py`\n- commit: {commit}\n- machine: {processor()}; simulated, so that "
            f"nothing depends on it\n- date: {date.today()}\n- 10 seeds a point; mean ± 95 % confidence interval\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twinfer", nargs="?", default=str(ROOT / "build/release/bin/twinfer"))
    parser.add_argument("--store", default=str(ROOT / "build/policies.sqlite"))
    arguments = parser.parse_args()
    for model in MODELS:
        subprocess.run([arguments.twinfer, "sweep", f"scenarios/sweeps/policies-{model}.yaml", "--store",
                        arguments.store], check=True, cwd=ROOT)
    commit = output("git", "rev-parse", "--short", "HEAD").strip()
    tables = head(commit) + "".join(model_section(arguments.twinfer, arguments.store, model) for model in MODELS)
    file = ROOT / "results/policies.md"
    text = file.read_text() if file.exists() else "# All policies over networks, uplinks and loads\n\n" + MARK + "\n"
    file.write_text(text.split(MARK)[0] + MARK + "\n" + tables)
    print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
