#!/usr/bin/env python3
"""Measures the simulator's error over a grid of scenarios.

    sudo scripts/fidelity.py [--data FOLDER] [--quick] [--world emulated|native] [--work FOLDER] [--no-gates]

For each bandwidth of the uplink of platforms/lab.xml it builds the network (scripts/netlab.sh), calibrates it
with probes, which are no requests, and runs the grid's scenarios of that bandwidth live and simulated: with
emulated computing, and with this machine's own, where rehearsals come before the runs (docs/validation.md).
Wants root, and a machine that does nothing else. Killed, the same command goes on where it was. The reports
are FOLDER/*.txt, and the same as JSON. Ends with 1 where a run failed or a limit of scenarios/fidelity/*.yaml
is not kept. scripts/fidelity.sh makes results/fidelity/ of it.
"""
import argparse
import contextlib
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

import twinfer  # noqa: E402

NETLAB = ROOT / "scripts/netlab.sh"
LAB = ROOT / "platforms/lab.xml"

CHAINS = {2: ["camera", "server"], 3: ["camera", "gateway", "server"], 4: ["camera", "hub", "gateway", "server"]}
EXITS = {"digits": "{rule: max-softmax, threshold: 0.9}", "cifar10-branchy": "{rule: max-softmax, threshold: 0.9}",
         "alexnet": "{rule: none}", "resnet50": "{rule: none}"}
IMAGE_MODEL = "cifar10-branchy"  # its exits were recorded on images, which live runs take, too
# The lab's devices would compute their stages in less time than a machine of today takes where its caches are cold.
SMALL_MODELS = {"digits", "cifar10-branchy"}
SMALL_DEVICE = "raspberry-pi-3"
WAY_S = 2  # of probes between two devices
PAUSE_MS = 40  # about what lies between the requests of small networks; the others' hops take far longer than any message
REHEARSED_S, QUICK_REHEARSED_S = 5, 2  # of a plan, natively, as often as its runs
POLICIES = ["remote", "lbc", "nsc", "exact-throughput"]


class Point(NamedTuple):
    """A scenario; with a policy it is a pair."""
    mbps: int  # of the uplink
    model: str
    devices: int
    process: str
    load: float  # share of the plan's capacity


# The slow models meet the high loads and few devices: at a quarter of what it sustains, ResNet-50 takes a Raspberry Pi
# five minutes for a run, and an hour is to do for all. Points of one platform share its calibration.
POINTS = [
    Point(20, "digits", 2, "periodic", 0.7), Point(20, "digits", 2, "poisson", 0.5),
    Point(20, "cifar10-branchy", 3, "poisson", 0.5), Point(20, "alexnet", 4, "periodic", 0.85),
    Point(50, "digits", 3, "poisson", 0.85), Point(50, "resnet50", 3, "poisson", 0.7),
    Point(50, "cifar10-branchy", 4, "periodic", 0.85), Point(50, "cifar10-branchy", 4, "poisson", 0.25),
    Point(200, "digits", 4, "poisson", 0.5), Point(200, "cifar10-branchy", 2, "periodic", 0.25),
    Point(200, "alexnet", 3, "poisson", 0.85), Point(200, "resnet50", 2, "periodic", 0.85),
]
QUICK = [Point(20, "digits", 4, "periodic", 0.5), Point(50, "digits", 3, "poisson", 0.7),
         Point(50, "cifar10-branchy", 4, "periodic", 0.85)]
# Error against load, with emulated computing.
CURVE = [Point(50, "digits", 3, "poisson", load) for load in (0.25, 0.5, 0.7, 0.85, 0.95)]
WORLDS = {"emulated": 1, "native": 2}  # live runs of a pair; natively the second shows the noise


def run(*command: object, check: bool = True) -> subprocess.CompletedProcess:
    print("+", *command, file=sys.stderr, flush=True)
    return subprocess.run([str(word) for word in command], check=check)


class Network:
    """The lab's network with one bandwidth, up for as long as it is entered."""

    def __init__(self, work: Path, mbps: int, binaries: Path):
        self.file, self.name, self.binaries = work / f"nominal-{mbps}.xml", f"lab-{mbps}", binaries
        text = LAB.read_text()
        assert 'id="uplink" bandwidth="50Mbps"' in text, LAB
        self.file.write_text(text.replace('id="uplink" bandwidth="50Mbps"', f'id="uplink" bandwidth="{mbps}Mbps"'))

    def __enter__(self) -> "Network":
        command = [NETLAB, "up", self.file, "--name", self.name, "--bin", self.binaries]
        self.platform = Path(subprocess.run([str(word) for word in command], check=True, capture_output=True,
                                            text=True).stdout.strip())
        return self

    def __exit__(self, *_: object) -> None:
        run(NETLAB, "down", "--name", self.name, check=False)

    def on_source(self, *command: object, check: bool = True) -> subprocess.CompletedProcess:
        return run(NETLAB, "exec", "--name", self.name, "camera", "--", *command, check=check)


