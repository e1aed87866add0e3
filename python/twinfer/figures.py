"""The standard figures over runs. Each draws on `ax`, or on new axes, and gives the axes back."""

from __future__ import annotations

import itertools
import warnings
from typing import Any, Mapping, Optional, Sequence, Union

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from twinfer.labels import label
from twinfer.replications import over_replications
from twinfer.store import Store
from twinfer.styles import (
    COLOURS, LINES, axes_or_new, in_policy_order, layer, legend, numeric, place_of, set_log, styles, wants_log,
)  # fmt: skip

# Where a latency's time goes, in the order in which a request passes it; shares a colour: of one kind.
COMPONENTS = (
    "admission_s", "hop_wait_s", "encode_s", "transfer_s", "queue_s", "decode_s", "compute_s",
    "result_wait_s", "result_return_s",
)  # fmt: skip
_SMALLEST_SHARE = 1e-3  # of the largest bar: components below it in every bar are one, "other"


def latency_cdf(
    store: Store,
    runs: Union[Sequence[int], Mapping[int, str]],
    ax: Optional[Axes] = None,
) -> Axes:
    """Share of requests that returned within a latency (ms), a line a run.

    `runs` are run numbers, or a mapping from them to labels; without labels a run is called by
    its policy and back end. Solid if simulated, dashed if live; in the colour of its policy, or in
    one of its own where runs share policy and back end. ValueError if no request of a run returned.
    """
    table = store.runs
    texts = dict(runs) if isinstance(runs, Mapping) else _run_labels(table, runs)
    chosen = table.loc[list(texts)]
    coloured_by = chosen.index.to_series() if chosen.duplicated(["policy", "mode"]).any() else chosen["policy"]
    style = styles(coloured_by)
    latencies = {run: np.sort(store.latencies(run).to_numpy()) * 1e3 for run in texts}
    ax = axes_or_new(ax)
    for run, values in latencies.items():
        if len(values) == 0:
            raise ValueError(f"run {run}: no request returned")
        of_run = style[coloured_by[run]]
        line = LINES[0] if chosen.loc[run, "mode"] == "sim" else LINES[1]
        shares = np.arange(1, len(values) + 1) / len(values) * 100
        ax.step(np.r_[values[:1], values], np.r_[0, shares], where="post", color=of_run.colour, linestyle=line,
                linewidth=1.8, label=texts[run])
    pooled = np.concatenate(list(latencies.values()))
    if wants_log(pooled):
        set_log(ax, "x", pooled)
    ax.set(xlabel="Latency (ms)", ylabel="Share of requests (%)", ylim=(0, 101))
    legend(ax, "", len(texts))
    return ax


def measure_over_axis(
    frame: pd.DataFrame,
    axis: str,
    measure: str,
    by: str = "policy",
    ax: Optional[Axes] = None,
) -> Axes:
    """`measure` over `axis`, a line for each value of `by`; bands: 95 % confidence intervals.

    `frame` is `Store.measures` or rows of it. Means are over replications only: ValueError if
    other axes vary, too. Axes that span more than a factor of 20 are logarithmic.
    """
    means = _known_means(frame, measure, [axis, by])
    x, y = label(axis), label(measure)
    style = styles(in_policy_order(means[by]))
    ax = axes_or_new(ax)
    positions = _positions(means[axis], x.factor)
    for name in in_policy_order(means[by]):
        line = means[means[by] == name]
        at = positions.loc[line.index]
        of_line = style[name]
        ax.plot(at, line["mean"] * y.factor, color=of_line.colour, marker=of_line.marker, linestyle=of_line.line,
                markersize=5, linewidth=1.6, label=str(name), zorder=layer(of_line.line))
        if line["low"].notna().any():
            ax.fill_between(at, line["low"] * y.factor, line["high"] * y.factor, color=of_line.colour, alpha=0.2,
                            linewidth=0)
    _scale_x(ax, means[axis], positions)
    _scale_y(ax, means["mean"] * y.factor)
    ax.set(xlabel=str(x), ylabel=str(y))
    legend(ax, str(label(by)), means[by].nunique())
    return ax


def accuracy_over_latency(
    frame: pd.DataFrame,
    axis: str = "exits.threshold",
    latency: str = "mean_latency_s",
    by: str = "policy",
    ax: Optional[Axes] = None,
) -> Axes:
    """Accuracy (%) over a latency (ms), a line for each value of `by`, a point for each of `axis`.

    The first and the last point of a line say their value of `axis`. Crosses: 95 % confidence
    intervals over replications, where there are several.
    """
    keys = [axis, by]
    x, y = label(latency), label("accuracy")
    means = _known_means(frame, latency, keys).merge(_known_means(frame, "accuracy", keys), on=keys)
    names = in_policy_order(means[by])
    style = styles(names)
    ax = axes_or_new(ax)
    for name, offset in zip(names, itertools.cycle(((6, -11), (6, 5), (-24, 5), (-24, -11)))):
        line, of_line = means[means[by] == name].sort_values(axis), style[name]
        at, height = line["mean_x"] * x.factor, line["mean_y"] * y.factor
        ax.errorbar(at, height, xerr=(line["high_x"] - line["mean_x"]).fillna(0) * x.factor,
                    yerr=(line["high_y"] - line["mean_y"]).fillna(0) * y.factor, color=of_line.colour,
                    marker=of_line.marker, linestyle=of_line.line, markersize=5, linewidth=1.4, elinewidth=0.8,
                    label=str(name))
        for row in {0, len(line) - 1}:
            ax.annotate(str(line[axis].iloc[row]), (at.iloc[row], height.iloc[row]), xytext=offset,
                        textcoords="offset points", fontsize=8, color=of_line.colour)
    ax.margins(x=0.15)
    if wants_log(means["mean_x"].to_numpy()):
        set_log(ax, "x", means["mean_x"].to_numpy() * x.factor)
    ax.set(xlabel=str(x), ylabel=str(y))
    legend(ax, f"{label(by)} (points: {label(axis).words})", 2)
    return ax


