#!/usr/bin/env python3
"""Draws what `twinfer validate --json` found, as PNG.

    twinfer validate scenarios/quickstart.yaml --store twin.sqlite --repeat 2 --json > twin.json
    scripts/fidelity_figures.py twin.json --store twin.sqlite --out results/fidelity

Writes cdf.png (with --store), scatter.png, components.png, ranking.png where policies can be ranked,
and load.png where arrivals are given as loads. What cannot be drawn is named and left out.
"""
import argparse
import json
import sys
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import twinfer  # noqa: E402

MEASURES = ("p50_latency_s", "p95_latency_s")


def panels(draw: Callable[..., Any], report: Any, width_in: float, height_in: float) -> Any:
    """The measures that are known, side by side."""
    measures = [name for name in MEASURES if name in report["overall"]["measures"]]
    if not measures:
        raise ValueError("no percentile is known; they take ten requests beyond them")
    figure, axes = plt.subplots(1, len(measures), figsize=(width_in * len(measures), height_in), squeeze=False,
                                constrained_layout=True)
    for ax, measure in zip(axes.flat, measures):
        draw(report, measure, ax=ax)
    for ax in axes.flat[:-1]:  # one legend, at the right end
        if ax.get_legend() is not None:
            ax.get_legend().remove()
    return figure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="what `twinfer validate --json` printed")
    parser.add_argument("--store", type=Path, help="result store of the runs, for the distributions")
    parser.add_argument("--out", type=Path, default=Path("results/fidelity"), help="folder for the pictures")
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text())
    arguments.out.mkdir(parents=True, exist_ok=True)

    figures: dict[str, Callable[[], Any]] = {
        "scatter": lambda: panels(twinfer.predicted_against_measured, report, 5.4, 4.4),
        "components": lambda: twinfer.component_errors(report).figure,
    }
    if any(scenario["decisions"] for scenario in report["scenarios"]):
        figures["ranking"] = lambda: twinfer.rankings(report).figure
    if any(pair["load"] is not None for pair in report["pairs"]):
        figures["load"] = lambda: panels(twinfer.error_over_load, report, 5.4, 3.8)
    if arguments.store is not None:
        figures["cdf"] = lambda: twinfer.cdfs_of_worlds(report, twinfer.Store(arguments.store))
    for name, draw in figures.items():
        try:
            figure = draw()
        except ValueError as error:
            print(f"{name}.png left out: {error}", file=sys.stderr)
            continue
        figure.savefig(arguments.out / f"{name}.png", dpi=130, bbox_inches="tight")
        plt.close(figure)
        print(arguments.out / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
