"""What is built for a platform: addresses, throats, ways. No root, no kernel."""

import unittest
from typing import Any, Optional

import network
from network import Kernel, NetlabError

PLAIN = Kernel(delays=False, takes_turns=True)
FULL = Kernel(delays=True, takes_turns=True)


def described(*routes: tuple[str, str, list[str]], sharing: str = "shared", latency_s: float = 0.0) -> dict[str, Any]:
    """Devices and links are those of the routes; each link carries 1.25e6 bytes/s, 10 Mbit/s."""
    devices = sorted({name for source, target, _ in routes for name in (source, target)})
    links = sorted({link for _, _, links in routes for link in links})
    return {
        "devices": [{"name": name} for name in devices],
        "links": [
            {"name": name, "bandwidth_bytes_per_s": 1.25e6, "latency_s": latency_s, "sharing": sharing}
            for name in links
        ],
        "routes": [{"from": source, "to": target, "links": links} for source, target, links in routes],
    }


def both_ways(source: str, target: str, links: list[str]) -> list[tuple[str, str, list[str]]]:
    return [(source, target, links), (target, source, links[::-1])]


def complaint(platform: dict[str, Any]) -> Optional[str]:
    try:
        network.plan_network(platform, PLAIN)
    except NetlabError as error:
        return str(error)
    return None


class Throats(unittest.TestCase):
    def test_a_shared_link_is_one_throat_for_all_routes_and_both_directions(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), *both_ways("a", "c", ["l"])), PLAIN)
        self.assertEqual(len(built.throats), 1)
        self.assertEqual(built.throats[0].routes, (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a")))
        self.assertEqual(built.throats[0].rate_bits_per_s, 10e6)

    def test_a_fat_pipe_is_a_throat_for_each_route(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), sharing="fatpipe"), PLAIN)
        self.assertEqual([throat.routes for throat in built.throats], [(("a", "b"),), (("b", "a"),)])
        self.assertEqual(built.routes, {("a", "b"): (0,), ("b", "a"): (1,)})

    def test_a_link_that_no_route_crosses_is_not_built(self) -> None:
        platform = described(*both_ways("a", "b", ["l"]))
        platform["links"].append({**platform["links"][0], "name": "unused"})
        self.assertEqual([throat.link for throat in network.plan_network(platform, PLAIN).throats], ["l"])

    def test_a_stated_loopback_is_the_devices_own(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), ("a", "a", ["loopback"])), PLAIN)
        self.assertEqual([throat.link for throat in built.throats], ["l"])
        self.assertEqual(set(built.routes), {("a", "b"), ("b", "a")})

    def test_delay_is_built_where_the_kernel_can_and_the_link_has_latency(self) -> None:
        platform = described(*both_ways("a", "b", ["l"]), latency_s=0.01)
        self.assertIsNone(network.plan_network(platform, PLAIN).throats[0].delay)
        delayed = network.plan_network(platform, FULL)
        self.assertEqual(delayed.throats[0].delay, ("m0a", "m0b"))
        self.assertIn(
            "qdisc add dev m0a root netem delay 10000us limit 1000000", network.shaping_lines(delayed, FULL))  # fmt: skip
        at_once = network.plan_network(described(*both_ways("a", "b", ["l"])), FULL)
        self.assertIsNone(at_once.throats[0].delay)


