"""Figures of how faithful the simulator is: of what `twinfer validate --json` says (docs/validation.md).

    report = twinfer.run_json("validate", "scenarios/quickstart.yaml", store="twin.sqlite", no_gates=True)
    twinfer.predicted_against_measured(report, "p50_latency_s")
"""

from __future__ import annotations

import textwrap
from typing import Any, Mapping, Optional

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twinfer.figures import COMPONENTS, component_style, latency_cdf
from twinfer.labels import label
from twinfer.store import Store
from twinfer.styles import COLOURS, axes_or_new, in_policy_order, legend, set_log, styles, wants_log

Report = Mapping[str, Any]

_MOST_BARS = 16


def _telling_axes(report: Report) -> list[str]:
    """Those that tell points apart that the ones before them do not: of axes that change together, the first."""
    telling: list[str] = []
    apart = 1
    for axis in report.get("axes", []):
        points = {tuple(pair["point"][each] for each in [*telling, axis]) for pair in report["pairs"]}
        if len(points) > apart:
            telling.append(axis)
            apart = len(points)
    return telling


def fidelity_table(report: Report) -> pd.DataFrame:
    """A row a pair that has both sides: its axes, `policy`, `plan`, `load`, `sim_runs`, `live_runs`; of each
    measure `NAME.sim`, `.live`, `.error`, `.low`, `.high` (95 % of the error), `.noise`; of each
    component `NAME.sim` and `NAME.live`. SI; errors are shares.
    """
    rows = []
    telling = _telling_axes(report)
    for pair in report["pairs"]:
        if "measures" not in pair:
            continue
        row = {**pair["point"], **{key: pair[key] for key in ("policy", "plan", "load", "sim_runs", "live_runs")}}
        point = [f"{axis.rsplit('.', 1)[-1]} {_short(pair['point'][axis])}" for axis in telling]
        row["label"] = ", ".join([*point, pair["policy"]])
        for name, of in pair["measures"].items():
            low, high = of["interval"] or (None, None)
            values = {"sim": of["sim"], "live": of["live"], "error": of["error"], "low": low, "high": high,
                      "noise": of["noise"]}
            row.update({f"{name}.{key}": value for key, value in values.items()})
        for name, of in pair["components"].items():
            row.update({f"{name}.{side}": of[side] for side in ("sim", "live")})
        rows.append(row)
    if not rows:
        raise ValueError("the report has no pair that ran in both worlds")
    frame = pd.DataFrame(rows)
    numbers = [name for name in frame if "." in str(name) and str(name).rsplit(".", 1)[1] in _NUMBERS]
    frame[numbers] = frame[numbers].astype(float)
    frame["load"] = frame["load"].astype(float)
    return frame


_NUMBERS = ("sim", "live", "error", "low", "high", "noise")


def predicted_against_measured(
    report: Report, measure: str = "p50_latency_s", within: Optional[float] = None, ax: Optional[Axes] = None
) -> Axes:
    """Simulated over measured values, a point a pair; grey: no error, and `within` of it (a share)."""
    frame = _known(fidelity_table(report), measure)
    words = label(measure)
    live, sim = frame[f"{measure}.live"] * words.factor, frame[f"{measure}.sim"] * words.factor
    ax = axes_or_new(ax, width_in=5.6, height_in=4.6)
    both = np.concatenate([live.to_numpy(), sim.to_numpy()])
    ends = np.array([both.min() * 0.85, both.max() * 1.15])
    ax.plot(ends, ends, color="#777777", linewidth=0.9, zorder=1)
    if within is not None:
        ax.fill_between(ends, ends * (1 - within), ends * (1 + within), color="#bbbbbb", alpha=0.4, linewidth=0,
                        zorder=0, label=f"within {within * 100:g} %")
    for policy, style in styles(in_policy_order(frame["policy"])).items():
        here = frame["policy"] == policy
        ax.plot(live[here], sim[here], style.marker, color=style.colour, markersize=5.5, alpha=0.8,
                markeredgecolor="white", markeredgewidth=0.4, label=str(policy))
    if wants_log(list(both)):
        set_log(ax, "x", list(both))
        set_log(ax, "y", list(both))
    ax.set(xlim=ends, ylim=ends, xlabel=f"Measured {_lower(str(words))}", ylabel=f"Simulated {_lower(str(words))}")
    legend(ax, "Policy", len(ax.get_legend_handles_labels()[0]))
    return ax


