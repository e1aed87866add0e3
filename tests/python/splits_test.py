"""twinfer.split_table: a sweep over cuts of the quickstart's network."""

import unittest
from functools import lru_cache

import twinfer
import world

CUTS = """
name: cuts
scenario: SCENARIO
axes:
  policy: ["split:0", "split:4", "split:22"]
  exits: [{rule: none}]
keep_rows: true
"""


@lru_cache
def store() -> twinfer.Store:
    file = world.folder() / "cuts.sqlite"
    twinfer.run("sweep", world.sweep_file(CUTS, "cuts.yaml"), store=file)
    twinfer.run("sweep", world.sweep_file(world.SWEEP, "tiny.yaml"), store=file)
    return twinfer.Store(file)


class SplitTable(unittest.TestCase):
    def test_parts_are_where_the_layers_run(self) -> None:
        table = twinfer.split_table(store(), "cuts", "pi", "cloud")
        self.assertEqual(list(table.index), [0, 4, 22])
        self.assertEqual((table.loc[0, "edge_s"], table.loc[22, "cloud_s"]), (0, 0))
        self.assertGreater(table.loc[4, "edge_s"], 0)
        self.assertGreater(table.loc[4, "cloud_s"], 0)
        self.assertLess(table.loc[4, "edge_s"], table.loc[22, "edge_s"])

    def test_costs_are_those_of_the_rows(self) -> None:
        # Medians of the profiles, no exits: every request computes for the same time.
        table = twinfer.split_table(store(), "cuts", "pi", "cloud")
        for cut in table.index:
            run = int(table.loc[cut, "run"])
            stages = store().stages(run).loc[10].reset_index()
            for device, column in (("pi", "edge_s"), ("cloud", "cloud_s")):
                self.assertAlmostEqual(table.loc[cut, column], stages[stages["device"] == device]["compute_s"].sum(), 12)
            total = table.loc[cut, ["edge_s", "transfer_s", "cloud_s"]].sum()
            self.assertAlmostEqual(total, table.loc[cut, "latency_s"], 12)
            self.assertAlmostEqual(table.loc[cut, "sent_bytes"], store().requests(run).loc[10, "bytes_sent"])

    def test_other_policies_and_sweeps_without_rows_are_refused(self) -> None:
        with self.assertRaises(twinfer.StoreError) as raised:
            twinfer.split_table(store(), "tiny", "pi", "cloud")
        self.assertEqual(
            str(raised.exception),
            f"{store().file}: sweep `tiny`: must have one run for each cut, of policy split:K",
        )
