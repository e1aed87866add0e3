"""A result store (SQLite, docs/formats.md) as pandas frames. Read only; a sweep may go on writing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Optional, TypeVar, Union
from urllib.parse import quote

import pandas as pd

_APPLICATION_ID = 0x54574E46  # "TWNF"
_VERSION = 2
_BUSY_TIMEOUT_S = 60.0

RETURNED = ("ok", "exited", "missed")  # statuses of requests whose result came back
_NULLABLE = {"exit": "Int64", "predicted": "Int64", "correct": "boolean"}

Read = TypeVar("Read")


class StoreError(ValueError):
    """A file that is no result store of this version, or a run or sweep that it does not have."""


class Store:
    """Opens a result store. Raises StoreError if the file is none, or of another version.

    Every call reads the file anew, and sees one moment of it.
    """

    def __init__(self, file: Union[str, Path]) -> None:
        self.file = Path(file)
        if not self.file.is_file():
            raise StoreError(f"{self.file}: no such result store")
        self._read(lambda connection: None)

    def __repr__(self) -> str:
        return f"Store({str(self.file)!r})"

    @property
    def runs(self) -> pd.DataFrame:
        """One row a policy and back end, by `run`: the columns of the table `runs`."""
        frame = self._table("SELECT * FROM runs ORDER BY id").set_index("id").rename_axis("run")
        # SQLite has no unsigned numbers: the bits of the largest seeds read as negative ones.
        frame["seed"] = pd.array([int(seed) % 2**64 for seed in frame["seed"]], dtype="uint64")
        return frame

    @property
    def sweeps(self) -> pd.DataFrame:
        """By name of the sweep: its file's text, its axes, and how many runs are stored."""
        frame = self._table(
            "SELECT name, text, axes, (SELECT COUNT(*) FROM sweep_runs WHERE sweep = name) AS runs "
            "FROM sweeps ORDER BY name"
        ).set_index("name")
        frame["axes"] = [json.loads(axes) for axes in frame["axes"]]
        return frame

    @property
    def measures(self) -> pd.DataFrame:
        """What every run amounts to, by `run`: a row a run, a column a measure.

        Columns, in this order: what was asked (`sweep`, `scenario`, `mode`, each axis of the
        store's sweeps by its field, `policy`), `replication` (from 0; <NA> outside a sweep),
        `status`, `error` and `plan`, then the measures in SI units. What a run does not have is
        NaN. An axis is numeric or boolean if all of its values are. A measure that is an axis,
        too (`requests`), stands once, as the axis.
        """
        frame: pd.DataFrame = self._read(_measures)
        return frame

    def sweep(self, name: Optional[str] = None) -> pd.DataFrame:
        """The `measures` of one sweep, with its axes only; the store's only sweep by default."""
        frame = self.measures
        sweeps = self.sweeps
        if name is None:
            if len(sweeps) != 1:
                raise StoreError(f"{self.file}: has {len(sweeps)} sweeps: name one of {_listed(sweeps.index)}")
            name = str(sweeps.index[0])
        if name not in sweeps.index:
            raise StoreError(f"{self.file}: sweep `{name}`: the store has {_listed(sweeps.index)}")
        others = {axis for axes in sweeps["axes"] for axis in axes} - set(sweeps.loc[name, "axes"]) - {"policy"}
        chosen = frame[frame["sweep"] == name].drop(columns=[axis for axis in frame if axis in others])
        return chosen.infer_objects()

    def requests(self, run: int) -> pd.DataFrame:
        """One row a request, by `request`: the columns of the table `requests`.

        Times are seconds since the run's start. Empty where a sweep did not keep the rows.
        """
        frame = self._rows("SELECT * FROM requests WHERE run = ? ORDER BY request", run)
        return frame.drop(columns="run").set_index("request").astype(_NULLABLE)

    def stages(self, run: int) -> pd.DataFrame:
        """One row a request and stage, by (`request`, `stage`): the columns of the table `stages`."""
        frame = self._rows("SELECT * FROM stages WHERE run = ? ORDER BY request, stage", run)
        return frame.drop(columns="run").set_index(["request", "stage"])

    def latencies(self, run: int) -> pd.Series[float]:
        """Latency of every request that returned, in seconds, by `request`.

        Raises StoreError if the store has no requests of the run.
        """
        requests = self.requests(run)
        if requests.empty:
            raise StoreError(
                f"{self.file}: run {run}: has no requests; a sweep stores them with `keep_rows: true`"
            )
        return requests.loc[requests["status"].isin(RETURNED), "latency_s"]

    def _table(self, query: str) -> pd.DataFrame:
        def read(connection: sqlite3.Connection) -> pd.DataFrame:
            return pd.read_sql(query, connection)

        frame: pd.DataFrame = self._read(read)
        return frame

    def _rows(self, query: str, run: int) -> pd.DataFrame:
        def read(connection: sqlite3.Connection) -> pd.DataFrame:
            if not connection.execute("SELECT 1 FROM runs WHERE id = ?", (int(run),)).fetchone():
                raise StoreError(f"{self.file}: run {run}: no such run")
            return pd.read_sql(query, connection, params=(int(run),))

        frame: pd.DataFrame = self._read(read)
        return frame

    def _read(self, read: Callable[[sqlite3.Connection], Read]) -> Read:
        address = f"file:{quote(str(self.file.resolve()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S)) as connection:
            try:
                connection.execute("BEGIN")
                self._check(connection)
                return read(connection)
            except sqlite3.DatabaseError as error:
                raise StoreError(f"{self.file}: cannot be read as a Twinfer result store: {error}") from error

    def _check(self, connection: sqlite3.Connection) -> None:
        if _pragma(connection, "application_id") != _APPLICATION_ID:
            raise StoreError(f"{self.file}: is not a Twinfer result store")
        version = _pragma(connection, "user_version")
        if version > _VERSION:
            raise StoreError(
                f"{self.file}: is of a newer Twinfer (version {version}); this one reads version {_VERSION}"
            )
        if version < _VERSION:
            raise StoreError(
                f"{self.file}: is an older store (version {version}); a command that writes to it "
                f"brings it to version {_VERSION}"
            )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"


