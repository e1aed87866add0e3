"""A netlab that is up: its namespaces, processes and state folder; made, found again, taken down.

Nothing here has to be remembered to be taken down: namespaces are found by name, processes by
the namespace that they are in. So a lab whose maker was killed can be taken down all the same.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

import network
from network import Kernel, NetlabError, Network

STATE_ROOT = Path(os.environ.get("TWINFER_NETLAB_STATE", "/run/twinfer-netlab"))
NAMESPACES = Path("/run/netns")

_COMMAND_TIMEOUT_S = 60
_WORKER_TIMEOUT_S = 60
_END_TIMEOUT_S = 5
_POLL_S = 0.02


class Interrupted(NetlabError):
    def __init__(self, number: int) -> None:
        super().__init__("interrupted: everything is taken down again", 128 + number)


class Interrupts:
    """Signals that end a program are noted, and acted on between two commands: a command that
    is killed halfway may leave what nobody can name."""

    def __init__(self) -> None:
        self._first: Optional[int] = None
        self._handle(self._note)

    def _handle(self, handler: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, handler)

    def _note(self, number: int, _: Any) -> None:
        self._first = self._first or number

    def check(self) -> None:
        if self._first is not None:
            raise Interrupted(self._first)

    def last_check(self) -> None:
        """What comes later comes too late. Else the end of Python itself, which handles nothing,
        could be killed, and say that what is up was interrupted."""
        self._handle(signal.SIG_IGN)
        self.check()


def run(command: Sequence[str], lines: Sequence[str] = (), doing: str = "") -> str:
    """What a command prints. In a process group of its own, which Ctrl-C does not reach."""
    try:
        ended = subprocess.run(
            command, input="".join(line + "\n" for line in lines), capture_output=True, text=True,
            timeout=_COMMAND_TIMEOUT_S, start_new_session=True, check=False)  # fmt: skip
    except OSError as error:
        raise NetlabError(f"{command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise NetlabError(f"{doing or shlex.join(command)}: no answer in {_COMMAND_TIMEOUT_S} s", 1) from None
    if ended.returncode != 0:
        said = (ended.stderr.strip() or f"exit code {ended.returncode}").splitlines()[0]
        raise NetlabError(f"{doing or shlex.join(command)}: {said}", 1)
    return ended.stdout


def probe_kernel() -> Kernel:
    """Tried in a namespace that is gone when this returns. Raises NetlabError where there can be no netlab."""
    probe = f"twinfer-probe.{os.getpid()}"
    tc = ["tc", "-n", probe, "-batch", "-"]
    try:
        run(["ip", "netns", "add", probe], doing="making a network namespace")
        pair = ["ip", "-n", probe, "link", "add", "name", "a", "type", "veth", "peer", "name", "b"]
        run(pair, doing="making a pair of veth interfaces")
        run(tc, ["qdisc add dev a root handle 1: tbf rate 1mbit burst 1600 limit 9999"], doing="shaping with tc's tbf")
        turns = [
            "qdisc add dev a parent 1: handle 2: htb",
            "class add dev a parent 2: classid 2:1 htb rate 1gbit quantum 1600",
            "filter add dev a parent 2: protocol ip u32 match ip src 10.0.0.1 flowid 2:1",
        ]
        delay = ["qdisc add dev b root netem delay 1ms"]
        return Kernel(delays=_succeeds(tc, delay), takes_turns=_succeeds(tc, turns))
    finally:
        delete_namespace(probe)


def _succeeds(command: Sequence[str], lines: Sequence[str]) -> bool:
    try:
        run(command, lines)
    except NetlabError:
        return False
    return True


# ------------------------------------------------------------------- namespaces


def core_of(name: str) -> str:
    return f"twinfer.{name}"


def namespace_of(name: str, device: str) -> str:
    return f"twinfer.{name}.{device}"


def namespaces_of(name: str) -> list[str]:
    """Devices first. A lab's name has no dot, so no other lab's match."""
    if not NAMESPACES.is_dir():
        return []
    there = sorted(entry.name for entry in NAMESPACES.iterdir())
    return [entry for entry in there if entry.startswith(core_of(name) + ".")] + [
        entry for entry in there if entry == core_of(name)
    ]


def delete_namespace(namespace: str) -> None:
    if (NAMESPACES / namespace).exists():
        run(["ip", "netns", "delete", namespace])


def processes_in(namespaces: Sequence[str]) -> list[int]:
    """Never this process's own namespace: a half-made file is in none."""
    own = _identity(Path("/proc/self/ns/net"))
    wanted = {_identity(NAMESPACES / namespace) for namespace in namespaces} - {None, own}
    processes = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return sorted(pid for pid in processes if _identity(Path(f"/proc/{pid}/ns/net")) in wanted)


