"""From a column's name to what a person reads on an axis: words and a handy unit.

Names end in their SI unit (docs/formats.md); scenario fields in the unit of the scenario.
"""

from __future__ import annotations

from typing import NamedTuple

_ABBREVIATIONS = {"p50": "P50", "p95": "P95", "p99": "P99", "pd": "pd", "cpu": "CPU"}
_SHARES = {"accuracy", "min_accuracy", "early_exit_share"}
_NAMES = {
    "early_exit_share": "early exits",
    "sent_bytes_per_request": "sent per request",
    "exits.threshold": "exit threshold",
    "scheduling.pd_num": "requests in flight (pd_num)",
    "arrivals.rate_hz": "arrival rate",
    "wall_s": "wall clock time",
    "energy_j": "energy per request, above rest",
    "idle_energy_j": "energy per request, at rest",
    "total_energy_j": "energy per request",
    "cost": "cost per 1000 requests",
}
# By the end of the name: the unit shown, and how many of it one of the name's unit is.
_UNITS = {
    "_bytes_per_request": ("kB", 1e-3),
    "_bytes": ("kB", 1e-3),
    "_mbps": ("Mbit/s", 1.0),
    "_hz": ("1/s", 1.0),
    "_ms": ("ms", 1.0),
    "_s": ("ms", 1e3),
    "_j": ("J", 1.0),
    "_w": ("W", 1.0),
}
_ENERGY_OF = "energy_j."  # of one device, or of the links
_IN_SECONDS = {"wall_s", "deadline_s"}


class Label(NamedTuple):
    """Words for an axis, its unit (empty: none), and the factor from the column to that unit."""

    words: str
    unit: str
    factor: float

    def __str__(self) -> str:
        text = self.words[:1].upper() + self.words[1:]
        return f"{text} ({self.unit})" if self.unit else text


def label(name: str) -> Label:
    """`label("p95_latency_s")` is "P95 latency (ms)", factor 1000.

    `label("links.uplink.bandwidth_mbps")` is "Uplink bandwidth (Mbit/s)". A share is in percent.
    """
    unit, factor, bare = "", 1.0, name
    if name.startswith(_ENERGY_OF):
        return Label(f"energy per request, {name[len(_ENERGY_OF):]}", "J", 1.0)
    if name in _SHARES:
        unit, factor = "%", 100.0
    elif name in _IN_SECONDS:
        unit, bare = "s", name[: -len("_s")]
    else:
        ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
        if ending:
            (unit, factor), bare = _UNITS[ending], name[: -len(ending)]
    return Label(_NAMES.get(name) or _words(bare), unit, factor)


def _words(bare: str) -> str:
    parts = bare.split(".")
    if parts[0] == "links":
        parts = parts[1:]  # the link's own name says it
    words = [word for part in parts for word in part.split("_")]
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)
