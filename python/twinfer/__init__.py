"""Twinfer in Python: run the command line, read result stores, draw the standard figures.

    import twinfer
    twinfer.run("sweep", "scenarios/sweeps/bandwidth.yaml", store="sweep.sqlite")
    store = twinfer.Store("sweep.sqlite")
    twinfer.measure_over_axis(store.measures, "links.uplink.bandwidth_mbps", "p95_latency_s")

All numbers are SI, as in the store (docs/formats.md); figures show handy units and name them.
"""

from twinfer.command_line import CommandError, find_program, has_live_side, run, run_json
from twinfer.fidelity import (
    cdfs_of_worlds, component_errors, error_over_load, fidelity_table, predicted_against_measured, rankings,
)  # fmt: skip
from twinfer.figures import accuracy_over_latency, components, latency_cdf, measure_over_axis
from twinfer.labels import label
from twinfer.models_folder import own_models
from twinfer.replications import over_replications
from twinfer.splits import split_table
from twinfer.store import Store, StoreError
from twinfer.timeline import timeline
from twinfer.worlds import sim_against_live

__all__ = [
    "CommandError",
    "Store",
    "StoreError",
    "accuracy_over_latency",
    "cdfs_of_worlds",
    "component_errors",
    "components",
    "error_over_load",
    "fidelity_table",
    "find_program",
    "has_live_side",
    "label",
    "latency_cdf",
    "measure_over_axis",
    "over_replications",
    "own_models",
    "predicted_against_measured",
    "rankings",
    "run",
    "run_json",
    "sim_against_live",
    "split_table",
    "timeline",
]
