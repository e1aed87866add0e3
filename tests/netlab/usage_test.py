"""What netlab says where it cannot run, or was called wrongly: one line."""

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import main
from laboratory import ROOT, SCRIPT

NOBODY = 65534


def called(*line: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = main.main(line)
    return code, said.getvalue()


class Usage(unittest.TestCase):
    def test_without_root_one_line_says_what_to_do_instead(self) -> None:
        # A copy, since nobody may not be allowed to look into the source tree.
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            shutil.copytree(ROOT / "scripts/netlab", Path(folder) / "netlab")
            shutil.copy(SCRIPT, folder)
            for file in Path(folder).rglob("*"):
                file.chmod(0o755)
            drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
            ended = subprocess.run(
                [*drop, f"{folder}/netlab.sh", "up", "p.xml"], capture_output=True, text=True, check=False,
                env={**os.environ, "PATH": "/usr/bin:/bin"})  # fmt: skip
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(
            ended.stderr,
            "netlab: needs root for network namespaces; without it, emulate the links (live: {emulate: true})\n",
        )

    def test_without_iproute2_one_line_says_how_to_get_it(self) -> None:
        for missing in ("ip", "tc"):
            found = mock.patch("shutil.which", lambda name: None if name == missing else f"/sbin/{name}")
            with mock.patch("os.geteuid", lambda: 0), found:
                self.assertEqual(
                    called("status"),
                    (2, f"netlab: needs `{missing}` of iproute2, which scripts/setup.sh installs\n"),
                )

    def test_a_wrong_command_line_is_said_in_one_line(self) -> None:
        with mock.patch("os.geteuid", lambda: 0), mock.patch("shutil.which", lambda name: f"/sbin/{name}"):
            self.assertEqual(
                called("up"), (2, "netlab: the following arguments are required: PLATFORM.xml; see netlab.sh --help\n"))  # fmt: skip
            self.assertEqual(
                called("rate", "l", "0"), (2, "netlab: BITS_PER_SECOND 0: must be 1e3 to 4e10\n"))  # fmt: skip
            self.assertEqual(
                called("down", "--name", "a.b"),
                (2, "netlab: --name a.b: must be letters, digits, `_` and `-`, at most 63\n"),
            )

    def test_a_missing_program_is_named(self) -> None:
        with mock.patch("os.geteuid", lambda: 0), mock.patch("shutil.which", lambda name: f"/sbin/{name}"):
            self.assertEqual(
                called("up", "p.xml", "--bin", "/no/such"),
                (2, "netlab: /no/such/twinfer-node: no such program; build it, or say where it is with --bin FOLDER\n"),
            )

    def test_help_ends_with_an_example_and_the_exit_codes(self) -> None:
        ended = subprocess.run([str(SCRIPT), "--help"], capture_output=True, text=True, check=True)
        self.assertIn("\nexample:\n  sudo scripts/netlab.sh up platforms/edge-cloud.xml\n", ended.stdout)


if __name__ == "__main__":
    unittest.main()
