"""Runs the `twinfer` program. What it decides, simulates and measures is not repeated here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Sequence, Union

Argument = Union[str, int, float, Path]
Option = Union[Argument, bool, None, Sequence[Argument]]

_SOURCE_TREE = Path(__file__).resolve().parents[2]


class CommandError(RuntimeError):
    """The program ended with another exit code than 0: 1, a gate or run failed; 2, bad input.

    A negative code is the signal that ended it.
    """

    def __init__(self, command: Sequence[str], exit_code: int, message: str, output: str) -> None:
        super().__init__(f"{' '.join(command)}: {message or f'exit code {exit_code}'}")
        self.command = list(command)
        self.exit_code = exit_code
        self.message = message  # what it wrote to stderr
        self.output = output  # what it wrote to stdout


def find_program(source_tree: Path = _SOURCE_TREE) -> Path:
    """The file named by the environment's TWINFER, else `twinfer` in PATH, else the source tree's.

    Of several build folders, build/release comes first, then the others by name.
    Raises FileNotFoundError.
    """
    named = os.environ.get("TWINFER")
    if named:
        if not _is_program(Path(named)):
            raise FileNotFoundError(f"TWINFER: `{named}`: no such program")
        return Path(named)
    in_path = shutil.which("twinfer")
    if in_path:
        return Path(in_path)
    built = [file for file in source_tree.glob("build/*/bin/twinfer") if _is_program(file)]
    if not built:
        raise FileNotFoundError(
            "twinfer is neither named by TWINFER, nor in PATH, nor built in " f"{source_tree / 'build'}"
        )
    return min(built, key=lambda file: (file.parts[-3] != "release", file.parts[-3]))


def has_live_side() -> bool:
    """Whether `twinfer-node`, which runs networks, is where `twinfer` looks for it."""
    beside = find_program().resolve().with_name("twinfer-node")
    named = os.environ.get("TWINFER_NODE")
    return (
        _is_program(beside)
        or shutil.which("twinfer-node") is not None
        or (named is not None and _is_program(Path(named)))
    )


def run(command: str, *arguments: Argument, **options: Option) -> str:
    """Runs `twinfer COMMAND` and gives what it prints.

    Options are those of the command line, with `_` for `-`: `store="a.sqlite"` is
    `--store a.sqlite`, `dry_run=True` is `--dry-run`, `policy=["lbc", "nsc"]` repeats
    `--policy`; False and None leave the option out. Raises CommandError.
    """
    line = [str(find_program()), command, *map(str, arguments), *_option_arguments(options)]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise CommandError(["twinfer", *line[1:]], ended.returncode, ended.stderr.strip(), ended.stdout)
    return ended.stdout


def run_json(command: str, *arguments: Argument, **options: Option) -> Any:
    """As `run`, with `--json`: gives what the command prints as Python's lists and dicts."""
    return json.loads(run(command, *arguments, **options, json=True))


def _is_program(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)


def _option_arguments(options: dict[str, Option]) -> list[str]:
    line: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            line.append(flag)
        elif value is False or value is None:
            continue
        elif isinstance(value, (str, int, float, Path)):
            line += [flag, str(value)]
        else:
            for entry in value:
                line += [flag, str(entry)]
    return line
