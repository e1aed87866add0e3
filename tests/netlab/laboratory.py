"""A place for tests to try netlab in: programs of its own, a state folder, and a look at what is left."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/netlab.sh"
PROGRAMS = Path(os.environ["TWINFER_BIN_DIR"])

SKIPPED = 77  # CTest's SKIP_RETURN_CODE

# Answers each message, a length in 8 bytes and as many bytes, with one byte.
ECHO_WORKER = """#!/usr/bin/env python3
import socket, sys, threading
host, port = sys.argv[sys.argv.index("--listen") + 1].split(":")
def serve(peer):
    while head := peer.recv(8, socket.MSG_WAITALL):
        left = int.from_bytes(head, "little")
        while left > 0:
            left -= len(peer.recv(min(left, 65536)))
        peer.sendall(b".")
with socket.create_server((host, int(port))) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""

FAILING_WORKER = "#!/bin/sh\necho no memory left >&2\nexit 3\n"


def platform(link: str) -> str:
    """a, b and c, each two joined by a link `l` with these attributes."""
    return f"""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="z" routing="Full">
    <host id="a" speed="1Gf"/><host id="b" speed="1Gf"/><host id="c" speed="1Gf"/>
    <link id="l" {link}/>
    <route src="a" dst="b"><link_ctn id="l"/></route>
    <route src="a" dst="c"><link_ctn id="l"/></route>
    <route src="b" dst="c"><link_ctn id="l"/></route>
  </zone>
</platform>
"""


def _left_probe(namespace: str) -> bool:
    """One whose process is gone. Tests beside this one have probes, too, for a moment."""
    name, _, pid = namespace.split()[0].partition(".")
    return name == "twinfer-probe" and not Path(f"/proc/{pid}").exists()


class Laboratory:
    """Names, programs and state are this process's own, so tests can run beside each other."""

    def __init__(self, worker: str = ECHO_WORKER, link: str = 'bandwidth="50Mbps" latency="0"') -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="netlab-test-")
        self.folder = Path(self._folder.name)
        self.name = f"test-{os.getpid()}"
        self.state_root = self.folder / "state"
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        (self.programs / "twinfer").symlink_to(PROGRAMS / "twinfer")
        self.write_program("programs/twinfer-node", worker)
        self.platform = self.folder / "three.xml"
        self.platform.write_text(platform(link))

    def write_program(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def start(self, *line: str, path: str = "") -> "subprocess.Popen[str]":
        environment = {**os.environ, "TWINFER_NETLAB_STATE": str(self.state_root)}
        if path:
            environment["PATH"] = f"{path}:{environment['PATH']}"
        return subprocess.Popen(
            [str(SCRIPT), *line], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip

    def run(self, *line: str, path: str = "") -> "subprocess.CompletedProcess[str]":
        process = self.start(*line, path=path)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(line, process.returncode, out, err)

    def up_line(self) -> list[str]:
        return ["up", str(self.platform), "--name", self.name, "--bin", str(self.programs)]

    def up(self) -> None:
        ended = self.run(*self.up_line())
        assert ended.returncode == 0, ended.stderr

    def down(self) -> "subprocess.CompletedProcess[str]":
        return self.run("down", "--name", self.name)

    def close(self) -> None:
        self.down()
        self._folder.cleanup()

    def left(self) -> list[str]:
        """What there is of this laboratory, on the whole machine."""
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        namespaces = [line for line in listed.splitlines() if self.name in line or _left_probe(line)]
        # netlab's interfaces are all in its namespaces: the machine's own list stays the same.
        interfaces = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
        ours = [line for line in interfaces.splitlines() if line.split()[1].startswith(("net0@", "t0a@", "d0@"))]
        state = [str(file) for file in self.state_root.rglob("*")]
        return namespaces + ours + state + self._processes()

    def _processes(self) -> list[str]:
        """Those that run one of this laboratory's programs, or in a namespace of its name."""
        lines = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if entry.name.isdigit() and int(entry.name) != os.getpid() and str(self.folder) in line:
                lines.append(line)
        return lines


def run_where_possible() -> None:
    """Instead of unittest.main(): exits with SKIPPED, and a word why, where netlab cannot run."""
    checked = subprocess.run([str(SCRIPT), "check"], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        print(f"skipped: {checked.stderr.strip()}")
        sys.exit(SKIPPED)
    unittest.main()
