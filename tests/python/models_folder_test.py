"""A models folder of one's own."""

import tempfile
import unittest
from pathlib import Path

import twinfer


class OwnModels(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models, self.own = Path(folder.name) / "models", Path(folder.name) / "own"
        for file in ("graphs/n.csv", "profiles/n/pi.csv"):
            (self.models / file).parent.mkdir(parents=True)
            (self.models / file).write_text("as it was")

    def test_what_is_written_over_a_profile_stays_there(self) -> None:
        self.assertEqual(twinfer.own_models(self.models, self.own), self.own.resolve())
        (self.own / "profiles/n/pi.csv").write_text("measured")
        self.assertEqual((self.models / "profiles/n/pi.csv").read_text(), "as it was")
        self.assertEqual((self.own / "graphs/n.csv").read_text(), "as it was")

    def test_made_again_it_keeps_profiles_that_the_source_lacks(self) -> None:
        twinfer.own_models(self.models, self.own)
        (self.own / "profiles/n/here.csv").write_text("measured")
        twinfer.own_models(self.models, self.own)
        self.assertEqual((self.own / "profiles/n/here.csv").read_text(), "measured")


if __name__ == "__main__":
    unittest.main()