def _measures(connection: sqlite3.Connection) -> pd.DataFrame:
    runs = pd.read_sql("SELECT id, scenario, mode, policy, status, error, plan FROM runs", connection, index_col="id")
    points, axes = _points(connection)
    values = pd.read_sql("SELECT run, name, value FROM measures", connection)
    wide = values.pivot(index="run", columns="name", values="value")
    measures = wide.drop(columns=[name for name in wide if name in axes]).reindex(runs.index)
    frame = pd.concat([runs, points.reindex(runs.index), measures], axis="columns")
    frame["replication"] = frame["replication"].astype("Int64")
    frame.index.name = "run"
    frame.columns.name = None
    asked = ["sweep", "scenario", "mode", *axes, "policy", "replication", "status", "error", "plan"]
    return frame[asked + list(measures)].sort_index()


def _points(connection: sqlite3.Connection) -> tuple[pd.DataFrame, list[str]]:
    """By run: its sweep, its replication, and the value of each axis but the policy; the axes."""
    fields = {name: json.loads(axes) for name, axes in connection.execute("SELECT name, axes FROM sweeps")}
    rows = {
        run: {"sweep": sweep, "replication": replication, **dict(zip(fields[sweep], json.loads(point)))}
        for run, sweep, replication, point in connection.execute(
            "SELECT run, sweep, replication, point FROM sweep_runs"
        )
    }
    axes = list(dict.fromkeys(axis for name in sorted(fields) for axis in fields[name] if axis != "policy"))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["sweep", "replication", *axes])
    for axis in axes:
        frame[axis] = typed(frame[axis])
    return frame, axes


def typed(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Values of an axis, stored as YAML: numbers or booleans if all of them are, else as they are."""
    present = texts.dropna()
    if present.empty:
        return texts
    if present.isin(["true", "false"]).all():
        return texts.map({"true": True, "false": False}).astype("boolean" if texts.hasnans else "bool")
    try:
        return pd.to_numeric(texts)
    except ValueError:
        return texts
