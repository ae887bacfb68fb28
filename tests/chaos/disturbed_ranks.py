#!/usr/bin/env python3
"""A rank that is stopped for a while, slowed, or killed at any moment of any command on 2 to 4 ranks.

    [CASES=N] [SEED=N] disturbed_ranks.py TANDEM LAUNCHER...                CASES of each command (commands.py)

What was only late ends with the answer of one rank. What was killed ends soon, not with status 0, leaves no process
and no half-written file where a file should be; a run then goes on to the right end. A rank that stays stopped ends a
training that has a watchdog.
"""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import time

from commands import COMMANDS, WRITES_RUNS, Commands, differences, files_of, timeless
from program import SECONDS, Test, children, is_alive, wait_until

CASES = int(os.environ.get("CASES", "1"))
SEED = int(os.environ.get("SEED", "1"))
LONGEST_END = 60  # seconds, from a death to the job's end on a busy machine
LONGEST_START = 1.5
DEEDS = ("pause", "slow", "kill")


def send(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Ranks:
    def __init__(self, test, chance):
        self.test, self.chance, self.commands, self.right = test, chance, Commands(test), {}
        self.hung_launchers = 0  # Open MPI 4.1's may hang in its own end when a rank dies as it starts (scripts/chaos)

    def alone(self, name):
        """What the command says and leaves on one rank."""
        if name not in self.right:
            folder = self.commands.copy()
            result = self.commands.run(name, folder)
            self.right[name] = timeless(result.out.encode(), folder), files_of(folder)
            shutil.rmtree(folder)
        return self.right[name]

    def disturb(self, process, deed):
        """Returns the ranks' processes, and whether the deed reached one."""
        time.sleep(self.chance.uniform(0, LONGEST_START))
        ranks = children(process.pid) if process.poll() is None else []
        if not ranks:
            return ranks, False
        victim = self.chance.choice(ranks)
        if deed == "kill":
            send(victim, signal.SIGKILL)
            return ranks, True
        for _ in range(1 if deed == "pause" else 40):
            send(victim, signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.5, 3) if deed == "pause" else 0.02)
            send(victim, signal.SIGCONT)
            time.sleep(0.005)
        return ranks, True

    def run(self, name, folder, deed, ranks):
        """The command's status and words; whether it was disturbed."""
        command = self.test.command(self.commands.arguments(name, folder), ranks)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            pids, reached = [], False
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                pids, reached = self.disturb(process, deed)
            try:
                out, error = process.communicate(timeout=LONGEST_END if deed == "kill" else SECONDS)
            except subprocess.TimeoutExpired:
                alive = [pid for pid in pids if is_alive(pid)]
                self.hung_launchers += deed == "kill" and not alive
                self.test.expect(deed == "kill" and not alive, f"{name} on {ranks} ranks, {deed}: no end of {alive}")
                for pid in pids:
                    send(pid, signal.SIGKILL)
                process.kill()
                out, error = process.communicate()
        gone = wait_until(lambda: not any(is_alive(pid) for pid in pids), LONGEST_END)
        self.test.expect(gone, f"{name} on {ranks} ranks, {deed}: ranks are left over")
        return process.returncode, out, error.decode(errors="replace"), reached

    def go_on(self, name, folder, what):
        arguments = [a for a in self.commands.arguments(name, folder) if a != "--fresh"]
        again = self.test.run(*arguments, *([] if "--resume" in arguments else ["--resume"]))
        other = [n for n in differences(files_of(folder), self.alone(name)[1]) if ".tmp-" not in n]
        self.test.expect(again.status == 0 and not other, f"{what}, then --resume: {other}: {again.text()}")

    def case(self, name, deed):
        ranks, folder = self.chance.randint(2, 4), self.commands.copy()
        out, files = self.alone(name)
        before = files_of(folder)
        status, said, error, reached = self.run(name, folder, deed, ranks)
        what = f"{name} on {ranks} ranks, {deed}: exit status {status}, {error}"
        found = files_of(folder)
        if status == 0:
            other = differences(found, files)
            self.test.expect(timeless(said, folder) == out and not other, f"{what}: other files {other}, or answer")
        elif deed != "kill" or not reached:
            self.test.fail(f"{what}: it should have gone on")
        elif name in WRITES_RUNS and name != "verify":
            self.go_on(name, folder, what)
        else:
            bad = [n for n in found if found[n] not in (before.get(n), files.get(n)) and "tmp-" not in n
                   and not n.startswith(("new/", "csv/")) and not n.endswith(".lock")]
            self.test.expect(not bad, f"{what}: half-written: {bad}")
        shutil.rmtree(folder)
        return reached


def main():
    with Test() as test:
        ranks, reached = Ranks(test, random.Random(SEED)), 0
        names = [name for name in COMMANDS for _ in range(CASES)]
        if CASES == 1:  # the gate's: a few
            names = ranks.chance.sample(names, 6)
        for i, name in enumerate(names):
            if i % 50 == 0:
                print(f"{i} of {len(names)} jobs, {test.failures} failures", flush=True)
            reached += ranks.case(name, ranks.chance.choice(DEEDS))
        hung = ranks.hung_launchers
        print(f"{len(names)} jobs, {reached} of them disturbed; {hung} times the launcher hung with no rank left")
        test.expect(hung <= 1 + reached / 10, "the launcher hangs often")


main()
