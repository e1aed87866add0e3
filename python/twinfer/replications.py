"""Means and 95 % confidence intervals over replications, and over nothing else.

The mean of the P95 of ten runs that differ in their seed alone says where that P95 lies. The
mean over ten bandwidths, or over two policies, says nothing: it is refused.
"""

from __future__ import annotations

import math
from typing import Any, Sequence, Union

import pandas as pd

_LEVEL = 0.95


def over_replications(
    frame: pd.DataFrame, value: str, by: Union[str, Sequence[str]], level: float = _LEVEL
) -> pd.DataFrame:
    """Mean of `value` over the replications of each group of `by`, with its confidence interval.

    `frame` is `Store.measures` or rows of it. Columns: those of `by`, `mean`, `low` and `high`
    (Student's t at `level`; NaN for a single replication), `replications` that have the value, and
    `missing`: runs without it, because they failed or do not know it. Groups without any value are left out.

    Raises ValueError if runs of one group differ in more than their replication.
    """
    keys = [by] if isinstance(by, str) else list(by)
    _check_columns(frame, [*keys, value])
    rows = []
    for key, group in frame.groupby(keys[0] if len(keys) == 1 else keys, sort=True, dropna=False):
        names = dict(zip(keys, (key,) if len(keys) == 1 else key))
        _check_replications(frame, group, names)
        known = group[value].dropna()
        if known.empty:
            continue
        mean, half = float(known.mean()), _half_width(known, level)
        counts = {"replications": len(known), "missing": len(group) - len(known)}
        rows.append({**names, "mean": mean, "low": mean - half, "high": mean + half, **counts})
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "replications", "missing"])


def student_quantile(level: float, freedom: int) -> float:
    """The t that Student's distribution of `freedom` degrees stays within, both signs, at `level`.

    The probability is a finite series in the angle atan(t / sqrt(freedom)): Abramowitz and
    Stegun, 26.7.3 and 26.7.4. REQUIRES: 0 < level < 1, freedom >= 1.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(100):  # halvings: more than a double has bits
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _within(angle: float, freedom: int) -> float:
    odd = freedom % 2
    squared = math.cos(angle) ** 2
    term, total = (math.cos(angle) if odd else 1.0), 0.0
    for n in range(odd + 2, freedom + 1, 2):
        total += term
        term *= squared * (n - 1) / n
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def _half_width(values: pd.Series[float], level: float) -> float:
    if len(values) < 2:
        return math.nan
    return student_quantile(level, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))


def _check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in frame:
            raise ValueError(f"`{name}`: no such column; there are {', '.join(map(str, frame.columns))}")


def _check_replications(frame: pd.DataFrame, group: pd.DataFrame, names: dict[str, Any]) -> None:
    """What was asked stands left of `replication` (Store.measures): it must be one thing."""
    where = ", ".join(f"{name}={value}" for name, value in names.items())
    if "replication" not in frame:
        raise ValueError("`replication`: no such column: what may be averaged cannot be told")
    asked = list(frame.columns[: list(frame.columns).index("replication")])
    varying = [name for name in asked if name not in names and group[name].nunique(dropna=False) > 1]
    if varying:
        raise ValueError(
            f"{where}: runs differ in {', '.join(varying)}, too: choose one value or group by it; "
            "only replications may be averaged"
        )
    if len(group) > 1 and (group["replication"].isna().any() or group["replication"].duplicated().any()):
        raise ValueError(f"{where}: {len(group)} runs are no replications of one another: choose among them")
