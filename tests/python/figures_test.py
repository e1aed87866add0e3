"""The standard figures: what is drawn, in which unit, and what is refused."""

import math
import unittest
import warnings

import matplotlib.pyplot as plt

import twinfer
import world
from twinfer.figures import COMPONENTS
from twinfer.styles import styles

BANDWIDTH = "links.uplink.bandwidth_mbps"


class Figures(unittest.TestCase):
    def tearDown(self) -> None:
        plt.close("all")

    def test_cdf_ends_at_all_requests_and_the_largest_latency_in_ms(self) -> None:
        store = world.simulated()
        ax = twinfer.latency_cdf(store, [1, 2])
        self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("Latency (ms)", "Share of requests (%)"))
        self.assertEqual([line.get_label() for line in ax.lines], ["nsc, sim", "cascade, sim"])
        x, y = ax.lines[0].get_data()
        self.assertAlmostEqual(x[-1], store.latencies(1).max() * 1e3)
        self.assertEqual((y[0], y[-1]), (0, 100))
        self.assertIsNotNone(ax.get_legend())

    def test_cdf_takes_labels_and_given_axes(self) -> None:
        given = plt.subplots()[1]
        ax = twinfer.latency_cdf(world.simulated(), {2: "three units"}, ax=given)
        self.assertIs(ax, given)
        self.assertEqual(ax.lines[0].get_label(), "three units")
        self.assertIsNone(ax.get_legend())

    def test_cdf_tells_runs_of_one_policy_apart(self) -> None:
        store = world.altered("UPDATE runs SET policy = 'nsc'", "alike.sqlite")
        ax = twinfer.latency_cdf(store, [1, 2])
        self.assertEqual([line.get_label() for line in ax.lines], ["nsc, sim, run 1", "nsc, sim, run 2"])
        self.assertNotEqual(ax.lines[0].get_color(), ax.lines[1].get_color())

    def test_cdf_of_a_run_without_returned_requests_is_refused(self) -> None:
        store = world.altered("UPDATE requests SET status = 'failed' WHERE run = 2", "lost.sqlite")
        with self.assertRaisesRegex(ValueError, "^run 2: no request returned$"):
            twinfer.latency_cdf(store, [1, 2])

    def test_measure_over_axis_draws_the_means_of_replications_with_their_band(self) -> None:
        measures = world.swept().measures
        ax = twinfer.measure_over_axis(measures, BANDWIDTH, "p95_latency_s")
        self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("Uplink bandwidth (Mbit/s)", "P95 latency (ms)"))
        self.assertEqual(ax.get_legend().get_title().get_text(), "Policy")
        remote = next(line for line in ax.lines if line.get_label() == "remote")
        of_remote = measures[(measures["policy"] == "remote") & (measures[BANDWIDTH] == 1)]
        self.assertEqual(list(remote.get_xdata()), [1, 8.5])
        self.assertAlmostEqual(remote.get_ydata()[0], of_remote["p95_latency_s"].mean() * 1e3)
        self.assertEqual(len(ax.collections), 2)  # bands

    def test_measure_over_axis_spaces_texts_evenly(self) -> None:
        runs = world.frame(
            *[{"policy": "nsc", "rate": name, "replication": 0, "energy_j": 1.0} for name in ("a", "b")]
        )
        ax = twinfer.measure_over_axis(runs, "rate", "energy_j")
        self.assertEqual([text.get_text() for text in ax.get_xticklabels()], ["a", "b"])
        self.assertEqual(list(ax.lines[0].get_xdata()), [0, 1])

    def test_measure_over_axis_is_logarithmic_over_a_factor_of_20(self) -> None:
        runs = world.frame(
            *[{"policy": "nsc", "rate": rate, "replication": 0, "energy_j": 1.0} for rate in (1, 30)]
        )
        ax = twinfer.measure_over_axis(runs, "rate", "energy_j")
        self.assertEqual((ax.get_xscale(), ax.get_yscale()), ("log", "linear"))

    def test_measure_over_axis_refuses_to_average_another_axis(self) -> None:
        with self.assertRaisesRegex(ValueError, f"policy=nsc: runs differ in {BANDWIDTH}, too"):
            twinfer.measure_over_axis(world.swept().measures, "requests", "p95_latency_s")

    def test_measure_over_axis_says_what_is_missing(self) -> None:
        runs = world.frame(
            {"policy": "nsc", "rate": 1, "replication": 0, "energy_j": 1.0},
            {"policy": "nsc", "rate": 1, "replication": 1, "energy_j": math.nan},
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            twinfer.measure_over_axis(runs, "rate", "energy_j")
        self.assertEqual([str(warning.message) for warning in caught], ["1 of 2 runs have no energy_j"])
        with self.assertRaisesRegex(ValueError, "^`energy_j`: no run has this measure$"):
            twinfer.measure_over_axis(runs[runs["replication"] == 1], "rate", "energy_j")

    def test_accuracy_over_latency_has_a_point_a_threshold(self) -> None:
        runs = world.frame(
            {"policy": "cascade", "rate": 0.5, "replication": 0, "mean_latency_s": 0.01, "accuracy": 0.8},
            {"policy": "cascade", "rate": 0.9, "replication": 0, "mean_latency_s": 0.02, "accuracy": 0.9},
        )
        ax = twinfer.accuracy_over_latency(runs, axis="rate")
        self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("Mean latency (ms)", "Accuracy (%)"))
        x, y = ax.lines[0].get_data()
        self.assertEqual((list(x), list(y)), ([10.0, 20.0], [80.0, 90.0]))
        self.assertEqual([text.get_text() for text in ax.texts], ["0.5", "0.9"])

    def test_components_stack_to_the_mean_latency(self) -> None:
        measures = world.simulated().measures
        self.assertEqual(set(COMPONENTS) - set(measures), set())
        ax = twinfer.components(measures)
        self.assertEqual(ax.get_xlabel(), "Mean time of a request (ms)")
        lengths = {name: 0.0 for name in ("cascade", "nsc")}
        for container in ax.containers:
            for name, bar in zip(lengths, container):
                lengths[name] += bar.get_width()
        for name, length in lengths.items():
            latency_ms = measures[measures["policy"] == name]["mean_latency_s"].iloc[0] * 1e3
            self.assertLess(abs(length - latency_ms), 0.01 * latency_ms)

    def test_components_of_several_bandwidths_are_not_averaged(self) -> None:
        with self.assertRaisesRegex(ValueError, f"differ in {BANDWIDTH}, too"):
            twinfer.components(world.swept().measures)
        self.assertEqual(len(twinfer.components(world.swept().measures, by=[BANDWIDTH, "policy"]).containers[0]), 4)

    def test_components_stand_in_the_order_of_policies_simulated_before_live(self) -> None:
        runs = world.frame(
            *[{"mode": mode, "policy": policy, "replication": 0, **dict.fromkeys(COMPONENTS, 0.001)}
              for policy in ("cascade", "local") for mode in ("live", "sim")]
        )  # fmt: skip
        ax = twinfer.components(runs, by=["policy", "mode"])
        self.assertEqual(
            [text.get_text() for text in ax.get_yticklabels()],
            ["local, sim", "local, live", "cascade, sim", "cascade, live"],
        )
        self.assertEqual(ax.get_ylabel(), "Policy, mode")


class Styles(unittest.TestCase):
    def test_a_policy_keeps_its_colour_whichever_others_are_shown(self) -> None:
        alone, among = styles(["nsc"]), styles(["nsc", "local", "split:3", "cascade"])
        self.assertEqual(alone["nsc"].colour, among["nsc"].colour)

    def test_eleven_lines_have_eleven_colours(self) -> None:
        # local and papdl would both have the first.
        names = ["papdl", "local", *[f"split:{i}" for i in range(9)]]
        self.assertEqual(len({style.colour for style in styles(names).values()}), 11)

    def test_more_lines_than_colours_differ_in_marker(self) -> None:
        names = [f"split:{i}" for i in range(13)]
        self.assertEqual(len({(style.colour, style.marker) for style in styles(names).values()}), 13)
