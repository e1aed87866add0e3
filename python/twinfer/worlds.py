"""The simulator's error: runs of both back ends that one `twinfer validate` made, side by side."""

from __future__ import annotations

from typing import Sequence

import pandas as pd

from twinfer.store import Store, StoreError

_LEAST_RETURNED = {"p50_latency_s": 20, "p90_latency_s": 100, "p95_latency_s": 200, "p99_latency_s": 1000}
_MEASURES = ("p50_latency_s", "p95_latency_s", "throughput_hz", "accuracy")


def sim_against_live(store: Store, batch: str | None = None, measures: Sequence[str] = _MEASURES) -> pd.DataFrame:
    """By policy, for each measure: `sim`, `live` (SI units) and `error_percent`.

    The error is (sim - live) / live: +10 means that the simulator says a tenth more; NaN where
    either side failed or does not know the measure, or has too few requests for a percentile: ten
    must lie beyond it (docs/validation.md). Runs are those of one command (`batch`, by
    default the store's last); of a policy that ran live several times, the first counts.
    """
    runs = store.runs
    if batch is None and len(runs) > 0:
        batch = str(runs["batch"].iloc[-1])
    chosen = store.measures[runs["batch"] == batch]
    sim, live = (chosen[chosen["mode"] == mode].drop_duplicates("policy").set_index("policy") for mode in ("sim", "live"))
    if sim.empty or live.empty:
        raise StoreError(f"{store.file}: batch {batch}: has no pair of simulated and live runs")
    columns = {}
    for name in measures:
        if name not in chosen:
            raise StoreError(f"{store.file}: `{name}`: no run has this measure")
        known = [side[name].where(side["returned"] >= _LEAST_RETURNED.get(name, 0)) for side in (sim, live)]
        columns[(name, "sim")], columns[(name, "live")] = known
        columns[(name, "error_percent")] = (known[0] / known[1] - 1) * 100
    return pd.DataFrame(columns, index=sim.index)
