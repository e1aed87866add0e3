"""TCP across a netlab that is up. Bounds are wide: they tell a link from none, not how good it is."""

import json
import subprocess
import unittest

from laboratory import Laboratory, run_where_possible

# Sends argv[3] messages of argv[2] bytes to argv[1], one after another, and prints when it
# began and, in the second line, ended, by the clock that all namespaces share.
SENDER = """
import socket, sys, time
peer = socket.create_connection((sys.argv[1], 7070), timeout=20)
message = int(sys.argv[2]).to_bytes(8, "little") + bytes(int(sys.argv[2]))
print(time.monotonic(), flush=True)
for _ in range(int(sys.argv[3])):
    peer.sendall(message)
    assert peer.recv(1) == b"."
print(time.monotonic())
"""


class Tcp(unittest.TestCase):
    def setUp(self) -> None:
        # 50 Mbit/s, 6.25e6 bytes/s: 1e6 bytes take 0.16 s, 0.167 s with headers.
        self.lab = Laboratory()
        self.addCleanup(self.lab.close)
        self.lab.up()

    def send(self, source: str, target: str, size: int, count: int = 1) -> "subprocess.Popen[str]":
        endpoint = json.loads((self.lab.state_root / self.lab.name / "state.json").read_text())["devices"][target]
        address = endpoint["endpoint"].split(":")[0]
        return self.lab.start(
            "exec", "--name", self.lab.name, source, "--", "python3", "-c", SENDER, address, str(size), str(count))  # fmt: skip

    def seconds(self, *processes: "subprocess.Popen[str]") -> float:
        """From the first one's begin to the last one's end."""
        times = []
        for process in processes:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            times.append([float(time) for time in out.split()])
        return max(end for _, end in times) - min(begin for begin, _ in times)

    def test_a_message_takes_the_time_of_the_link_and_not_less(self) -> None:
        took_s = self.seconds(self.send("a", "b", 1_000_000))
        self.assertGreater(took_s, 0.16)
        self.assertLess(took_s, 1.6)

    # Twice 4e6 bytes take at least 1.28 s; 0.67 s if each had a link of its own.
    def test_two_routes_over_one_link_share_it(self) -> None:
        both = [self.send("a", "b", 4_000_000), self.send("c", "b", 4_000_000)]
        self.assertGreater(self.seconds(*both), 1.27)

    def test_both_directions_of_a_shared_link_share_it(self) -> None:
        both = [self.send("a", "b", 4_000_000), self.send("b", "a", 4_000_000)]
        self.assertGreater(self.seconds(*both), 1.27)

    def test_small_messages_do_not_wait_for_another_routes_large_one(self) -> None:
        # 30e6 bytes hold the link for 4.8 s. In turns, a message of 256 bytes waits for a frame
        # or two, 0.5 ms; in one queue behind what TCP has sent, for at least 64 frames, 15 ms,
        # and soon for ten times as many.
        large = self.send("a", "b", 30_000_000)
        assert large.stdout is not None
        large.stdout.readline()  # it has begun
        self.seconds(self.send("a", "c", 256, count=150))
        self.assertIsNone(large.poll())
        large.kill()
        large.communicate()

    def test_the_rate_of_a_running_link_can_be_changed(self) -> None:
        self.assertEqual(self.lab.run("rate", "--name", self.lab.name, "l", "5e6").returncode, 0)
        self.assertGreater(self.seconds(self.send("a", "b", 1_000_000)), 1.6)
        self.assertIn("  l: 5 Mbit/s\n", self.lab.run("status").stdout)
        unknown = self.lab.run("rate", "--name", self.lab.name, "m", "5e6")
        self.assertEqual(unknown.returncode, 2)
        self.assertEqual(unknown.stderr, f"netlab: `m` is no link of netlab {self.lab.name}; known: l\n")

    def test_a_second_netlab_of_the_name_is_refused_and_the_first_stays(self) -> None:
        again = self.lab.run(*self.lab.up_line())
        self.assertEqual(again.returncode, 2)
        self.assertIn(f"netlab: netlab `{self.lab.name}` is up already", again.stderr)
        self.seconds(self.send("a", "b", 256))

    def test_an_unknown_device_is_refused(self) -> None:
        ended = self.lab.run("exec", "--name", self.lab.name, "z", "--", "true")
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stderr, f"netlab: `z` is no device of netlab {self.lab.name}; known: a, b, c\n")


if __name__ == "__main__":
    run_where_possible()
