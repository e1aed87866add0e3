"""The table of a network in two parts: what each cut costs at the edge, between, and on the server."""

from __future__ import annotations

import pandas as pd

from twinfer.store import RETURNED, Store, StoreError

_PREFIX = "split:"


def split_table(store: Store, sweep: str, edge: str, cloud: str) -> pd.DataFrame:
    """Medians over the returned requests of a sweep over the policies `split:K`, by K.

    Columns: `run`; `edge_s` and `cloud_s`, computing on the devices of these names;
    `transfer_s`, all else (encoding, wire, decoding, waiting, the result's return); `latency_s`;
    `sent_bytes`. Raises StoreError if the sweep has other policies, two runs of one cut, or no rows.
    """
    policies = store.sweep(sweep)["policy"]
    if not policies.str.startswith(_PREFIX).all() or policies.duplicated().any():
        raise StoreError(f"{store.file}: sweep `{sweep}`: must have one run for each cut, of policy split:K")
    rows = {int(policy[len(_PREFIX) :]): {"run": run, **_medians(store, run, edge, cloud)}
            for run, policy in policies.items()}  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("split").sort_index()


def _medians(store: Store, run: int, edge: str, cloud: str) -> dict[str, float]:
    latency_s = store.latencies(run)  # refuses a run without rows
    requests, stages = store.requests(run), store.stages(run).reset_index("stage")
    requests = requests[requests["status"].isin(RETURNED)]
    computing = {device: rows["compute_s"].groupby("request").sum() for device, rows in stages.groupby("device")}
    edge_s, cloud_s = (
        computing.get(device, pd.Series(dtype=float)).reindex(requests.index, fill_value=0.0) for device in (edge, cloud)
    )
    return {
        "edge_s": edge_s.median(),
        "transfer_s": (latency_s - edge_s - cloud_s).median(),
        "cloud_s": cloud_s.median(),
        "latency_s": latency_s.median(),
        "sent_bytes": requests["bytes_sent"].median(),
    }