def error_over_load(report: Report, measure: str = "p50_latency_s", ax: Optional[Axes] = None) -> Axes:
    """The simulator's error (%) over the load, a line a policy with its 95 % band; grey: the noise floor.

    Where several pairs share policy and load (a grid), the line is their median, without a band.
    """
    frame = _known(fidelity_table(report), measure).dropna(subset=["load"])
    if frame.empty:
        raise ValueError(f"`{measure}`: no pair states a load and knows this measure")
    ax = axes_or_new(ax)
    noise = frame.groupby("load")[f"{measure}.noise"].median().dropna() * 100
    if not noise.empty:
        ax.fill_between(noise.index * 100, -noise, noise, color="#bbbbbb", alpha=0.5, linewidth=0, zorder=0,
                        label="noise floor")
    ax.axhline(0, color="#777777", linewidth=0.9, zorder=1)
    for policy, style in styles(in_policy_order(frame["policy"])).items():
        loads = frame[frame["policy"] == policy].groupby("load")
        line = loads[[f"{measure}.{key}" for key in ("error", "low", "high")]].median() * 100
        ax.plot(line.index * 100, line[f"{measure}.error"], color=style.colour, marker=style.marker,
                linestyle=style.line, markersize=5, linewidth=1.6, label=str(policy))
        if (loads.size() == 1).all() and line[f"{measure}.low"].notna().any():
            ax.fill_between(line.index * 100, line[f"{measure}.low"], line[f"{measure}.high"], color=style.colour,
                            alpha=0.15, linewidth=0)
    ax.set(xlabel="Load (% of what the plan sustains)", ylabel=f"Error of {label(measure).words} (%)")
    legend(ax, "", len(ax.get_legend_handles_labels()[0]))
    return ax


