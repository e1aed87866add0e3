"""What netlab builds for a platform: addresses, throats, and which way packets go.

Pure: values in, values and lines for `ip -batch` and `tc -batch` out.

A device is a namespace with one interface, `net0`. All of the others are in one more
namespace, the core, which only forwards. A throat is a pair of veth interfaces, both in
the core: what goes in at one end comes out of the other at the link's rate.

    pi | net0 === d0 | core                                        | jetson
                     |  d0 -> t0a === t0b -> t1a === t1b -> d1 === net0

The way is chosen by rules on (interface that it came in by, source, destination), so any
route of SimGrid's can be built, and several can cross one throat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, Optional

DEVICE_INTERFACE = "net0"
WORKER_PORT = 7070

_BITS_PER_BYTE = 8
_FRAME_BYTES = 1514  # Ethernet header and an MTU of 1500
_SEGMENT_BYTES = 1448  # of payload, with TCP's timestamps
_HEADERS = 400  # that the kernel keeps free beside the payload, about 320; less than a segment

# Every interface has the same address and resolves none, so a frame is always for
# whoever gets it, and no ARP takes from a throat.
_MAC = "02:00:00:00:00:01"

_FIRST_TABLE = 1000  # of the routing tables, one an interface; those below 256 are the kernel's
_FIRST_RULE = 1000


class NetlabError(Exception):
    """One line for a person. `exit_code`: 2 where nothing can be built from what was given, else 1."""

    def __init__(self, line: str, exit_code: int = 2) -> None:
        super().__init__(line)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Kernel:
    """What it can do beside namespaces, veth and tbf, without which there is no netlab."""

    delays: bool  # netem
    takes_turns: bool  # htb and u32


@dataclass(frozen=True)
class Device:
    name: str
    address: str
    interface: str  # in the core


@dataclass(frozen=True)
class Throat:
    """One for a shared link; for a fat pipe one for each route over it."""

    link: str
    rate_bits_per_s: float
    latency_s: float
    entry: str
    exit: str
    # Ends of a second pair, which delays; only where the kernel can and the link has latency.
    delay: Optional[tuple[str, str]]
    routes: tuple[tuple[str, str], ...]  # device names, in order of the platform


@dataclass(frozen=True)
class Network:
    devices: tuple[Device, ...]
    throats: tuple[Throat, ...]
    routes: dict[tuple[str, str], tuple[int, ...]]  # indices of throats, in order

    def device(self, name: str) -> Device:
        for device in self.devices:
            if device.name == name:
                return device
        raise NetlabError(f"`{name}` is no device; known: {', '.join(device.name for device in self.devices)}")


def plan_network(platform: dict[str, Any], kernel: Kernel) -> Network:
    """`platform` is what `twinfer platform --json` prints. Raises NetlabError."""
    devices = tuple(_device(entry["name"], index) for index, entry in enumerate(platform["devices"]))
    # What stays within a device crosses its namespace's own loopback.
    between = [route for route in platform["routes"] if route["from"] != route["to"]]
    ways = {(route["from"], route["to"]): tuple(route["links"]) for route in between}
    _check_ways(ways)
    throats: list[Throat] = []
    crossed: dict[tuple[str, tuple[str, str]], int] = {}  # link and route, to the throat
    for link in platform["links"]:
        for sharing in _apart(link, [ends for ends, links in ways.items() if link["name"] in links]):
            for ends in sharing:
                crossed[link["name"], ends] = len(throats)
            throats.append(_throat(link, len(throats), tuple(sharing), kernel.delays))
    routes = {ends: tuple(crossed[link, ends] for link in links) for ends, links in ways.items()}
    return Network(devices, tuple(throats), routes)


def _device(name: str, index: int) -> Device:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise NetlabError(f"device `{name}`: a namespace's name has only letters, digits and `_.-`")
    return Device(name, f"10.77.{index // 250}.{index % 250 + 1}", f"d{index}")


def _check_ways(ways: dict[tuple[str, str], tuple[str, ...]]) -> None:
    for (source, target), links in ways.items():
        if (target, source) not in ways:
            raise NetlabError(f"route {source} -> {target}: has no way back, which TCP needs")
        for link in links:
            if links.count(link) > 1:
                raise NetlabError(f"route {source} -> {target}: crosses link {link} twice")


def _apart(link: dict[str, Any], routes: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The routes over a link, grouped by those that share its bandwidth."""
    if link["sharing"] == "fatpipe":
        return [[ends] for ends in routes]
    return [routes] if routes else []


