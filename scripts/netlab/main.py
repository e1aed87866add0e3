"""The command line of scripts/netlab.sh. docs/netlab.md says what it builds."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn, Sequence

import lab
import network
from network import NetlabError
from platform_copy import files_beside, platform_copy

_ROOT = Path(__file__).resolve().parents[2]

_HELP = """Real TCP over kernel-limited links on one machine: a network namespace for each device of a
platform, links that hold the bandwidth of the platform's, and a worker in each device.

  up PLATFORM.xml      builds it, starts the workers, prints the name of a copy of the platform
                       in which they are the hosts' endpoints
  exec DEVICE -- ...   runs a command on a device: the coordinator on the scenario's source
  rate LINK BITS       changes a link's rate while everything runs, in bits per second
  status               what is up
  down [PLATFORM.xml]  takes it down; without complaint if it is down already
  check                whether this machine can do all that

A netlab is called as its platform file, or as --name says; with one up, nobody has to name it.
Needs root, iproute2, and a kernel with network namespaces, veth, tbf and htb. See docs/netlab.md.
"""

_EXAMPLE = """example:
  sudo scripts/netlab.sh up platforms/edge-cloud.xml
  sudo scripts/netlab.sh exec pi -- build/release/bin/twinfer live my-scenario.yaml
  sudo scripts/netlab.sh down

exit codes: 0 success, 1 something failed, 2 bad usage or not possible here; of exec: the command's
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NetlabError(f"{message}; see netlab.sh --help")


