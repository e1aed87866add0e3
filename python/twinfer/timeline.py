"""One run as a timeline: what held each executor and each connection, and for which request.

Waiting is not drawn: it is the gap between a request's bars.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional, Sequence

import pandas as pd
from matplotlib.axes import Axes

from twinfer.store import RETURNED, Store, StoreError
from twinfer.styles import COLOURS, LIGHT_COLOURS, axes_or_new, legend

_MOST_SHOWN = 8  # requests by default
_NUMBERED_SHARE = 0.025  # of the width: wider bars say their request


class _Bar(NamedTuple):
    """A request's use of one track, in seconds since the run's start."""

    stage: int
    kind: int  # within a stage: its connection, its executor, the connection of its results
    track: str
    request: int
    start_s: float
    length_s: float


def timeline(
    store: Store, run: int, requests: Optional[Sequence[int]] = None, ax: Optional[Axes] = None
) -> Axes:
    """Executors and connections over time (ms since the run's start), a colour a request.

    Shows `requests`, by default the first eight. A connection's bar is encoding and transfer, an
    executor's decoding and computing. Stages count from 1. Raises StoreError if the store has no
    rows of the run.
    """
    bars = _bars(store, run, requests)
    if not bars:
        raise StoreError(f"{store.file}: run {run}: has no stages of these requests")
    tracks = list(dict.fromkeys(bar.track for bar in sorted(bars)))
    shown = sorted({bar.request for bar in bars})
    ax = axes_or_new(ax, width_in=8.0, height_in=1.3 + 0.4 * len(tracks))
    width_s = max(bar.start_s + bar.length_s for bar in bars) - min(bar.start_s for bar in bars)
    labelled = set()
    for bar in bars:
        first = bar.request not in labelled and len(shown) <= len(COLOURS)
        labelled.add(bar.request)
        colour = COLOURS[shown.index(bar.request) % len(COLOURS)]
        wide = bar.length_s > _NUMBERED_SHARE * width_s
        ax.barh(tracks.index(bar.track), bar.length_s * 1e3, left=bar.start_s * 1e3, height=0.7, color=colour,
                edgecolor="white" if wide else colour, linewidth=0.6, label=str(bar.request) if first else None)
        if wide:
            ax.text((bar.start_s + bar.length_s / 2) * 1e3, tracks.index(bar.track), str(bar.request), fontsize=8,
                    color="black" if colour in LIGHT_COLOURS else "white", ha="center", va="center")
    ax.set_yticks(range(len(tracks)), tracks)
    ax.set_ylim(len(tracks) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.set_xlabel("Time since the run's start (ms)")
    handles, labels = ax.get_legend_handles_labels()
    legend(ax, "Request", len(labels))
    return ax


def _bars(store: Store, run: int, requests: Optional[Sequence[int]]) -> list[_Bar]:
    results, stages = store.requests(run), store.stages(run)
    wanted = list(results.index[:_MOST_SHOWN] if requests is None else requests)
    source = _source_of(str(store.runs.loc[run, "scenario_text"]))
    bars: list[_Bar] = []
    for request in wanted:
        if request in results.index:
            rows = stages[stages.index.get_level_values("request") == request].reset_index()
            bars += _bars_of(int(request), results.loc[request], rows, source)
    return [bar for bar in bars if bar.length_s > 0]


def _bars_of(request: int, result: pd.Series[Any], stages: pd.DataFrame, source: str) -> list[_Bar]:
    bars: list[_Bar] = []
    before, stage = source, 0
    for row in stages.itertuples():
        stage = int(row.stage)
        hop = f"{_way(before, str(row.device))}: into stage {stage + 1}"
        executor = f"{row.device}: stage {stage + 1}"
        bars.append(_Bar(stage, 0, hop, request, row.hop_start_s, row.encode_s + row.transfer_s))
        bars.append(_Bar(stage, 1, executor, request, row.compute_start_s, row.decode_s + row.compute_s))
        before = str(row.device)
    if bars and result["status"] in RETURNED:
        results = f"{_way(before, source)}: results of stage {stage + 1}"
        start_s = result["arrival_s"] + result["latency_s"] - result["result_return_s"]
        bars.append(_Bar(stage, 2, results, request, start_s, result["result_return_s"]))
    return bars


def _way(sender: str, receiver: str) -> str:
    return sender if sender == receiver else f"{sender} \u2192 {receiver}"


def _source_of(scenario_text: str) -> str:
    """Where requests arise: a resolved scenario (docs/formats.md) has it in a line of its own."""
    found = re.search(r"^source: *(.+?) *$", scenario_text, re.MULTILINE)
    return found.group(1).strip("'\"") if found else "source"
