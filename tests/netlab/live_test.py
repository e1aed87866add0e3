"""A whole live run across a netlab: the coordinator on the source, the workers of the fleet."""

import json
import unittest

from laboratory import PROGRAMS, ROOT, Laboratory, run_where_possible


class Live(unittest.TestCase):
    def test_quickstart_runs_on_the_workers_of_the_copied_platform(self) -> None:
        lab = Laboratory()
        self.addCleanup(lab.close)
        line = ["--name", lab.name]
        up = lab.run("up", str(ROOT / "platforms/edge-cloud.xml"), *line, "--bin", str(PROGRAMS))
        self.assertEqual(up.returncode, 0, up.stderr)

        quickstart = (ROOT / "scenarios/quickstart.yaml").read_text()
        scenario = quickstart.replace("platforms/edge-cloud.xml", up.stdout.strip())
        self.assertNotEqual(scenario, quickstart)
        (lab.folder / "s.yaml").write_text(scenario.replace("requests: 50", f"requests: 10\nmodels: {ROOT}/models"))
        ran = lab.run(
            "exec", *line, "pi", "--", str(PROGRAMS / "twinfer"), "live", str(lab.folder / "s.yaml"),
            "-p", "lbc", "--json", "--store", str(lab.folder / "s.sqlite"))  # fmt: skip
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(len(json.loads(ran.stdout)["runs"]), 1, ran.stdout)
        lab.down()
        self.assertEqual([left for left in lab.left() if "sqlite" not in left], [])


if __name__ == "__main__":
    run_where_possible()