def _parser() -> argparse.ArgumentParser:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="netlab.sh", description=_HELP, epilog=_EXAMPLE, formatter_class=as_written)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(command: str) -> argparse.ArgumentParser:
        added = commands.add_parser(command, description=_HELP, epilog=_EXAMPLE, formatter_class=as_written)
        added.add_argument("--name", help="of the netlab")
        return added

    up = add("up")
    up.add_argument("platform", type=Path, metavar="PLATFORM.xml")
    up.add_argument("--worker-args", default="", metavar="ARGUMENTS", help="for each worker, such as '--threads 1'")
    up.add_argument("--bin", type=Path, default=_ROOT / "build/release/bin", metavar="FOLDER",
                    help="with twinfer and twinfer-node; default: the source tree's build/release/bin")  # fmt: skip
    add("down").add_argument("platform", type=Path, nargs="?", metavar="PLATFORM.xml")
    on_device = add("exec")
    on_device.add_argument("device", metavar="DEVICE")
    on_device.add_argument("on_device", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    rate = add("rate")
    rate.add_argument("link", metavar="LINK")
    rate.add_argument("bits_per_s", type=float, metavar="BITS_PER_SECOND")
    add("status")
    add("check")
    return parser


def _check_possible() -> None:
    if os.geteuid() != 0:
        raise NetlabError("needs root for network namespaces; without it, emulate the links (live: {emulate: true})")
    for program in ("ip", "tc"):
        if shutil.which(program) is None:
            raise NetlabError(f"needs `{program}` of iproute2, which scripts/setup.sh installs")


def _name_after(platform: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", platform.stem)


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}", name):
        raise NetlabError(f"--name {name}: must be letters, digits, `_` and `-`, at most 63")
    return name


def _name_of_running(arguments: argparse.Namespace) -> str:
    if arguments.name is not None:
        return _checked(arguments.name)
    up = lab.names_up()
    if len(up) == 1:
        return up[0]
    raise NetlabError(f"several are up, choose one with --name: {', '.join(up)}" if up else "no netlab is up")


def _read_platform(file: Path, bin_folder: Path) -> dict[str, Any]:
    command = [str(_program(bin_folder, "twinfer")), "platform", str(file), "--json"]
    try:
        platform: dict[str, Any] = json.loads(lab.run(command, doing="reading the platform"))
    except NetlabError as error:
        raise NetlabError(str(error)) from None  # bad input: nothing was begun
    return platform


def _program(folder: Path, name: str) -> Path:
    file = (folder / name).absolute()
    if not os.access(file, os.X_OK):
        raise NetlabError(f"{file}: no such program; build it, or say where it is with --bin FOLDER")
    return file


def _up(arguments: argparse.Namespace) -> int:
    interrupts = lab.Interrupts()
    name = _checked(arguments.name if arguments.name is not None else _name_after(arguments.platform))
    worker = [str(_program(arguments.bin, "twinfer-node")), "worker", *shlex.split(arguments.worker_args)]
    platform = _read_platform(arguments.platform, arguments.bin)
    kernel = lab.probe_kernel()
    interrupts.check()
    built = network.plan_network(platform, kernel)
    _say_what_is_missing(kernel, built)
    endpoints = {device.name: f"{device.address}:{network.WORKER_PORT}" for device in built.devices}
    lacking = {throat.link: network.lacking(throat, kernel) for throat in built.throats}
    copy = platform_copy(arguments.platform, endpoints, lacking)

    def write_platform(folder: Path) -> Path:
        file = folder / Path(arguments.platform).name
        file.write_text(copy)
        for profile in files_beside(Path(arguments.platform)):
            shutil.copy(profile, folder)
        return file

    state = lab.bring_up(name, built, kernel, worker, write_platform, interrupts)
    print(state["platform"], flush=True)
    return 0


def _say_what_is_missing(kernel: network.Kernel, built: network.Network) -> None:
    if not kernel.delays and any(throat.latency_s > 0 for throat in built.throats):
        _say("no netem in this kernel: links hold their bandwidth, senders add latency")
    if not kernel.takes_turns and any(len(throat.routes) > 1 for throat in built.throats):
        _say("no htb or u32 in this kernel: on a shared link a small message waits behind other routes' large ones")


def _down(arguments: argparse.Namespace) -> int:
    lab.Interrupts()  # once begun it is finished
    if arguments.platform is not None and arguments.name is None:
        arguments.name = _name_after(arguments.platform)
    if arguments.name is None and not lab.names_up():
        return 0
    lab.take_down(_name_of_running(arguments))
    return 0


def _exec(arguments: argparse.Namespace) -> NoReturn:
    command = arguments.on_device[1:] if arguments.on_device[:1] == ["--"] else arguments.on_device
    if not command:
        raise NetlabError("missing -- COMMAND; see netlab.sh --help")
    name = _name_of_running(arguments)
    devices = lab.read_state(name)["devices"]
    if arguments.device not in devices:
        raise NetlabError(f"`{arguments.device}` is no device of netlab {name}; known: {', '.join(devices)}")
    os.execvp("ip", ["ip", "netns", "exec", devices[arguments.device]["namespace"], *command])


def _rate(arguments: argparse.Namespace) -> int:
    if not 1e3 <= arguments.bits_per_s <= 40e9:
        raise NetlabError(f"BITS_PER_SECOND {arguments.bits_per_s:g}: must be 1e3 to 4e10")
    lab.Interrupts()
    name = _name_of_running(arguments)
    state = lab.read_state(name)
    # As in a scenario's `links`, a split-duplex link's name stands for both directions.
    wanted = {arguments.link, f"{arguments.link}_UP", f"{arguments.link}_DOWN"}
    links = [link for link in state["links"] if link in wanted]
    if not links:
        raise NetlabError(f"`{arguments.link}` is no link of netlab {name}; known: {', '.join(state['links'])}")
    lines = []
    for link in links:
        state["links"][link]["rate_bits_per_s"] = arguments.bits_per_s
        lines += [network.rate_line("change", entry, arguments.bits_per_s) for entry in state["links"][link]["entries"]]
    lab.run(["tc", "-n", lab.core_of(name), "-batch", "-"], lines, f"changing the rate of {arguments.link}")
    lab.write_state(name, state)
    return 0


def _status(_: argparse.Namespace) -> int:
    for name in lab.names_up():
        state = lab.read_state(name)
        latency = "added by the kernel" if state["delays"] else "to be added by the sender"
        print(f"{name}: {state['platform']}, latency {latency}")
        for device, entry in state["devices"].items():
            alive = entry["pid"] in lab.processes_in([entry["namespace"]])
            print(f"  {device}: {entry['endpoint']}, worker {'runs' if alive else 'has ended'}")
        for link, entry in state["links"].items():
            print(f"  {link}: {entry['rate_bits_per_s'] / 1e6:g} Mbit/s")
    return 0


def _check(_: argparse.Namespace) -> int:
    lab.Interrupts()
    kernel = lab.probe_kernel()
    print(f"netlab can run here; latency is added by the {'kernel' if kernel.delays else 'sender'}")
    return 0


_COMMANDS = {"up": _up, "down": _down, "exec": _exec, "rate": _rate, "status": _status, "check": _check}


def _say(line: str) -> None:
    print(f"netlab: {line}", file=sys.stderr)


def main(line: Sequence[str]) -> int:
    try:
        arguments = _parser().parse_args(line)
        _check_possible()
        return _COMMANDS[arguments.command](arguments)
    except NetlabError as error:
        _say(str(error))
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