def components(
    frame: pd.DataFrame,
    by: Union[str, Sequence[str]] = "policy",
    ax: Optional[Axes] = None,
) -> Axes:
    """Mean time of a request by component (ms), stacked, a bar for each group of `by`.

    Components that are under a thousandth of the longest bar everywhere are drawn as "other", and
    not at all if even together they are.
    Means are over replications only: ValueError if anything else varies in a group.
    """
    keys = [by] if isinstance(by, str) else list(by)
    means = {name: over_replications(frame, name, keys).set_index(keys)["mean"] for name in COMPONENTS}
    bars = pd.DataFrame(means) * 1e3
    bars = _joined_small(bars.loc[sorted(bars.index, key=_place)])
    ax = axes_or_new(ax, height_in=1.4 + 0.42 * len(bars))
    left = np.zeros(len(bars))
    texts = [", ".join(map(str, _parts(row))) for row in bars.index]
    for name in bars:
        ax.barh(texts, bars[name], left=left, height=0.7, label=name, **component_style(str(name)))
        left += bars[name].to_numpy()
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set(xlabel="Mean time of a request (ms)", ylabel=", ".join(label(key).words for key in keys).capitalize())
    legend(ax, "Component", len(bars.columns))
    return ax


def _known_means(frame: pd.DataFrame, measure: str, keys: Sequence[str]) -> pd.DataFrame:
    """Over replications; warns of runs without the measure, since a figure does not show what it lacks."""
    means = over_replications(frame, measure, keys)
    if means.empty:
        raise ValueError(f"`{measure}`: no run has this measure")
    missing = int(means["missing"].sum())
    if missing:
        warnings.warn(f"{missing} of {missing + means['replications'].sum()} runs have no {measure}", stacklevel=3)
    return means


_COMPONENT_COLOURS: dict[str, tuple[str, str]] = {
    "admission": ("#bbbbbb", ""),
    "hop wait": ("#bbbbbb", "///"),
    "encode": (COLOURS[3], ""),
    "transfer": (COLOURS[1], ""),
    "queue": ("#bbbbbb", "..."),
    "decode": (COLOURS[3], "///"),
    "compute": (COLOURS[0], ""),
    "result wait": ("#bbbbbb", "++"),
    "result return": (COLOURS[4], ""),
    "other": ("#000000", ""),
}


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _place(key: Any) -> tuple[Any, ...]:
    """Policies in their order, simulated before live, all else by value."""
    return tuple((place_of(part), part) for part in _parts(key))


def component_style(name: str) -> dict[str, Any]:
    colour, hatch = _COMPONENT_COLOURS[name]
    return {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}


def _joined_small(bars: pd.DataFrame) -> pd.DataFrame:
    longest = bars.sum(axis="columns").max()
    small = [name for name in bars if bars[name].max() < _SMALLEST_SHARE * longest]
    other = bars[small].sum(axis="columns")
    shown = bars.drop(columns=small).rename(columns=lambda name: name[: -len("_s")].replace("_", " "))
    return shown.assign(other=other) if other.max() >= _SMALLEST_SHARE * longest else shown


def _run_labels(table: pd.DataFrame, runs: Sequence[int]) -> dict[int, str]:
    texts = {run: f"{table.loc[run, 'policy']}, {table.loc[run, 'mode']}" for run in runs}
    doubles = [text for text in texts.values() if list(texts.values()).count(text) > 1]
    return {run: f"{text}, run {run}" if text in doubles else text for run, text in texts.items()}


def _positions(values: pd.Series[Any], factor: float) -> pd.Series[float]:
    if numeric(values):
        return values.astype(float) * factor
    order = {name: position for position, name in enumerate(dict.fromkeys(values))}
    return values.map(order).astype(float)


def _scale_x(ax: Axes, values: pd.Series[Any], positions: pd.Series[float]) -> None:
    if not numeric(values):
        names = list(dict.fromkeys(values))
        ax.set_xticks(range(len(names)), [str(name) for name in names])
    elif wants_log(positions.to_numpy()):
        set_log(ax, "x", positions.to_numpy())


def _scale_y(ax: Axes, values: pd.Series[float]) -> None:
    if wants_log(values.to_numpy()):
        set_log(ax, "y", values.to_numpy())
    elif values.min() >= 0 and values.max() > 2 * values.min():
        ax.set_ylim(bottom=0)
