"""What the notebooks gave when they were executed: every figure is there, and nothing was warned of."""

import json
import os
import unittest
from pathlib import Path

# Pictures of each notebook: a figure that is no longer drawn is missed.
PICTURES = {"cascade": 4, "fidelity": 3, "policies": 5, "quickstart": 4, "split": 2}


class Pictures(unittest.TestCase):
    def test_every_figure_is_drawn(self) -> None:
        for name, expected in PICTURES.items():
            with self.subTest(name):
                notebook = json.loads((Path(os.environ["TWINFER_NOTEBOOKS"]) / f"{name}.ipynb").read_text())
                outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
                pictures = [
                    output for output in outputs if {"image/png", "image/svg+xml"} & set(output.get("data", {}))
                ]
                self.assertEqual(len(pictures), expected)
                self.assertEqual([output for output in outputs if output.get("name") == "stderr"], [])
