"""twinfer.Store: what the built program stored, as frames."""

import shutil
import sqlite3
import unittest
from contextlib import closing
from pathlib import Path

import pandas as pd

import twinfer
import world


class Runs(unittest.TestCase):
    def test_a_run_a_policy_with_the_columns_of_the_formats(self) -> None:
        runs = world.simulated().runs
        self.assertEqual(list(runs.index), [1, 2])
        self.assertEqual(list(runs["policy"]), ["nsc", "cascade"])
        self.assertEqual(list(runs["mode"]), ["sim", "sim"])
        self.assertEqual(list(runs["status"]), ["complete", "complete"])
        self.assertEqual(list(runs["seed"]), [1, 1])
        self.assertIn("name: quickstart", runs.loc[1, "scenario_text"])

    def test_a_seed_above_2_to_the_63_reads_as_it_was(self) -> None:
        store = world.altered("UPDATE runs SET seed = -1 WHERE id = 2", "seed.sqlite")
        self.assertEqual(int(store.runs.loc[2, "seed"]), 2**64 - 1)


class Rows(unittest.TestCase):
    def test_components_add_up_to_each_latency(self) -> None:
        store = world.simulated()
        requests, stages = store.requests(2), store.stages(2)
        self.assertEqual(len(requests), 50)
        parts = ["hop_wait_s", "encode_s", "transfer_s", "queue_s", "decode_s", "compute_s"]
        total = stages[parts].sum(axis="columns").groupby("request").sum()
        total += requests[["admission_s", "result_wait_s", "result_return_s"]].sum(axis="columns")
        self.assertLess((total - requests["latency_s"]).abs().max(), 1e-12)

    def test_absent_exits_and_classes_are_na_and_not_numbers(self) -> None:
        store = world.altered("UPDATE requests SET exit = NULL, correct = NULL WHERE run = 1 AND request = 0", "na.sqlite")
        requests = store.requests(1)
        self.assertIs(requests.loc[0, "exit"], pd.NA)
        self.assertIs(requests.loc[0, "correct"], pd.NA)
        self.assertEqual(str(requests["exit"].dtype), "Int64")
        self.assertEqual(str(requests["correct"].dtype), "boolean")

    def test_latencies_are_of_requests_that_returned(self) -> None:
        store = world.altered("UPDATE requests SET status = 'dropped' WHERE run = 1 AND request < 3", "dropped.sqlite")
        self.assertEqual(list(store.latencies(1).index), list(range(3, 50)))

    def test_percentiles_of_the_rows_are_those_of_the_measures(self) -> None:
        store = world.simulated()
        for run in (1, 2):
            self.assertAlmostEqual(store.latencies(run).quantile(0.95), store.measures.loc[run, "p95_latency_s"], 12)

    def test_an_unknown_run_is_refused(self) -> None:
        with self.assertRaises(twinfer.StoreError) as raised:
            world.simulated().requests(7)
        self.assertEqual(str(raised.exception), f"{world.simulated().file}: run 7: no such run")

    def test_a_sweep_without_rows_has_none_and_says_how_to_get_them(self) -> None:
        store = world.swept()
        self.assertTrue(store.requests(1).empty)
        self.assertTrue(store.stages(1).empty)
        with self.assertRaises(twinfer.StoreError) as raised:
            store.latencies(1)
        self.assertEqual(
            str(raised.exception),
            f"{store.file}: run 1: has no requests; a sweep stores them with `keep_rows: true`",
        )


class Measures(unittest.TestCase):
    def test_a_row_a_run_with_typed_axes_before_the_replication(self) -> None:
        measures = world.swept().measures
        self.assertEqual(len(measures), 2 * 2 * 3)
        self.assertEqual(
            list(measures.columns[:9]),
            ["sweep", "scenario", "mode", "links.uplink.bandwidth_mbps", "requests", "policy", "replication",
             "status", "error"],
        )  # fmt: skip
        self.assertEqual(sorted(measures["links.uplink.bandwidth_mbps"].unique()), [1.0, 8.5])
        self.assertEqual(sorted(measures["replication"].unique()), [0, 1, 2])
        self.assertTrue((measures["p95_latency_s"] > 0).all())

    def test_a_measure_that_is_an_axis_stands_once(self) -> None:
        columns = list(world.swept().measures.columns)
        self.assertEqual(columns.count("requests"), 1)
        self.assertTrue((world.swept().measures["requests"] == 20).all())

    def test_runs_outside_a_sweep_have_no_replication(self) -> None:
        measures = world.simulated().measures
        self.assertTrue(measures["replication"].isna().all())
        self.assertTrue(measures["sweep"].isna().all())
        self.assertTrue((measures["throughput_hz"] > 0).all())

    def test_an_empty_store_gives_empty_frames(self) -> None:
        tables = ("measures", "requests", "stages", "runs")
        store = world.altered("".join(f"DELETE FROM {table};" for table in tables), "empty.sqlite")
        self.assertEqual([len(store.runs), len(store.measures), len(store.sweeps)], [0, 0, 0])