def _identity(file: Path) -> Optional[tuple[int, int]]:
    try:
        status = file.stat()
    except OSError:  # gone, or a zombie's
        return None
    return status.st_dev, status.st_ino


def _end_processes(namespaces: Sequence[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _END_TIMEOUT_S
        for pid in processes_in(namespaces):
            _send(pid, number)
        while processes_in(namespaces) and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:  # ended by itself
        pass


def take_down(name: str) -> None:
    """Idempotent, and goes on past what fails. The state folder goes last, so that a lab that is
    down halfway is seen and can be taken down again."""
    namespaces = namespaces_of(name)
    _end_processes(namespaces)
    failures = []
    for namespace in namespaces:
        try:
            delete_namespace(namespace)
        except NetlabError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    shutil.rmtree(STATE_ROOT / name, ignore_errors=True)
    try:
        STATE_ROOT.rmdir()
    except OSError:  # not there, or others are up
        pass


def names_up() -> list[str]:
    in_folder = {entry.name for entry in STATE_ROOT.iterdir()} if STATE_ROOT.is_dir() else set()
    spaces = NAMESPACES.iterdir() if NAMESPACES.is_dir() else ()
    in_namespaces = {entry.name.split(".")[1] for entry in spaces if entry.name.startswith("twinfer.")}
    return sorted(in_folder | in_namespaces)


# ----------------------------------------------------------------------- state


def read_state(name: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((STATE_ROOT / name / "state.json").read_text())
    except (OSError, ValueError):
        raise NetlabError(f"netlab `{name}` is not up, or only half; netlab.sh down --name {name}") from None
    return state


def write_state(name: str, state: dict[str, Any]) -> None:
    file = STATE_ROOT / name / "state.json"
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(state, indent=2) + "\n")
    unfinished.replace(file)


def _state_of(
    name: str, built: Network, platform_file: Path, workers: dict[str, subprocess.Popen[bytes]]
) -> dict[str, Any]:
    links: dict[str, Any] = {}
    for throat in built.throats:
        link = links.setdefault(throat.link, {"rate_bits_per_s": throat.rate_bits_per_s, "entries": []})
        link["entries"].append(throat.entry)
    devices = {
        device.name: {
            "namespace": namespace_of(name, device.name),
            "endpoint": f"{device.address}:{network.WORKER_PORT}",
            "pid": workers[device.name].pid,
        }
        for device in built.devices
    }
    delays = any(throat.delay for throat in built.throats)
    return {"name": name, "platform": str(platform_file), "delays": delays, "devices": devices, "links": links}


# -------------------------------------------------------------------- bringing up


def bring_up(
    name: str,
    built: Network,
    kernel: Kernel,
    worker: Sequence[str],
    write_platform: Callable[[Path], Path],
    interrupts: Interrupts,
) -> dict[str, Any]:
    """All of it or nothing. `write_platform`: writes the copy of the platform into the folder that
    it is given. Raises NetlabError."""
    STATE_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    if namespaces_of(name):
        raise NetlabError(f"netlab `{name}` is up already, or was left: take it down (netlab.sh down --name {name})")
    try:
        (STATE_ROOT / name).mkdir()
    except FileExistsError:
        raise NetlabError(f"netlab `{name}` is up already: take it down (netlab.sh down --name {name})") from None
    workers: dict[str, subprocess.Popen[bytes]] = {}
    try:
        _build(name, built, kernel, interrupts)
        for device in built.devices:
            interrupts.check()
            workers[device.name] = _start_worker(name, device, worker)
        for device in built.devices:
            _await_listening(name, device, workers[device.name], interrupts)
        state = _state_of(name, built, write_platform(STATE_ROOT / name), workers)
        write_state(name, state)
        interrupts.last_check()
        return state
    except BaseException:
        _end_workers(list(workers.values()))
        take_down(name)
        raise


def _end_workers(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """By themselves: one that was just started may not be in its namespace yet."""
    for process in workers:
        process.terminate()
    for process in workers:
        try:
            process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _build(name: str, built: Network, kernel: Kernel, interrupts: Interrupts) -> None:
    core = core_of(name)
    namespaces = {device.name: namespace_of(name, device.name) for device in built.devices}
    for namespace in [core, *namespaces.values()]:
        interrupts.check()
        run(["ip", "netns", "add", namespace], doing=f"making the network namespace {namespace}")
        _set(namespace, network.CORE_SETTINGS if namespace == core else network.DEVICE_SETTINGS)
    interrupts.check()
    run(["ip", "-n", core, "-batch", "-"], network.pair_lines(built, namespaces), "making pairs of veth interfaces")
    interrupts.check()
    run(["ip", "-n", core, "-batch", "-"], network.way_lines(built), "routing by source and destination")
    interrupts.check()
    run(["tc", "-n", core, "-batch", "-"], network.shaping_lines(built, kernel), "shaping with tc")
    for device in built.devices:
        interrupts.check()
        lines = network.device_lines(built, device)
        run(["ip", "-n", namespaces[device.name], "-batch", "-"], lines, f"giving {device.name} its address")


def _set(namespace: str, settings: dict[str, str]) -> None:
    """A kernel without IPv6 has none of its settings."""
    script = "".join(
        f"[ -e /proc/sys/{key} ] && echo '{value}' > /proc/sys/{key}\n"
        if "/ipv6/" in key
        else f"echo '{value}' > /proc/sys/{key} || exit\n"
        for key, value in settings.items()
    )
    run(["ip", "netns", "exec", namespace, "sh", "-c", script + "true"], doing=f"setting up TCP in {namespace}")


def _start_worker(name: str, device: network.Device, worker: Sequence[str]) -> subprocess.Popen[bytes]:
    listen = f"{device.address}:{network.WORKER_PORT}"
    command = ["ip", "netns", "exec", namespace_of(name, device.name), *worker, "--listen", listen]
    with open(_log(name, device), "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _log(name: str, device: network.Device) -> Path:
    return STATE_ROOT / name / f"{device.name}.log"


def _await_listening(
    name: str, device: network.Device, worker: subprocess.Popen[bytes], interrupts: Interrupts
) -> None:
    deadline = time.monotonic() + _WORKER_TIMEOUT_S
    while not _listens(worker.pid):
        interrupts.check()
        code = worker.poll()
        if code is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            continue
        said = _log(name, device).read_text(errors="replace").strip().splitlines() or ["it said nothing"]
        happened = f"does not listen after {_WORKER_TIMEOUT_S} s" if code is None else f"ended with exit code {code}"
        raise NetlabError(f"the worker on {device.name} {happened}: {said[-1]}", 1)


def _listens(pid: int) -> bool:
    """Whether anybody in the namespace of `pid` listens on the workers' port."""
    try:
        lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return False
    in_hex, listening = f":{network.WORKER_PORT:04X}", "0A"
    return any(fields[1].endswith(in_hex) and fields[3] == listening for fields in map(str.split, lines))
