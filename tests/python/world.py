"""A small store that the built program made, and frames by hand."""

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import pandas as pd

import twinfer

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"

# Two bandwidths x two policies x three seeds, and a second sweep over other axes.
SWEEP = """
name: tiny
scenario: SCENARIO
axes:
  links.uplink.bandwidth_mbps: [1, 8.5]
  requests: [20]
  policy: [nsc, remote]
replications: 3
"""
THRESHOLDS = """
name: thresholds
scenario: SCENARIO
axes:
  exits.threshold: [0.5, 0.9]
  policy: [cascade]
replications: 2
"""


@lru_cache
def folder() -> Path:
    """A temporary folder, gone when the tests are over."""
    path = Path(tempfile.mkdtemp(prefix="twinfer-python-"))
    atexit.register(shutil.rmtree, path)
    return path


def sweep_file(text: str, name: str) -> Path:
    file = folder() / name
    file.write_text(text.replace("SCENARIO", str(QUICKSTART)))
    return file


@lru_cache
def simulated() -> twinfer.Store:
    """`nsc` and `cascade` of the quickstart, with rows: runs 1 and 2."""
    file = folder() / "simulated.sqlite"
    twinfer.run("sim", QUICKSTART, policy=["nsc", "cascade"], store=file)
    return twinfer.Store(file)


@lru_cache
def swept() -> twinfer.Store:
    """The sweep `tiny`, without rows."""
    file = folder() / "swept.sqlite"
    twinfer.run("sweep", sweep_file(SWEEP, "tiny.yaml"), store=file)
    return twinfer.Store(file)


def altered_file(statement: str, name: str) -> Path:
    """A copy of the simulated store, after `statement`."""
    file = folder() / name
    shutil.copy(simulated().file, file)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statement)
    return file


def altered(statement: str, name: str) -> twinfer.Store:
    return twinfer.Store(altered_file(statement, name))


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """Measures by hand: what was asked, `replication`, then the measures."""
    table = pd.DataFrame(rows)
    asked = [name for name in ("mode", "rate", "policy") if name in table]
    return table[asked + ["replication"] + [name for name in table if name not in (*asked, "replication")]]
