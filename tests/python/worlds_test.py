"""twinfer.sim_against_live: errors by hand, on a store with a pair made up of one run."""

import math
import unittest

import twinfer
import world


class Worlds(unittest.TestCase):
    def test_error_is_relative_to_what_was_measured(self) -> None:
        # Run 2 becomes the live side of run 1: 11 ms simulated, 10 ms measured: +10 %.
        store = world.altered(
            "UPDATE runs SET mode = 'live', policy = 'nsc' WHERE id = 2;"
            "UPDATE measures SET value = 0.011 WHERE run = 1 AND name = 'p50_latency_s';"
            "UPDATE measures SET value = 0.010 WHERE run = 2 AND name = 'p50_latency_s'",
            "pair.sqlite",
        )
        pair = twinfer.sim_against_live(store, measures=["p50_latency_s"])
        self.assertEqual(list(pair.index), ["nsc"])
        row = pair.loc["nsc", "p50_latency_s"]
        self.assertEqual((row["sim"], row["live"]), (0.011, 0.010))
        self.assertAlmostEqual(row["error_percent"], 10)

    def test_a_percentile_of_too_few_requests_is_no_number(self) -> None:
        # 50 requests; a P95 takes 200
        store = world.altered("UPDATE runs SET mode = 'live', policy = 'nsc' WHERE id = 2", "few.sqlite")
        row = twinfer.sim_against_live(store, measures=["p50_latency_s", "p95_latency_s"]).loc["nsc"]
        self.assertFalse(math.isnan(row["p50_latency_s", "sim"]))
        self.assertTrue(math.isnan(row["p95_latency_s", "sim"]))

    def test_simulations_alone_are_no_pair(self) -> None:
        store = world.simulated()
        with self.assertRaises(twinfer.StoreError) as raised:
            twinfer.sim_against_live(store)
        batch = store.runs["batch"].iloc[-1]
        self.assertEqual(
            str(raised.exception), f"{store.file}: batch {batch}: has no pair of simulated and live runs"
        )