def cores_kept_awake() -> contextlib.AbstractContextManager:
    """While it is entered, idle cores poll: on a virtual machine, waking one takes about as long as a small message,
    in some runs of a program and not in others, which is nobody's network."""
    try:
        asked = open("/dev/cpu_dma_latency", "wb", buffering=0)
    except OSError as error:
        print(f"fidelity: cores may fall asleep between messages: {error}", file=sys.stderr)
        return contextlib.nullcontext()
    asked.write(struct.pack("=i", 0))  # microseconds that a core may take to wake, for as long as the file is open
    return asked


def record_exits(models: Path, data: Path, binaries: Path) -> None:
    """Of the images in the order of their files: each run's exits are held against these, one by one."""
    exits, recorded = models / "exits", models / "exits" / f"{IMAGE_MODEL}.csv"
    if exits.is_symlink():
        exits.unlink()
    exits.mkdir(exist_ok=True)
    for file in (ROOT / "models/exits").iterdir():
        if file.name != recorded.name and not (exits / file.name).is_symlink():
            (exits / file.name).symlink_to(file)
    if not recorded.exists():
        run(binaries / "twinfer", "model", "trace", IMAGE_MODEL, "--data", data, "--models", models)


def platform_of(work: Path, world: str, point: Point) -> Path:
    """Of the devices of its chain, and natively of its model."""
    return work / f"{world}-{point.mbps}-{point.devices}-{point.model}.xml"


def scenario_text(work: Path, world: str) -> str:
    text = (ROOT / f"scenarios/fidelity/{world}.yaml").read_text()
    return text.replace("platform: platforms/lab.xml", f"platform: {LAB}\nmodels: {work / 'models'}")


def with_devices_for(model: str, platform: str) -> str:
    if model not in SMALL_MODELS:
        return platform
    return re.sub('id="profile" value="[^"]*"', f'id="profile" value="{SMALL_DEVICE}"', platform)


def calibrate(work: Path, world: str, point: Point, network: Network) -> None:
    """Probes between the devices of the point's chain, and natively profiles of its model. Links are the same in both
    worlds."""
    if platform_of(work, world, point).exists():
        return
    text = scenario_text(work, world).replace("model: digits", f"model: {point.model}")
    text = text.replace("chain: [camera, server]", f"chain: [{', '.join(CHAINS[point.devices])}]")
    scenario, platform = work / "calibrated.yaml", work / "calibrated.xml"
    scenario.write_text(text)
    links = platform_of(work, "emulated", point)
    known = world == "native" and links.exists()
    platform.write_text(links.read_text() if known else with_devices_for(point.model, network.platform.read_text()))
    network.on_source(network.binaries / "twinfer", "calibrate", scenario, "--platform", platform,
                      "--seconds", WAY_S, "--pause", PAUSE_MS, "--repeat", 30,
                      *(["--profiles-only"] if known else []), "--out", platform_of(work, world, point))


class Grid(NamedTuple):
    """A sweep of one world."""
    name: str
    world: str
    points: list[Point]
    file: Path
    rehearsed_s: int = 0  # 0: not


def grids_of(work: Path, worlds: list[str], points: list[Point], rehearsed_s: int) -> list[Grid]:
    return [Grid(world, world, points, write_grid(work, world, world, points), rehearsed_s if world == "native" else 0)
            for world in worlds]


def load_curve(work: Path) -> Grid:
    return Grid("load", "emulated", CURVE, write_grid(work, "load", "emulated", CURVE))


def write_grid(work: Path, name: str, world: str, points: list[Point]) -> Path:
    base = work / f"{name}.yaml"
    base.write_text(scenario_text(work, world))
    axes = {
        "platform": [str(platform_of(work, world, point)) for point in points],
        "model": [point.model for point in points],
        "data": [str(work / "data") if point.model == IMAGE_MODEL else "none" for point in points],
        "exits": [EXITS[point.model] for point in points],
        "chain": ["[" + ", ".join(CHAINS[point.devices]) + "]" for point in points],
        "arrivals.process": [point.process for point in points],
        "arrivals.load": [str(point.load) for point in points],
    }
    lines = [f"scenario: {base}", f"name: fidelity-{name}", "axes:"]
    lines += [f"  {axis}: [{', '.join(values)}]" for axis, values in axes.items()]
    lines += [f"  policy: [{', '.join(POLICIES)}]", f"zip: [[{', '.join(axes)}]]", "keep_rows: true"]
    file = work / f"grid-{name}.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def validate(work: Path, grid: Grid, binaries: Path, *more: object) -> list[object]:
    """The command."""
    return [binaries / "twinfer", "validate", grid.file, "--store", work / "fidelity.sqlite", "--repeat",
            WORLDS[grid.world], *more]


