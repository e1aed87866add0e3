"""Colours, markers and axes that all figures share.

Colours: the nine of Paul Tol's "muted" scheme (Technical Note SRON/EPS/TN/09-002, 2021), which
stay apart with every common colour blindness, and black and grey. Lines and markers differ as
well: for print without colours, and where one line lies on another.
"""

from __future__ import annotations

from typing import Any, Hashable, Iterable, NamedTuple, Optional, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

COLOURS = (
    "#332288", "#44AA99", "#117733", "#AA4499", "#CC6677", "#88CCEE", "#000000", "#999933", "#882255", "#8C8C8C",
    "#DDCC77",
)  # fmt: skip
LIGHT_COLOURS = ("#88CCEE", "#DDCC77", "#44AA99", "#999933")  # on which black is read better than white
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "h", "p", "d")
LINES = ("-", "--", "-.", ":")
_LARGEST_LINEAR_RATIO = 20.0  # of the axis' values: beyond it the axis is logarithmic

# Policies keep their colour from figure to figure, whichever of them a figure shows.
_POLICIES = (
    "local", "lbc", "cascade", "remote", "nsc", "neurosurgeon", "dads", "exact-latency", "exact-throughput", "energy",
    "das", "papdl", "joint", "exhaustive",
)  # fmt: skip


class Style(NamedTuple):
    colour: str
    marker: str
    line: str


def styles(names: Iterable[Hashable]) -> dict[Hashable, Style]:
    """A style for each name. Known policies have theirs; where two of them share a colour, the
    later takes the next that is free in this figure, as do all other names.
    """
    distinct = list(dict.fromkeys(names))
    known = [name for name in _POLICIES if name in distinct]
    places: dict[Hashable, int] = {}
    for name in [*known, *(name for name in distinct if name not in known)]:
        wanted = _POLICIES.index(name) % len(COLOURS) if name in known else len(places)
        free = [place for place in range(len(COLOURS)) if place not in places.values()]
        places[name] = wanted if wanted in free or not free else free[0]
    return {
        name: Style(
            COLOURS[place % len(COLOURS)],
            MARKERS[position % len(MARKERS)],
            LINES[(position + position // len(LINES)) % len(LINES)],
        )
        for position, (name, place) in enumerate(places.items())
    }


def layer(line: str) -> float:
    """Where to draw a line: broken ones above, so that a whole one below shows through."""
    return 2.0 + LINES.index(line) / 10


def place_of(name: Hashable) -> int:
    """In figures: policies and back ends in a fixed order, all else after them."""
    order = (*_POLICIES, "sim", "live")
    return order.index(name) if name in order else len(order)


def in_policy_order(names: Iterable[str]) -> list[str]:
    """Known policies in a fixed order, then the others as they come; each once."""
    return sorted(dict.fromkeys(names), key=place_of)


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
        ax.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0.0,
                  alignment="left")


def numeric(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))