def component_errors(report: Report, ax: Optional[Axes] = None) -> Axes:
    """Simulated minus measured mean time by component, as a share (%) of the measured latency: what is
    too long to the right, too short to the left; the mark is their sum. The largest sums, at most 16.
    """
    frame = _known(fidelity_table(report), "mean_latency_s")
    errors = pd.DataFrame(
        {name: frame[f"{name}.sim"] - frame[f"{name}.live"] for name in COMPONENTS}
    ).div(frame["mean_latency_s.live"], axis="rows") * 100
    errors.index = pd.Index(frame["label"])
    largest = errors.sum(axis="columns").abs().sort_values(ascending=False, kind="stable").index[:_MOST_BARS]
    errors = errors.loc[[name for name in errors.index if name in largest]]
    longest = max(len(str(name)) for name in errors.index)  # names stand left of the bars
    ax = axes_or_new(ax, width_in=5.4 + 0.075 * longest, height_in=1.4 + 0.34 * len(errors))
    right, left = np.zeros(len(errors)), np.zeros(len(errors))
    places = np.arange(len(errors))
    for name in errors:
        values = errors[name].to_numpy()
        if np.abs(values).max() < 0.005:
            continue
        start = np.where(values >= 0, right, left)
        words = str(name)[: -len("_s")].replace("_", " ")
        ax.barh(places, values, left=start, height=0.7, label=words, **component_style(words))
        right, left = right + np.maximum(values, 0), left + np.minimum(values, 0)
    ax.plot(errors.sum(axis="columns"), places, "D", color="black", markerfacecolor="white", markersize=4.5, label="sum")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(places, list(errors.index))
    ax.set_ylim(len(errors) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.set_xlabel("Simulated - measured (% of the measured mean latency)")
    legend(ax, "Component", 2)
    return ax


def rankings(report: Report, by: str = "p50_latency_s", ax: Optional[Axes] = None) -> Axes:
    """Choices by their place in a scenario, measured and simulated: how many have which. On the
    diagonal the twin ranks as the live system does. Policies of one plan are one choice, of their mean values.
    """
    frame = _known(fidelity_table(report), by)
    axes = list(report["axes"])
    scenarios = frame[axes].agg(", ".join, axis="columns") if axes else pd.Series("", index=frame.index)
    worlds = [f"{by}.sim", f"{by}.live"]
    groups = [group.groupby("plan")[worlds].mean() for _, group in frame.groupby(scenarios)]
    most = max(len(group) for group in groups)
    counts = np.zeros((most, most), dtype=int)
    descending = by == "throughput_hz"
    for group in groups:
        sim, live = (group[world].rank(method="first", ascending=not descending) for world in worlds)
        for i, j in zip(sim.astype(int), live.astype(int)):
            counts[i - 1, j - 1] += 1
    ax = axes_or_new(ax, width_in=1.6 + 0.62 * most, height_in=1.3 + 0.62 * most)
    ax.grid(False)
    ax.imshow(np.where(counts > 0, counts, np.nan), cmap="Blues", vmin=0, vmax=counts.max() * 1.6)
    for i, j in zip(*np.nonzero(counts)):
        ax.text(j, i, str(counts[i, j]), ha="center", va="center")
    ticks = [str(place + 1) for place in range(most)]
    ax.set_xticks(range(most), ticks)
    ax.set_yticks(range(most), ticks)
    ax.set(xlabel="Measured place", ylabel="Simulated place")
    overall = next((of for of in report["overall"]["decisions"] if of["by"] == by), None)
    if overall is not None:
        tau = "-" if overall["tau"] is None else f"{overall['tau']:.2f}"
        ax.set_title(f"{label(by).words}: tau {tau}, worst regret {overall['worst_regret'] * 100:.1f} %", fontsize=10)
    return ax


def cdfs_of_worlds(report: Report, store: Store, most: int = 6) -> Figure:
    """Latency distributions of both worlds over each other, a panel a pair: solid simulated, dashed
    live, every live run. Of many pairs those from the smallest to the largest error of the mean.
    """
    frame = _known(fidelity_table(report), "mean_latency_s")
    ordered = frame.loc[frame["mean_latency_s.error"].abs().sort_values(kind="stable").index]
    chosen = ordered.iloc[np.unique(np.linspace(0, len(ordered) - 1, min(most, len(ordered))).round().astype(int))]
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.5 * columns, 2.8 * rows), squeeze=False,
                                constrained_layout=True)
    for ax, (_, pair) in zip(axes.flat, chosen.iterrows()):
        runs = {int(run): "simulated" for run in pair["sim_runs"]}
        simulated = len(runs)
        runs.update({int(run): f"live {place + 1}" for place, run in enumerate(pair["live_runs"])})
        latency_cdf(store, runs, ax=ax)
        for line, is_live in zip(ax.lines, [place >= simulated for place in range(len(runs))]):
            line.set(color=COLOURS[4 if is_live else 0], linewidth=1.3)
        ax.get_legend().remove()
        name = textwrap.fill(pair["label"], 40)
        ax.set_title(f"{name}\nmean {pair['mean_latency_s.error'] * 100:+.1f} %", fontsize=9)
        ax.set(xlabel="", ylabel="")
    for ax in axes.flat[len(chosen):]:
        ax.set_visible(False)
    figure.supxlabel("Latency (ms); solid: simulated, dashed: live", fontsize=10)
    figure.supylabel("Share of requests (%)", fontsize=10)
    return figure


def _known(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    if f"{measure}.error" not in frame:
        raise ValueError(f"`{measure}`: is no measure of a validation")
    known = frame.dropna(subset=[f"{measure}.error"])
    if known.empty:
        raise ValueError(f"`{measure}`: no pair knows it; a percentile takes ten requests beyond it")
    return known


def _lower(text: str) -> str:
    return text if text[1:2].isupper() or text[1:2].isdigit() else text[:1].lower() + text[1:]


def _short(value: str) -> str:
    """Paths by their file's name."""
    return value.rsplit("/", 1)[-1].removesuffix(".xml")
