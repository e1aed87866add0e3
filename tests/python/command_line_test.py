"""twinfer.run and how the program is found."""

import os
import unittest
from pathlib import Path
from unittest import mock

import twinfer
import world


def program(folder: str) -> Path:
    file = world.folder() / folder / "bin" / "twinfer"
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\necho \"$@\"\n")
    file.chmod(0o755)
    return file


class Run(unittest.TestCase):
    def test_gives_what_the_command_prints(self) -> None:
        self.assertIn("--store FILE", twinfer.run("sim", help=True))

    def test_json_comes_as_dicts(self) -> None:
        plan = twinfer.run_json("plan", world.QUICKSTART, policy="nsc")
        self.assertEqual(plan["plans"][0]["policy"], "nsc")

    def test_options_are_written_as_the_command_line_wants_them(self) -> None:
        with mock.patch.dict(os.environ, {"TWINFER": str(program("echo"))}):
            line = twinfer.run(
                "sweep", Path("a.yaml"), store=Path("s"), jobs=2, dry_run=True, json=False, trace=None,
                policy=["lbc", "nsc"])  # fmt: skip
        self.assertEqual(line, "sweep a.yaml --store s --jobs 2 --dry-run --policy lbc --policy nsc\n")

    def test_bad_input_raises_with_the_exit_code_and_the_line_of_the_program(self) -> None:
        with self.assertRaises(twinfer.CommandError) as raised:
            twinfer.run("sim", "no-such.yaml")
        self.assertEqual(raised.exception.exit_code, 2)
        self.assertIn("no-such.yaml", raised.exception.message)
        self.assertEqual(
            str(raised.exception), f"twinfer sim no-such.yaml: {raised.exception.message}"
        )


class FindProgram(unittest.TestCase):
    def test_the_environment_comes_first(self) -> None:
        named = program("named")
        with mock.patch.dict(os.environ, {"TWINFER": str(named)}):
            self.assertEqual(twinfer.find_program(), named)

    def test_a_wrong_name_in_the_environment_is_refused(self) -> None:
        with mock.patch.dict(os.environ, {"TWINFER": "/no/such"}):
            with self.assertRaisesRegex(FileNotFoundError, "^TWINFER: `/no/such`: no such program$"):
                twinfer.find_program()

    def test_then_the_path(self) -> None:
        in_path = program("in-path")
        with mock.patch.dict(os.environ, {"TWINFER": "", "PATH": str(in_path.parent)}):
            self.assertEqual(twinfer.find_program(), in_path)

    def test_then_the_build_folders_release_first(self) -> None:
        tree = world.folder() / "tree"
        with mock.patch.dict(os.environ, {"TWINFER": "", "PATH": ""}):
            with self.assertRaisesRegex(FileNotFoundError, "nor built in"):
                twinfer.find_program(tree)
            asan = program("tree/build/asan")
            self.assertEqual(twinfer.find_program(tree), asan)
            release = program("tree/build/release")
            self.assertEqual(twinfer.find_program(tree), release)

    def test_the_live_side_is_looked_for_where_the_program_looks(self) -> None:
        alone = program("alone")
        with mock.patch.dict(os.environ, {"TWINFER": str(alone), "PATH": "", "TWINFER_NODE": ""}):
            self.assertFalse(twinfer.has_live_side())
            node = alone.with_name("twinfer-node")
            node.write_text("")
            node.chmod(0o755)
            self.assertTrue(twinfer.has_live_side())