def rehearsing(grid: Grid) -> list[object]:
    """Natively, what this machine takes for a stage is not what its profile says of the same layers one by one."""
    return ["--rehearse", grid.rehearsed_s] if grid.rehearsed_s > 0 else []


def measure(work: Path, grids: list[Grid], binaries: Path, *retrying: str) -> None:
    """All calibrations come first: the grids name them all, and no run is of a network that probes just left.
    `retrying`: --retry-failed, or nothing."""
    bandwidths = sorted({point.mbps for grid in grids for point in grid.points})
    for mbps in bandwidths:
        with Network(work, mbps, binaries) as network:
            for grid in grids:
                for point in grid.points:
                    if point.mbps == mbps:
                        calibrate(work, grid.world, point, network)
    for mbps in bandwidths:
        with Network(work, mbps, binaries) as network:
            for grid in grids:
                platforms = {str(platform_of(work, grid.world, point)) for point in grid.points if point.mbps == mbps}
                if platforms:
                    of_these = f"platform={'|'.join(sorted(platforms))}"
                    command = validate(work, grid, binaries, "--no-gates", *rehearsing(grid), "--where", of_these)
                    made = network.on_source(*command, *retrying, check=False)
                    if made.returncode == 1:  # what this machine could not hold, once more; what fails again is a row
                        network.on_source(*command, "--retry-failed", check=False)


def report(work: Path, grids: list[Grid], binaries: Path, *judging: str) -> bool:
    """Whether every run is there and every limit is kept. `judging`: --no-gates, or nothing."""
    passed = True
    for grid in grids:
        if rehearsing(grid):  # the same runs against the twin as it was before any rehearsal: shown, not judged
            report_one(work, f"{grid.name}-calibrated", validate(work, grid, binaries, "--no-run", "--no-gates"))
        command = validate(work, grid, binaries, "--no-run", *rehearsing(grid), *judging)
        passed = report_one(work, grid.name, command) and passed
    return passed


def report_one(work: Path, name: str, command: list[object]) -> bool:
    ended = []
    for kind, more in (("txt", []), ("json", ["--json"])):
        done = subprocess.run([str(word) for word in [*command, *more]], capture_output=True, text=True)
        (work / f"{name}.{kind}").write_text(done.stdout)
        sys.stderr.write(done.stderr)
        ended.append(done.returncode)
    print((work / f"{name}.txt").read_text())
    return ended == [0, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "build/fidelity", help="network, calibrations and store")
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin", help="folder of the programs")
    parser.add_argument("--data", type=Path, help="CIFAR-10, which cifar10-branchy takes; without it, it is left out")
    parser.add_argument("--quick", action="store_true", help="a few pairs")
    parser.add_argument("--world", choices=WORLDS, help="only this one")
    parser.add_argument("--retry-failed", action="store_true", help="make runs again that failed")
    parser.add_argument("--no-gates", action="store_true", help="end with 0 beyond the limits, too")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    twinfer.own_models(ROOT / "models", work / "models")
    if arguments.data is not None and not (work / "data").exists():
        (work / "data").symlink_to(arguments.data.resolve())
    if arguments.data is not None:
        record_exits(work / "models", work / "data", arguments.bin.resolve())
    points = [point for point in (QUICK if arguments.quick else POINTS)
              if arguments.data is not None or point.model != IMAGE_MODEL]
    grids = grids_of(work, [arguments.world] if arguments.world else list(WORLDS), points,
                     QUICK_REHEARSED_S if arguments.quick else REHEARSED_S)
    if not arguments.quick and arguments.world != "native":
        grids.append(load_curve(work))
    with cores_kept_awake():
        measure(work, grids, arguments.bin.resolve(), *(["--retry-failed"] if arguments.retry_failed else []))
    judging = ["--no-gates"] if arguments.no_gates else []
    sys.exit(0 if report(work, grids, arguments.bin.resolve(), *judging) else 1)


if __name__ == "__main__":
    main()
