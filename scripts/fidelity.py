#!/usr/bin/env python3
"""Measures the simulator's error over a grid of scenarios.

    sudo scripts/fidelity.py [--data FOLDER] [--quick] [--world emulated|native] [--work FOLDER]

For each bandwidth of the uplink of platforms/lab.xml it builds the network (scripts/netlab.sh), calibrates it
with probes, which are no requests, and runs the grid's scenarios of that bandwidth live and simulated: with
emulated computing, and with this machine's own. Wants root, and a machine that does nothing else. Killed, the
same command goes on where it was. The reports are FOLDER/emulated.txt and native.txt, and the same as JSON.
"""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NETLAB = ROOT / "scripts/netlab.sh"
LAB = ROOT / "platforms/lab.xml"

CHAINS = {2: ["pi", "jetson-2"], 3: ["pi", "jetson", "jetson-2"], 4: ["pi", "pi-2", "jetson", "jetson-2"]}
EXITS = {"digits": "{rule: max-softmax, threshold: 0.9}", "cifar10-branchy": "{rule: max-softmax, threshold: 0.9}",
         "alexnet": "{rule: none}", "resnet50": "{rule: none}"}
IMAGE_MODEL = "cifar10-branchy"  # its exits were recorded on images, which live runs take, too
POLICIES = ["remote", "lbc", "nsc", "exact-throughput"]


class Point(NamedTuple):
    """A scenario; with a policy it is a pair."""
    mbps: int  # of the uplink
    model: str
    devices: int
    process: str
    load: float  # share of the plan's capacity


# Every model meets every bandwidth, and other arrivals at each.
POINTS = [
    Point(20, "digits", 2, "periodic", 0.25), Point(20, "cifar10-branchy", 3, "poisson", 0.5),
    Point(20, "alexnet", 4, "periodic", 0.7), Point(20, "resnet50", 3, "poisson", 0.85),
    Point(50, "digits", 3, "poisson", 0.7), Point(50, "cifar10-branchy", 4, "periodic", 0.85),
    Point(50, "alexnet", 2, "poisson", 0.25), Point(50, "resnet50", 4, "periodic", 0.5),
    Point(200, "digits", 4, "poisson", 0.85), Point(200, "cifar10-branchy", 2, "periodic", 0.7),
    Point(200, "alexnet", 3, "poisson", 0.5), Point(200, "resnet50", 2, "periodic", 0.25),
]
QUICK = [Point(50, "digits", 3, "poisson", 0.7), Point(50, "cifar10-branchy", 4, "periodic", 0.85)]
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
        return run(NETLAB, "exec", "--name", self.name, "pi", "--", *command, check=check)


def platform_of(work: Path, world: str, point: Point) -> Path:
    return work / f"{world}-{point.mbps}-{point.model}.xml"


def scenario_text(work: Path, world: str) -> str:
    text = (ROOT / f"scenarios/fidelity/{world}.yaml").read_text()
    return text.replace("platform: platforms/lab.xml", f"platform: {LAB}\nmodels: {work / 'models'}")


def calibrate(work: Path, world: str, point: Point, network: Network) -> None:
    """Probes between the devices of the point's chain, and natively profiles of its model."""
    if platform_of(work, world, point).exists():
        return
    text = scenario_text(work, world).replace("model: digits", f"model: {point.model}")
    text = text.replace("chain: [pi, jetson-2]", f"chain: [{', '.join(CHAINS[point.devices])}]")
    scenario = work / "calibrated.yaml"
    scenario.write_text(text)
    network.on_source(network.binaries / "twinfer", "calibrate", scenario, "--platform", network.platform,
                      "--seconds", 2, "--out", platform_of(work, world, point))


def grids(work: Path, world: str, points: list[Point]) -> dict[str, Path]:
    """The sweep files of all points in one world, by name: models that take images have one of their own."""
    images = [point for point in points if point.model == IMAGE_MODEL]
    others = [point for point in points if point.model != IMAGE_MODEL]
    files = {world: grid(work, world, world, others, "")} if others else {}
    if images:
        files[f"{world}-images"] = grid(work, f"{world}-images", world, images, f"data: {work / 'data'}\n")
    return files


def grid(work: Path, name: str, world: str, points: list[Point], more: str) -> Path:
    base = work / f"{name}.yaml"
    base.write_text(scenario_text(work, world) + more)
    axes = {
        "platform": [str(platform_of(work, world, point)) for point in points],
        "model": [point.model for point in points],
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


def measure(work: Path, worlds: list[str], points: list[Point], binaries: Path) -> None:
    """All calibrations come first: the grid names them all, and no run is of a network that probes just left."""
    bandwidths = {mbps: [point for point in points if point.mbps == mbps] for mbps in sorted({p.mbps for p in points})}
    for mbps, here in bandwidths.items():
        with Network(work, mbps, binaries) as network:
            for world in worlds:
                for point in here:
                    calibrate(work, world, point, network)
    for mbps, here in bandwidths.items():
        with Network(work, mbps, binaries) as network:
            for world in worlds:
                for name in list(grids(work, world, here)):
                    whole = grids(work, world, points)[name]
                    platforms = {str(platform_of(work, world, point)) for point in here}
                    where = "platform=" + "|".join(sorted(p for p in platforms if p in whole.read_text()))
                    network.on_source(binaries / "twinfer", "validate", whole, "--where", where, "--store",
                                      work / "fidelity.sqlite", "--repeat", WORLDS[world], "--no-gates", check=False)


def report(work: Path, worlds: list[str], points: list[Point], binaries: Path) -> None:
    for world in worlds:
        for name, file in grids(work, world, points).items():
            command = [binaries / "twinfer", "validate", file, "--store", work / "fidelity.sqlite", "--repeat",
                       WORLDS[world], "--no-run", "--no-gates"]
            for written, more in ((f"{name}.txt", []), (f"{name}.json", ["--json"])):
                done = subprocess.run([str(word) for word in command + more], capture_output=True, text=True)
                (work / written).write_text(done.stdout + done.stderr)
            print((work / f"{name}.txt").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "build/fidelity", help="network, calibrations and store")
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin", help="folder of the programs")
    parser.add_argument("--data", type=Path, help="CIFAR-10, which cifar10-branchy takes; without it, it is left out")
    parser.add_argument("--quick", action="store_true", help="a few pairs")
    parser.add_argument("--world", choices=WORLDS, help="only this one")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    (work / "models/profiles").mkdir(parents=True, exist_ok=True)
    for part in ("graphs", "exits", "weights", "data"):
        link = work / "models" / part
        if not link.exists():
            link.symlink_to(ROOT / "models" / part)
    if arguments.data is not None and not (work / "data").exists():
        (work / "data").symlink_to(arguments.data.resolve())
    for profiles in (ROOT / "models/profiles").iterdir():
        if profiles.is_dir():
            shutil.copytree(profiles, work / "models/profiles" / profiles.name, dirs_exist_ok=True)
    points = [point for point in (QUICK if arguments.quick else POINTS)
              if arguments.data is not None or point.model != IMAGE_MODEL]
    worlds = [arguments.world] if arguments.world else list(WORLDS)
    measure(work, worlds, points, arguments.bin.resolve())
    report(work, worlds, points, arguments.bin.resolve())


if __name__ == "__main__":
    main()