class Ways(unittest.TestCase):
    def test_a_packet_is_led_through_the_throats_of_its_route_in_order(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["first", "second"])), PLAIN)
        # a is d0 and 10.77.0.1, b is d1 and 10.77.0.2; `first` is t0, `second` t1.
        there = [line for line in network.way_lines(built) if "from 10.77.0.1 to 10.77.0.2" in line]
        tables = {line.split()[-1]: line.split()[4] for line in network.way_lines(built) if line.startswith("route")}
        hops = [(line.split()[5], tables[line.split()[-1]]) for line in there]
        self.assertEqual(hops, [("d0", "t0a"), ("t0b", "t1a"), ("t1b", "d1")])

    def test_delay_comes_after_the_throat_that_it_belongs_to(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), latency_s=0.01), FULL)
        there = [line.split()[5] for line in network.way_lines(built) if "from 10.77.0.1 to" in line]
        self.assertEqual(there, ["d0", "t0b", "m0b"])

    def test_a_device_knows_only_those_that_it_has_a_route_to(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), *both_ways("b", "c", ["m"])), PLAIN)
        routes = [line.split()[2] for line in network.device_lines(built, built.device("a")) if "route add" in line]
        self.assertEqual(routes, ["10.77.0.2"])

    def test_a_connection_begins_with_a_window_that_fills_the_round_trip_four_times(self) -> None:
        # There and back 20 ms, and 1 ms for the kernel: 4 x 0.021 s x 1.25e6 bytes/s / 1448 + 64 = 137.
        built = network.plan_network(described(*both_ways("a", "b", ["l"]), latency_s=0.01), PLAIN)
        self.assertIn("initcwnd 137 initrwnd 137", network.device_lines(built, built.device("a"))[-1])


class Buckets(unittest.TestCase):
    def test_a_slow_link_lets_single_frames_pass(self) -> None:
        # 10 Mbit/s: a frame of 1514 bytes, and 50 us of lateness x 1.25e6 bytes/s = 62 bytes
        self.assertEqual(network.packet_bytes(10e6), 1514)
        self.assertEqual(network.burst_bytes(10e6), 1514 + 62)

    def test_a_fast_link_lets_as_many_frames_pass_at_once_as_fit_in_fifty_microseconds(self) -> None:
        # 1 Gbit/s: 6250 bytes in 50 us are 4 frames; beyond 64 KiB no packet grows
        self.assertEqual(network.packet_bytes(1e9), 4 * 1514)
        self.assertEqual(network.burst_bytes(1e9), 4 * 1514 + 6250)
        self.assertEqual(network.packet_bytes(40e9), 16 * 1514)

    def test_routes_over_a_throat_have_a_class_each(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"])), PLAIN)
        flows = [line.split("u32 ")[1] for line in network.shaping_lines(built, PLAIN) if "filter" in line]
        self.assertEqual(
            flows,
            [
                "match ip src 10.77.0.1 match ip dst 10.77.0.2 flowid 2:1",
                "match ip src 10.77.0.2 match ip dst 10.77.0.1 flowid 2:2",
            ],
        )

    def test_without_htb_a_throat_is_a_bucket_alone(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"])), PLAIN)
        lines = network.shaping_lines(built, Kernel(delays=False, takes_turns=False))
        self.assertEqual(lines, [network.rate_line("add", "t0a", 10e6)])


class Refusals(unittest.TestCase):
    def test_a_route_without_a_way_back_is_refused(self) -> None:
        self.assertEqual(
            complaint(described(("a", "b", ["l"]))), "route a -> b: has no way back, which TCP needs")  # fmt: skip

    def test_a_route_that_crosses_a_link_twice_is_refused(self) -> None:
        platform = described(*both_ways("a", "b", ["l", "m", "l"]))
        self.assertEqual(complaint(platform), "route a -> b: crosses link l twice")

    def test_a_device_whose_name_no_namespace_can_have_is_refused(self) -> None:
        self.assertEqual(
            complaint(described(*both_ways("a/b", "c", ["l"]))),
            "device `a/b`: a namespace's name has only letters, digits and `_.-`",
        )

    def test_an_unknown_device_is_named_with_those_that_are_known(self) -> None:
        built = network.plan_network(described(*both_ways("a", "b", ["l"])), PLAIN)
        with self.assertRaises(NetlabError) as raised:
            built.device("z")
        self.assertEqual(str(raised.exception), "`z` is no device; known: a, b")


if __name__ == "__main__":
    unittest.main()