def _throat(link: dict[str, Any], index: int, routes: tuple[tuple[str, str], ...], with_delay: bool) -> Throat:
    delay = (f"m{index}a", f"m{index}b") if with_delay and link["latency_s"] > 0 else None
    rate_bits_per_s = link["bandwidth_bytes_per_s"] * _BITS_PER_BYTE
    return Throat(link["name"], rate_bits_per_s, link["latency_s"], f"t{index}a", f"t{index}b", delay, routes)


# ---------------------------------------------------------------------- shaping

# The largest packet that crosses a throat as one: as many frames as the link sends in this
# time, at least one. Single frames at 500 Mbit/s would take more than a core; 64 KiB, which
# TCP prefers, would be no stream.
_PACKET_S = 50e-6
_MOST_FRAMES = 16

# What a bucket may save up while nothing is sent, beside the packet that it must hold: as much
# as the kernel's timer may be late without loss of throughput. What was saved passes at
# once after a pause, so a message takes burst / rate less than over a wire.
_TIMER_LATENESS_S = 50e-6

# Above all that TCP ever has on its way (its windows end at _SOCKET_BYTES), so that
# nothing is lost and no window shrinks. Takes memory only for what waits.
_QUEUE_BYTES = 256 * 1024 * 1024
_SOCKET_BYTES = 8 * 1024 * 1024

# The classes of a throat only take turns, its bucket alone limits.
_UNLIMITED = "40gbit"


def packet_bytes(rate_bits_per_s: float) -> int:
    frames = int(rate_bits_per_s / _BITS_PER_BYTE * _PACKET_S / _FRAME_BYTES)
    return _FRAME_BYTES * min(max(frames, 1), _MOST_FRAMES)


def burst_bytes(rate_bits_per_s: float) -> int:
    return packet_bytes(rate_bits_per_s) + round(rate_bits_per_s / _BITS_PER_BYTE * _TIMER_LATENESS_S)


def lacking(throat: Throat, kernel: Kernel) -> dict[str, float]:
    """Properties of the link that live senders make up for."""
    latency = {} if kernel.delays or throat.latency_s == 0 else {"added_latency": throat.latency_s}
    return {**latency, "burst": burst_bytes(throat.rate_bits_per_s)}


def rate_line(verb: str, entry: str, rate_bits_per_s: float) -> str:
    """For `tc`. `verb`: add or change; a change keeps what waits."""
    return (
        f"qdisc {verb} dev {entry} root handle 1: tbf rate {round(rate_bits_per_s)}bit "
        f"burst {burst_bytes(rate_bits_per_s)} limit {_QUEUE_BYTES}"
    )


def shaping_lines(network: Network, kernel: Kernel) -> list[str]:
    """For `tc -batch` in the core: a bucket for each throat, within which routes take turns."""
    lines = []
    for throat in network.throats:
        lines.append(rate_line("add", throat.entry, throat.rate_bits_per_s))
        if kernel.takes_turns:
            lines += _turn_lines(network, throat)
        if throat.delay is not None:
            delay = f"netem delay {throat.latency_s * 1e6:.0f}us limit 1000000"
            lines.append(f"qdisc add dev {throat.delay[0]} root {delay}")
    return lines


def _turn_lines(network: Network, throat: Throat) -> Iterable[str]:
    """Routes get equal shares while they send, as SimGrid's do, and a queue each, so that a
    small message does not wait for all of another route's large one. HTB with classes that
    are never short of tokens is a round by bytes; simpler ones are not in every kernel."""
    dev, quantum = f"dev {throat.entry}", burst_bytes(throat.rate_bits_per_s)
    yield f"qdisc add {dev} parent 1: handle 2: htb"
    for index, (source, target) in enumerate(throat.routes, start=1):
        yield f"class add {dev} parent 2: classid 2:{index:x} htb rate {_UNLIMITED} quantum {quantum}"
        yield f"qdisc add {dev} parent 2:{index:x} handle {0x10 + index:x}: bfifo limit {_QUEUE_BYTES}"
        yield (
            f"filter add {dev} parent 2: protocol ip u32 match ip src {network.device(source).address} "
            f"match ip dst {network.device(target).address} flowid 2:{index:x}"
        )


# --------------------------------------------------------------------- building


