"""twinfer.label: names of columns as words and units."""

import unittest

import twinfer


class Labels(unittest.TestCase):
    def test_words_units_and_factors(self) -> None:
        for name, text, factor in (
            ("p95_latency_s", "P95 latency (ms)", 1e3),
            ("throughput_hz", "Throughput (1/s)", 1),
            ("accuracy", "Accuracy (%)", 100),
            ("early_exit_share", "Early exits (%)", 100),
            ("sent_bytes_per_request", "Sent per request (kB)", 1e-3),
            ("links.uplink.bandwidth_mbps", "Uplink bandwidth (Mbit/s)", 1),
            ("links.uplink.latency_ms", "Uplink latency (ms)", 1),
            ("arrivals.rate_hz", "Arrival rate (1/s)", 1),
            ("deadline_s", "Deadline (s)", 1),
            ("policy", "Policy", 1),
            ("exits.threshold", "Exit threshold", 1),
            ("energy_j", "Energy per request, above rest (J)", 1),
            ("energy_j.pi", "Energy per request, pi (J)", 1),
            ("cost", "Cost per 1000 requests", 1),
        ):
            with self.subTest(name):
                self.assertEqual((str(twinfer.label(name)), twinfer.label(name).factor), (text, factor))
