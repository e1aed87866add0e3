"""Nothing is left behind: after down, after a failure at any command, after an interruption at any."""

import itertools
import random
import signal
import subprocess
import unittest

from laboratory import FAILING_WORKER, Laboratory, run_where_possible

# Stands before the real program in PATH. Counts the commands; fails at the one whose number is
# in the file fail-at, interrupts its caller at that of interrupt-at and goes on. Workers start
# beside each other, so each number is given out under a lock.
COUNTING = """#!/bin/sh
exec 9> {folder}/lock
flock 9
count=$(($(cat {folder}/count 2>/dev/null || echo 0) + 1))
echo $count > {folder}/count
exec 9>&-
[ "$count" = "$(cat {folder}/interrupt-at 2>/dev/null)" ] && kill -TERM $PPID
case "$*" in "netns delete"*) ;; *)
  [ "$count" = "$(cat {folder}/fail-at 2>/dev/null)" ] && {{ echo "cannot: $*" >&2; exit 1; }} ;;
esac
exec /sbin/{program} "$@"
"""

# Interrupts the start of the first worker, and stays outside of every namespace.
STUCK = """#!/bin/sh
case "$*" in *twinfer-node*) kill -TERM $PPID; exec tail -f /dev/null {folder}/nothing ;; esac
exec /sbin/ip "$@"
"""


class Leftovers(unittest.TestCase):
    def laboratory(self, worker: str = "") -> Laboratory:
        lab = Laboratory(worker) if worker else Laboratory()
        self.addCleanup(lab.close)
        return lab

    def counted(self, lab: Laboratory, what: str, at: int) -> "subprocess.CompletedProcess[str]":
        """`up`, with the `at`-th command failing or interrupting; none of them where `at` is 0."""
        for program in ("ip", "tc"):
            lab.write_program(f"counting/{program}", COUNTING.format(folder=lab.folder, program=program))
        for file in ("count", "fail-at", "interrupt-at"):
            (lab.folder / file).unlink(missing_ok=True)
        (lab.folder / what).write_text(f"{at}\n")
        return lab.run(*lab.up_line(), path=str(lab.folder / "counting"))

    def commands_of_up(self, lab: Laboratory) -> int:
        self.assertEqual(self.counted(lab, "fail-at", 0).returncode, 0)
        lab.down()
        return int((lab.folder / "count").read_text())

    def test_down_leaves_nothing_and_can_be_repeated(self) -> None:
        lab = self.laboratory()
        lab.up()
        self.assertNotEqual(lab.left(), [])
        for _ in range(2):
            ended = lab.down()
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertEqual(lab.left(), [])

    def test_down_ends_what_was_started_on_a_device(self) -> None:
        lab = self.laboratory()
        lab.up()
        lab.write_program("programs/forever", "#!/bin/sh\necho begun\nexec tail -f /dev/null\n")
        begun = lab.start("exec", "--name", lab.name, "a", "--", str(lab.programs / "forever"))
        assert begun.stdout is not None
        self.assertEqual(begun.stdout.readline(), "begun\n")
        lab.down()
        self.assertEqual(begun.wait(timeout=20), -signal.SIGTERM)
        begun.communicate()
        self.assertEqual(lab.left(), [])

    def test_a_worker_that_ends_at_once_is_reported_and_nothing_is_left(self) -> None:
        lab = self.laboratory(FAILING_WORKER)
        ended = lab.run(*lab.up_line())
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(
            ended.stderr, "netlab: the worker on a ended with exit code 3: no memory left\n")  # fmt: skip
        self.assertEqual(lab.left(), [])

    def test_whichever_command_fails_nothing_is_left(self) -> None:
        lab = self.laboratory()
        commands = self.commands_of_up(lab)
        failed = 0
        for at in range(1, commands + 1):
            ended = self.counted(lab, "fail-at", at)
            if ended.returncode == 0:  # the kernel was tried for something that it may lack
                lab.down()
            else:
                failed += 1
                self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
            self.assertEqual(lab.left(), [], f"after failure of command {at} of {commands}")
        self.assertGreater(failed, commands / 2)

    def test_whichever_command_is_interrupted_nothing_is_left(self) -> None:
        lab = self.laboratory()
        commands = self.commands_of_up(lab)
        for at in range(1, commands + 1):
            ended = self.counted(lab, "interrupt-at", at)
            self.assertEqual(ended.returncode, 128 + signal.SIGTERM, f"command {at} of {commands}: {ended.stderr}")
            self.assertTrue(ended.stderr.endswith("netlab: interrupted: everything is taken down again\n"), ended.stderr)
            self.assertEqual(lab.left(), [], f"after interruption at command {at} of {commands}")

    def test_an_interruption_of_what_is_up_comes_too_late(self) -> None:
        lab = self.laboratory()
        for _ in range(5):
            process = lab.start(*lab.up_line())
            assert process.stdout is not None
            process.stdout.readline()  # the platform's name: Python has only to end
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            lab.down()
            self.assertEqual(lab.left(), [])

    def test_a_worker_that_never_came_into_its_namespace_is_ended(self) -> None:
        lab = self.laboratory()
        lab.write_program("stuck/ip", STUCK.format(folder=lab.folder))
        ended = lab.run(*lab.up_line(), path=str(lab.folder / "stuck"))
        self.assertEqual(ended.returncode, 128 + signal.SIGTERM, ended.stderr)
        self.assertEqual(lab.left(), [])

    def test_an_interruption_at_any_moment_leaves_nothing(self) -> None:
        lab = self.laboratory()
        moments = random.Random(1)
        for number, _ in itertools.product((signal.SIGINT, signal.SIGTERM), range(8)):
            process = lab.start(*lab.up_line())
            moment_s = moments.uniform(0, 0.8)
            try:
                process.wait(moment_s)
            except subprocess.TimeoutExpired:
                process.send_signal(number)
            process.communicate(timeout=60)
            if process.returncode == 0:  # it was up before
                lab.down()
            self.assertEqual(lab.left(), [], f"after signal {number} at {moment_s} s")


if __name__ == "__main__":
    run_where_possible()