class Sweeps(unittest.TestCase):
    def test_two_sweeps_are_told_apart_and_keep_only_their_axes(self) -> None:
        file = world.folder() / "two.sqlite"
        shutil.copy(world.swept().file, file)
        twinfer.run("sweep", world.sweep_file(world.THRESHOLDS, "thresholds.yaml"), store=file)
        store = twinfer.Store(file)
        self.assertEqual(dict(store.sweeps["runs"]), {"thresholds": 4, "tiny": 12})
        self.assertEqual(store.sweeps.loc["thresholds", "axes"], ["exits.threshold", "policy"])
        thresholds = store.sweep("thresholds")
        self.assertEqual(len(thresholds), 4)
        self.assertNotIn("links.uplink.bandwidth_mbps", thresholds)
        self.assertEqual(sorted(thresholds["exits.threshold"].unique()), [0.5, 0.9])
        with self.assertRaises(twinfer.StoreError) as raised:
            store.sweep()
        self.assertEqual(str(raised.exception), f"{file}: has 2 sweeps: name one of thresholds, tiny")

    def test_the_only_sweep_needs_no_name_and_an_unknown_one_is_refused(self) -> None:
        store = world.swept()
        self.assertEqual(len(store.sweep()), 12)
        with self.assertRaises(twinfer.StoreError) as raised:
            store.sweep("huge")
        self.assertEqual(str(raised.exception), f"{store.file}: sweep `huge`: the store has tiny")


class Typed(unittest.TestCase):
    def test_numbers_booleans_and_texts(self) -> None:
        from twinfer.store import typed

        self.assertEqual(list(typed(pd.Series(["1", "2"]))), [1, 2])
        self.assertEqual(list(typed(pd.Series(["0.5", "1e-3"]))), [0.5, 0.001])
        self.assertEqual(list(typed(pd.Series(["true", "false"]))), [True, False])
        self.assertEqual(list(typed(pd.Series(["1", "none"]))), ["1", "none"])
        self.assertEqual(list(typed(pd.Series(["[pi, cloud]"]))), ["[pi, cloud]"])


class Foreign(unittest.TestCase):
    def refused(self, file: Path) -> str:
        with self.assertRaises(twinfer.StoreError) as raised:
            twinfer.Store(file)
        return str(raised.exception)

    def test_a_missing_file(self) -> None:
        file = world.folder() / "none.sqlite"
        self.assertEqual(self.refused(file), f"{file}: no such result store")
        self.assertFalse(file.exists())

    def test_a_file_that_is_no_database(self) -> None:
        file = world.folder() / "text.sqlite"
        file.write_text("a text, long enough to be told from an empty database\n" * 30)
        self.assertEqual(
            self.refused(file), f"{file}: cannot be read as a Twinfer result store: file is not a database"
        )

    def test_a_database_of_another_program(self) -> None:
        file = world.folder() / "other.sqlite"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE runs (id INTEGER)")
            connection.commit()
        self.assertEqual(self.refused(file), f"{file}: is not a Twinfer result store")

    def test_a_newer_and_an_older_version(self) -> None:
        newer = world.altered_file("PRAGMA user_version = 3", "newer.sqlite")
        self.assertEqual(
            self.refused(newer), f"{newer}: is of a newer Twinfer (version 3); this one reads version 2"
        )
        older = world.altered_file("PRAGMA user_version = 1", "older.sqlite")
        self.assertEqual(
            self.refused(older),
            f"{older}: is an older store (version 1); a command that writes to it brings it to version 2",
        )
