#!/usr/bin/env python3
"""Writes what scripts/fidelity.py measured as tables and pictures.

    scripts/fidelity_results.py build/fidelity --out results/fidelity

Reads WORK/*.json and WORK/fidelity.sqlite. Writes OUT/README.md, below the text that it already has above its line
`<!-- tables -->`, and OUT/GRID/*.png.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

import twinfer  # noqa: E402

MARK = "<!-- tables -->"

GRIDS = {  # file name, title
    "emulated": "Emulated computing", "native": "Native computing, rehearsed",
    "native-calibrated": "Native computing, as calibrated", "load": "Error against load",
}
MEASURES = {"p50_latency_s": "P50", "p95_latency_s": "P95", "throughput_hz": "throughput"}


def percent(value: float | None, sign: str = "", decimals: int = 1) -> str:
    return "-" if value is None else f"{100 * value:{sign}.{decimals}f}"


def known(report: Any) -> list[Any]:
    return [pair for pair in report["pairs"] if "measures" in pair]


def of_measure(measure: str, report: Any) -> list[Any]:
    """That of every pair that knows its error."""
    return [pair["measures"][measure] for pair in known(report)
            if pair["measures"].get(measure, {}).get("error") is not None]


def measure_line(name: str, measure: str, report: Any) -> str:
    found = of_measure(measure, report)
    errors = [abs(one["error"]) for one in found]
    noises = [one["noise"] for one in found if one["noise"] is not None]
    overall = report["overall"]["measures"].get(measure)
    within = f"{overall['within']} of {overall['pairs']}" if overall and overall["limit"] is not None else "-"
    ratio = f"{median(errors) / median(noises):.2f}" if noises and median(noises) > 0 else "-"
    return (f"| {GRIDS[name]} | {len(report['pairs'])} | {MEASURES[measure]} "
            f"| {percent(median(errors) if errors else None, '', 2)} | {percent(max(errors, default=None))} "
            f"| {percent(median(noises) if noises else None, '', 2)} | {ratio} | {within} |")


def measures_table(reports: dict[str, Any]) -> str:
    lines = ["| grid | pairs | measure | median error (%) | largest (%) | noise, median (%) | error / noise "
             "| within the limit |",
             "|---|---:|---|---:|---:|---:|---:|---:|"]
    lines += [measure_line(name, measure, report) for name, report in reports.items() for measure in MEASURES]
    return "\n".join(lines)


def in_noise_table(reports: dict[str, Any]) -> str:
    """The ratio of each pair's error to its own noise floor, over the pairs that have one."""
    lines = ["| grid | measure | pairs | a pair's error / its noise, median | at most 1.25 |", "|---|---|---:|---:|---:|"]
    for name, report in reports.items():
        for measure in ("p50_latency_s", "p95_latency_s"):
            shares = [abs(one["error_in_noise"]) for one in of_measure(measure, report)
                      if one["error_in_noise"] is not None]
            if shares:
                lines.append(f"| {GRIDS[name]} | {MEASURES[measure]} | {len(shares)} | {median(shares):.2f} "
                             f"| {sum(share <= 1.25 for share in shares)} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def decisions_table(reports: dict[str, Any]) -> str:
    lines = ["| grid | by | scenarios | tau | mean regret (%) | worst regret (%) | other exits | runs failed |",
             "|---|---|---:|---:|---:|---:|---:|---:|"]
    for name, report in reports.items():
        others = sum(pair["other_exits"] for pair in known(report))
        failed = sum(bool(pair["failures"]) for pair in report["pairs"])
        for decision in report["overall"]["decisions"]:
            tau = "-" if decision["tau"] is None else f"{decision['tau']:.2f}"
            lines.append(f"| {GRIDS[name]} | {MEASURES.get(decision['by'], decision['by'])} | {decision['scenarios']} "
                         f"| {tau} | {percent(decision.get('mean_regret'))} | {percent(decision.get('worst_regret'))} "
                         f"| {others} | {failed} |")
    return "\n".join(lines)


def erring_component(pair: Any) -> str:
    """That of the mean latency which is off by most."""
    parts = {name: both["sim"] - both["live"] for name, both in pair["components"].items()}
    name = max(parts, key=lambda part: abs(parts[part]))
    return f"{name.removesuffix('_s').replace('_', ' ')} {1e3 * parts[name]:+.2f} ms"


def place(pair: Any) -> list[str]:
    """Of the pair in the grid: model, devices, Mbit/s, arrivals, load."""
    point = pair["point"]
    _, mbps, devices, *_ = Path(point["platform"]).stem.split("-")  # platform_of() of fidelity.py
    load = f"{100 * float(point['arrivals.load']):.0f}"
    return [point["model"], devices, mbps, point["arrivals.process"], load]


def pair_line(pair: Any) -> str:
    cells = [*place(pair), pair["policy"]]
    for measure in MEASURES:
        found = pair["measures"].get(measure, {})
        live = found.get("live")
        scale = 1 if measure == "throughput_hz" else 1e3
        cells.append("-" if live is None else f"{scale * live:.2f}")
        cells.append(percent(found.get("error"), "+"))
    return "| " + " | ".join([*cells, erring_component(pair)]) + " |"


def pairs_table(report: Any) -> str:
    lines = ["| model | devices | uplink (Mbit/s) | arrivals | load (%) | policy | P50 (ms) | err % | P95 (ms) | err % "
             "| throughput (1/s) | err % | errs most in the mean |",
             "|---|---:|---:|---|---:|---|---:|---:|---:|---:|---:|---:|---|"]
    return "\n".join(lines + [pair_line(pair) for pair in known(report)])


def outside(report: Any) -> str:
    def line(pair: Any, what: str) -> str:
        model, devices, mbps, process, load = place(pair)
        return f"- {model}, {devices} devices, {mbps} Mbit/s, {process} at {load} %: {what}"

    lines = [line(pair, what) for pair in report["pairs"] for what in [*pair["failures"], *pair.get("beyond", [])]]
    return "\nBeyond their limits:\n\n" + "\n".join(lines) + "\n" if lines else ""


def pictures(name: str, work: Path, out: Path) -> str:
    subprocess.run([sys.executable, ROOT / "scripts/fidelity_figures.py", work / f"{name}.json", "--store",
                    work / "fidelity.sqlite", "--out", out / name], check=True, stdout=subprocess.DEVNULL)
    return "".join(f"![{GRIDS[name]}: {file.stem}]({name}/{file.name})\n" for file in sorted((out / name).glob("*.png")))


def head(store: twinfer.Store) -> str:
    """Of the live runs: they may have been made at several times, and even at several commits."""
    runs = store.runs[store.runs["mode"] == "live"]

    def all_of(column: str) -> str:
        return ", ".join(sorted({str(value) for value in runs[column]}))

    return (f"\n- command: `sudo scripts/fidelity.sh --data CIFAR10`\n- commit: {all_of('commit')}\n"
            f"- machine: {all_of('machine')}\n- measured: {runs['started'].min()} to {runs['started'].max()}\n"
            f"- seed: {store.runs.loc[store.runs['mode'] == 'sim', 'seed'].min()}, and others of rehearsals; "
            f"live runs, rehearsals included: {len(runs)}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder of scripts/fidelity.py")
    parser.add_argument("--out", type=Path, default=ROOT / "results/fidelity")
    arguments = parser.parse_args()
    files = {name: arguments.work / f"{name}.json" for name in GRIDS}
    reports = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    parts = [head(twinfer.Store(arguments.work / "fidelity.sqlite")), measures_table(reports), in_noise_table(reports),
             decisions_table(reports)]
    for name, report in reports.items():
        if name.endswith("-calibrated"):  # the same runs, of which the tables above say enough
            continue
        shown = pictures(name, arguments.work, arguments.out)
        parts.append(f"## {GRIDS[name]}\n\n{pairs_table(report)}\n{outside(report)}\n{shown}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "README.md"
    text = file.read_text() if file.exists() else "# The simulator against live runs\n\n" + MARK + "\n"
    file.write_text(text.split(MARK)[0] + MARK + "\n" + "\n\n".join(part for part in parts if part).rstrip() + "\n")
    print(file)


if __name__ == "__main__":
    main()