def pair_lines(network: Network, namespaces: dict[str, str]) -> list[str]:
    """For `ip -batch` in the core: all interfaces. `namespaces`: of each device."""
    lines = []
    for device in network.devices:
        far = f"name {DEVICE_INTERFACE} netns {namespaces[device.name]}"
        lines.append(f"link add name {device.interface} address {_MAC} type veth peer address {_MAC} {far}")
        lines.append(f"link set {device.interface} arp off up")
    for throat in network.throats:
        for near, far in filter(None, [(throat.entry, throat.exit), throat.delay]):
            lines.append(f"link add name {near} address {_MAC} type veth peer address {_MAC} name {far}")
            lines += [f"link set {end} arp off up" for end in (near, far)]
    return lines


def way_lines(network: Network) -> list[str]:
    """For `ip -batch` in the core: a table for each interface that packets leave by, and the rules."""
    tables: dict[str, int] = {}
    rules: list[str] = []
    for (source, target), throats in network.routes.items():
        ends = f"from {network.device(source).address} to {network.device(target).address}"
        for came_by, leaves_by in _hops(network, source, target, throats):
            table = tables.setdefault(leaves_by, _FIRST_TABLE + len(tables))
            rules.append(f"rule add priority {_FIRST_RULE + len(rules)} iif {came_by} {ends} lookup {table}")
    return [f"route add default dev {interface} table {table}" for interface, table in tables.items()] + rules


def _hops(network: Network, source: str, target: str, throats: tuple[int, ...]) -> Iterable[tuple[str, str]]:
    came_by = network.device(source).interface
    for index in throats:
        throat = network.throats[index]
        for near, far in filter(None, [(throat.entry, throat.exit), throat.delay]):
            yield came_by, near
            came_by = far
    yield came_by, network.device(target).interface


def device_lines(network: Network, device: Device) -> list[str]:
    """For `ip -batch` in a device: its address, and the others that it has a route to."""
    lines = [
        "link set lo up",
        f"link set {DEVICE_INTERFACE} arp off gso_max_size {_largest_packet(network, device) + _HEADERS} up",
        f"address add {device.address}/32 dev {DEVICE_INTERFACE}",
    ]
    for source, target in network.routes:
        if source == device.name:
            lines.append(
                f"route add {network.device(target).address} dev {DEVICE_INTERFACE} src {device.address} "
                f"{_window_options(network, source, target)}"
            )
    return lines


def _largest_packet(network: Network, device: Device) -> int:
    """Of the throats that it sends into; what is too large for a later one is cut up there."""
    first = [throats[0] for (source, _), throats in network.routes.items() if source == device.name]
    return max((packet_bytes(network.throats[index].rate_bits_per_s) for index in first), default=_FRAME_BYTES)


def _window_options(network: Network, source: str, target: str) -> str:
    """So that TCP itself holds nothing back: a connection starts with a window that fills the
    route there and back, several times, and takes no queue for a loss."""
    there, back = network.routes[source, target], network.routes[target, source]
    round_trip_s = sum(network.throats[index].latency_s for index in there + back) + 1e-3
    bytes_per_s = min(network.throats[index].rate_bits_per_s for index in there) / _BITS_PER_BYTE
    segments = round(4 * round_trip_s * bytes_per_s / _SEGMENT_BYTES) + 64
    segments = min(segments, _SOCKET_BYTES // 2 // _SEGMENT_BYTES)
    return f"initcwnd {segments} initrwnd {segments} rto_min 10s"


# /proc/sys of each device. None of it is inherited reliably by a new namespace.
DEVICE_SETTINGS = {
    "net/ipv6/conf/all/disable_ipv6": "1",  # its neighbour discovery would take from the throats
    "net/ipv6/conf/default/disable_ipv6": "1",
    # Reno without loss only ever opens its window. BBR, some kernels' default, measures and
    # paces; Cubic stops its start where a queue builds up.
    "net/ipv4/tcp_congestion_control": "reno",
    # Else a connection that paused for a while starts again with a small window, and a
    # message's time depends on the one before.
    "net/ipv4/tcp_slow_start_after_idle": "0",
    "net/ipv4/tcp_no_metrics_save": "1",  # else a connection starts with what another one learnt
    "net/ipv4/tcp_early_retrans": "0",  # nothing is lost, so a probe for losses is only noise
    # Large from the start: a message goes to the kernel at once, and its time does not
    # depend on when the sender's thread is woken to hand over more, or on a window that grows.
    "net/ipv4/tcp_rmem": f"4096 {_SOCKET_BYTES} {_SOCKET_BYTES}",
    "net/ipv4/tcp_wmem": f"4096 {_SOCKET_BYTES} {_SOCKET_BYTES}",
}

CORE_SETTINGS = {
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",  # packets come in by throats, which lead to nobody
    "net/ipv4/conf/default/rp_filter": "0",
}
