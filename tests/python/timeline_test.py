"""twinfer.timeline: bars of executors and connections."""

import unittest

import matplotlib.pyplot as plt

import twinfer
import world


class Timeline(unittest.TestCase):
    def tearDown(self) -> None:
        plt.close("all")

    def test_tracks_stand_in_the_order_of_a_request_s_way(self) -> None:
        ax = twinfer.timeline(world.simulated(), 1)
        self.assertEqual(
            [text.get_text() for text in ax.get_yticklabels()],
            ["pi: into stage 1", "pi: stage 1", "pi → jetson: into stage 2", "jetson: stage 2",
             "jetson → pi: results of stage 2"],
        )  # fmt: skip
        self.assertEqual(ax.get_xlabel(), "Time since the run's start (ms)")

    def test_bars_lie_where_the_rows_say(self) -> None:
        store = world.simulated()
        ax = twinfer.timeline(store, 1, requests=[0])
        row = store.stages(1).loc[(0, 0)]
        compute = next(bar for bar in ax.patches if round(bar.get_y() + bar.get_height() / 2) == 1)
        self.assertAlmostEqual(compute.get_x(), row["compute_start_s"] * 1e3)
        self.assertAlmostEqual(compute.get_width(), (row["decode_s"] + row["compute_s"]) * 1e3)
        hop = next(bar for bar in ax.patches if round(bar.get_y() + bar.get_height() / 2) == 2)
        self.assertAlmostEqual(hop.get_x(), store.stages(1).loc[(0, 1), "hop_start_s"] * 1e3)
        self.assertAlmostEqual(hop.get_width(), store.stages(1).loc[(0, 1), ["encode_s", "transfer_s"]].sum() * 1e3)
        result = store.requests(1).loc[0]
        self.assertAlmostEqual(max(bar.get_x() + bar.get_width() for bar in ax.patches),
                               (result["arrival_s"] + result["latency_s"]) * 1e3)  # fmt: skip

    def test_eight_requests_by_default_each_in_the_legend(self) -> None:
        legend = twinfer.timeline(world.simulated(), 1).get_legend()
        self.assertEqual([text.get_text() for text in legend.get_texts()], [str(i) for i in range(8)])

    def test_a_run_without_rows_is_refused(self) -> None:
        with self.assertRaisesRegex(twinfer.StoreError, "run 1: has no stages of these requests$"):
            twinfer.timeline(world.swept(), 1)
