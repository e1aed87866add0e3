"""What is kept of a notebook: its text and code, never what they gave on somebody's machine."""

import json
import unittest

import world


class Notebooks(unittest.TestCase):
    def test_none_is_stored_with_outputs(self) -> None:
        files = sorted((world.ROOT / "notebooks").glob("*.ipynb"))
        self.assertEqual([file.stem for file in files], ["cascade", "fidelity", "policies", "quickstart", "split"])
        for file in files:
            with self.subTest(file.name):
                notebook = json.loads(file.read_text())
                code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
                self.assertGreater(len(code), 0)
                self.assertEqual([cell["outputs"] for cell in code], [[]] * len(code))
                self.assertEqual([cell["execution_count"] for cell in code], [None] * len(code))
