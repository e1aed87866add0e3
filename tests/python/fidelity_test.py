"""Figures of fidelity: what is drawn of a report by hand, and what is refused."""

import unittest
from typing import Any

import matplotlib.pyplot as plt

import twinfer
import world
from twinfer.figures import COMPONENTS


def measure(sim: float, live: float, noise: float | None = 0.02) -> dict[str, Any]:
    error = sim / live - 1
    return {"sim": sim, "live": live, "live_runs": [live], "error": error, "interval": [error - 0.01, error + 0.01],
            "noise": noise}


def pair(policy: str, load: float, sim: float, live: float, runs: tuple[int, int] = (1, 2)) -> dict[str, Any]:
    components = {name: {"sim": 0.0, "live": 0.0} for name in COMPONENTS}
    components["compute_s"] = {"sim": sim, "live": live}
    measures = {name: measure(sim, live) for name in ("mean_latency_s", "p50_latency_s")}
    measures["p95_latency_s"] = {**measure(sim, live), "error": None, "interval": None, "noise": None}
    return {"point": {"arrivals.load": str(load)}, "policy": policy, "plan": f"of {policy}", "load": load,
            "sim_runs": runs[:1], "live_runs": [runs[1]], "measures": measures, "components": components}


REPORT: dict[str, Any] = {
    "axes": ["arrivals.load"],
    "pairs": [
        pair("nsc", 0.25, 0.010, 0.011), pair("lbc", 0.25, 0.020, 0.020),
        pair("nsc", 0.7, 0.030, 0.020), pair("lbc", 0.7, 0.025, 0.026),
        {"point": {"arrivals.load": "0.7"}, "policy": "remote", "failures": ["live run: worker pc is gone"]},
    ],
    "overall": {"decisions": [{"by": "p50_latency_s", "tau": 0.0, "worst_regret": 0.3}]},
}  # fmt: skip


class Fidelity(unittest.TestCase):
    def tearDown(self) -> None:
        plt.close("all")

    def test_table_has_a_row_for_each_pair_with_both_sides(self) -> None:
        table = twinfer.fidelity_table(REPORT)
        self.assertEqual(list(table["label"]), ["load 0.25, nsc", "load 0.25, lbc", "load 0.7, nsc", "load 0.7, lbc"])
        self.assertAlmostEqual(table.loc[2, "p50_latency_s.error"], 0.5)
        self.assertAlmostEqual(table.loc[2, "p50_latency_s.low"], 0.49)
        self.assertEqual(table.loc[0, "compute_s.live"], 0.011)

    def test_of_axes_that_change_together_the_first_names_a_pair(self) -> None:
        pairs = [{**pair("nsc", load, 1, 1), "point": {"model": "digits", "platform": f"/x/{name}.xml", "chain": chain,
                                                      "load": str(load)}}
                 for name, chain, load in (("two", "[a, b]", 0.5), ("three", "[a, b, c]", 0.5), ("three", "[a, b, c]", 0.7))]
        report = {**REPORT, "axes": ["model", "platform", "chain", "load"], "pairs": pairs}
        self.assertEqual(list(twinfer.fidelity_table(report)["label"]),
                         ["platform two, load 0.5, nsc", "platform three, load 0.5, nsc", "platform three, load 0.7, nsc"])

    def test_scatter_shows_measured_right_and_simulated_up_in_ms(self) -> None:
        ax = twinfer.predicted_against_measured(REPORT, within=0.06)
        nsc = next(line for line in ax.lines if line.get_label() == "nsc")
        self.assertEqual([round(x, 6) for x in nsc.get_xdata()], [11, 20])
        self.assertEqual([round(y, 6) for y in nsc.get_ydata()], [10, 30])
        self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("Measured P50 latency (ms)", "Simulated P50 latency (ms)"))
        self.assertEqual(ax.get_xlim(), ax.get_ylim())

    def test_error_over_load_is_in_percent_with_bands_and_the_noise_floor(self) -> None:
        ax = twinfer.error_over_load(REPORT)
        nsc = next(line for line in ax.lines if line.get_label() == "nsc")
        self.assertEqual([round(x, 6) for x in nsc.get_xdata()], [25, 70])
        self.assertAlmostEqual(nsc.get_ydata()[1], 50)
        self.assertEqual(len(ax.collections), 1 + 2)  # noise, a band a policy

    def test_component_errors_are_shares_of_the_measured_latency(self) -> None:
        ax = twinfer.component_errors(REPORT)
        self.assertEqual([text.get_text() for text in ax.get_yticklabels()],
                         ["load 0.25, nsc", "load 0.25, lbc", "load 0.7, nsc", "load 0.7, lbc"])  # fmt: skip
        self.assertAlmostEqual(ax.patches[2].get_width(), 50)
        self.assertEqual([text.get_text() for text in ax.get_legend().get_texts()], ["sum", "compute"])

    def test_rankings_count_places(self) -> None:
        # At 25 % the order is right; at 70 % lbc is simulated first, measured second
        ax = twinfer.rankings(REPORT)
        counts = {(text.get_position(), text.get_text()) for text in ax.texts}
        self.assertEqual(counts, {((0, 0), "1"), ((1, 1), "1"), ((1, 0), "1"), ((0, 1), "1")})
        self.assertEqual(ax.get_title(), "P50 latency: tau 0.00, worst regret 30.0 %")

    def test_policies_of_one_plan_are_one_choice(self) -> None:
        # Of each other nsc and exact are simulated in the wrong order; of their means against lbc's it is right.
        pairs = [pair("nsc", 0.5, 0.010, 0.012), {**pair("exact", 0.5, 0.011, 0.010), "plan": "of nsc"},
                 pair("lbc", 0.5, 0.020, 0.020)]  # fmt: skip
        ax = twinfer.rankings({**REPORT, "pairs": pairs})
        self.assertEqual({(text.get_position(), text.get_text()) for text in ax.texts}, {((0, 0), "1"), ((1, 1), "1")})

    def test_distributions_of_both_worlds_stand_in_panels(self) -> None:
        figure = twinfer.cdfs_of_worlds(REPORT, world.simulated(), most=2)
        self.assertEqual(len(figure.axes), 2)
        self.assertEqual([len(ax.lines) for ax in figure.axes], [2, 2])
        self.assertEqual(figure.axes[0].get_title(), "load 0.25, lbc\nmean +0.0 %")

    def test_a_measure_that_no_pair_knows_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "^`p95_latency_s`: no pair knows it; a percentile takes ten requests"):
            twinfer.predicted_against_measured(REPORT, "p95_latency_s")
        with self.assertRaisesRegex(ValueError, "^`p42`: is no measure of a validation$"):
            twinfer.error_over_load(REPORT, "p42")
        with self.assertRaisesRegex(ValueError, "^the report has no pair that ran in both worlds$"):
            twinfer.fidelity_table({"pairs": []})
