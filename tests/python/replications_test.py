"""twinfer.over_replications: means over replications, and refusals of anything else."""

import math
import unittest

import twinfer
import world
from twinfer.replications import student_quantile


class Quantile(unittest.TestCase):
    def test_student_s_t_is_that_of_the_tables(self) -> None:
        # Two-sided 95 %, and 99 % for 5 degrees: any textbook's table, to its last digit.
        for freedom, expected in ((1, 12.706), (2, 4.303), (3, 3.182), (9, 2.262), (10, 2.228), (30, 2.042)):
            self.assertAlmostEqual(student_quantile(0.95, freedom), expected, 3)
        self.assertAlmostEqual(student_quantile(0.99, 5), 4.032, 3)
        self.assertAlmostEqual(student_quantile(0.95, 100_000), 1.960, 3)


class OverReplications(unittest.TestCase):
    def test_mean_and_interval_by_hand(self) -> None:
        # 1, 2, 3: mean 2, deviation 1, t(2) = 4.303: half width 4.303 / sqrt(3) = 2.484
        runs = world.frame(*[{"policy": "nsc", "replication": r, "latency_s": r + 1.0} for r in range(3)])
        means = twinfer.over_replications(runs, "latency_s", "policy")
        self.assertEqual(list(means.columns), ["policy", "mean", "low", "high", "replications", "missing"])
        row = means.iloc[0]
        self.assertEqual((row["policy"], row["mean"], row["replications"], row["missing"]), ("nsc", 2.0, 3, 0))
        self.assertAlmostEqual(row["low"], 2 - 2.484, 3)
        self.assertAlmostEqual(row["high"], 2 + 2.484, 3)

    def test_one_replication_has_no_interval(self) -> None:
        means = twinfer.over_replications(
            world.frame({"policy": "nsc", "replication": 0, "latency_s": 5.0}), "latency_s", "policy")
        self.assertEqual(means.loc[0, "mean"], 5.0)
        self.assertTrue(math.isnan(means.loc[0, "low"]) and math.isnan(means.loc[0, "high"]))

    def test_runs_without_the_value_are_counted_and_not_averaged(self) -> None:
        runs = world.frame(
            {"policy": "nsc", "replication": 0, "latency_s": 5.0},
            {"policy": "nsc", "replication": 1, "latency_s": math.nan},
            {"policy": "lbc", "replication": 0, "latency_s": math.nan},
        )
        means = twinfer.over_replications(runs, "latency_s", "policy")
        self.assertEqual(list(means["policy"]), ["nsc"])
        self.assertEqual((means.loc[0, "replications"], means.loc[0, "missing"]), (1, 1))

    def test_another_axis_within_a_group_is_refused_by_name(self) -> None:
        runs = world.frame(
            {"rate": 1, "policy": "nsc", "replication": 0, "latency_s": 1.0},
            {"rate": 2, "policy": "nsc", "replication": 1, "latency_s": 2.0},
        )
        with self.assertRaises(ValueError) as raised:
            twinfer.over_replications(runs, "latency_s", "policy")
        self.assertEqual(
            str(raised.exception),
            "policy=nsc: runs differ in rate, too: choose one value or group by it; only replications may be averaged",
        )

    def test_both_worlds_are_no_replications_of_one_another(self) -> None:
        runs = world.frame(
            {"mode": "sim", "policy": "nsc", "replication": 0, "latency_s": 1.0},
            {"mode": "live", "policy": "nsc", "replication": 1, "latency_s": 2.0},
        )
        with self.assertRaisesRegex(ValueError, "differ in mode, too"):
            twinfer.over_replications(runs, "latency_s", "policy")

    def test_the_same_replication_twice_is_refused(self) -> None:
        runs = world.frame(*[{"policy": "nsc", "replication": 0, "latency_s": 1.0}] * 2)
        with self.assertRaises(ValueError) as raised:
            twinfer.over_replications(runs, "latency_s", "policy")
        self.assertEqual(
            str(raised.exception), "policy=nsc: 2 runs are no replications of one another: choose among them"
        )

    def test_an_axis_that_advances_with_another_needs_no_group_of_its_own(self) -> None:
        runs = world.frame(
            {"rate": 1, "policy": "nsc", "replication": 0, "latency_s": 1.0},
            {"rate": 2, "policy": "lbc", "replication": 0, "latency_s": 2.0},
        )
        self.assertEqual(list(twinfer.over_replications(runs, "latency_s", "rate")["mean"]), [1.0, 2.0])

    def test_an_unknown_column_is_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "^`p42`: no such column; there are policy, replication$"):
            twinfer.over_replications(world.frame({"policy": "nsc", "replication": 0}), "p42", "policy")
