"""Colours, markers and axes that all figures share.

Colours: the eight of Okabe and Ito ("Color Universal Design", 2008), told apart with every
common colour blindness (its yellow darker, to be seen on white). Lines and markers differ as
well: for print without colours, and where one line lies on another.
"""

from __future__ import annotations

from typing import Any, Hashable, Iterable, NamedTuple, Optional, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#B8A800")
LIGHT_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#B8A800")  # on which black is read better than white
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "h", "p", "d")
LINES = ("-", "--", "-.", ":")
_LARGEST_LINEAR_RATIO = 20.0  # of the axis' values: beyond it the axis is logarithmic

# Policies keep their colour from figure to figure, whichever of them a figure shows.
_POLICIES = (
    "local", "lbc", "cascade", "remote", "nsc", "neurosurgeon", "dads", "das", "papdl",
    "exact-latency", "exact-throughput", "energy", "joint", "exhaustive",
)  # fmt: skip


class Style(NamedTuple):
    colour: str
    marker: str
    line: str


def style_of(position: int) -> Style:
    return Style(
        COLOURS[position % len(COLOURS)],
        MARKERS[position % len(MARKERS)],
        LINES[position % len(LINES)],
    )


def styles(names: Iterable[Hashable]) -> dict[Hashable, Style]:
    """A style for each name; known policies have theirs, others come after them in their order."""
    distinct = list(dict.fromkeys(names))
    unknown = [name for name in distinct if name not in _POLICIES]
    if len(unknown) == len(distinct):
        return {name: style_of(position) for position, name in enumerate(distinct)}
    order = [*_POLICIES, *unknown]
    return {name: style_of(order.index(name)) for name in distinct}


def in_policy_order(names: Iterable[str]) -> list[str]:
    """Known policies in a fixed order, then the others as they come; each once."""
    distinct = list(dict.fromkeys(names))
    return [name for name in _POLICIES if name in distinct] + [name for name in distinct if name not in _POLICIES]


def axes_or_new(ax: Optional[Axes], width_in: float = 6.4, height_in: float = 4.0) -> Axes:
    if ax is None:
        ax = plt.subplots(figsize=(width_in, height_in), constrained_layout=True)[1]
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def wants_log(values: Sequence[float]) -> bool:
    return len(values) > 0 and min(values) > 0 and max(values) / min(values) > _LARGEST_LINEAR_RATIO


def set_log(ax: Axes, which: str, values: Sequence[float]) -> None:
    """A logarithmic axis with plain numbers; over less than two decades, in steps of 1, 2 and 5."""
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis = ax.xaxis if which == "x" else ax.yaxis
    steps = (1.0,) if max(values) / min(values) > 300 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(base=10, subs=steps, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def legend(ax: Axes, title: str, entries: int) -> None:
    """Beside the axes, where it covers nothing, if there is more than one entry."""
    if entries > 1:
        ax.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0.0)


def numeric(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))
