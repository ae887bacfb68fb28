#!/usr/bin/env python3
"""A wall clock that jumps by hours, back and forth: nothing depends on it.

    jumping_clock.py TANDEM JUMP_CLOCK LAUNCHER...

JUMP_CLOCK is the library made of jump_clock.c.
"""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, Test, checkpoints, log_objects, result_files, wait_until

SECTIONS = {"model": {"width": 8}, "train": {"batch_size": 240, "shards": 8, "epochs": 3},
            "eval": {"every_epochs": 1}, "checkpoint": {"every_epochs": 0, "keep": 0}}
STEPS = 30
ELSEWHERE = ["unshare", "--uts", "sh", "-c", "hostname elsewhere; exec \"$@\"", "sh"]


class Clock:
    def __init__(self, test, library):
        self.test, self.wrapper = test, ["env", f"LD_PRELOAD={library}"]
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)

    def arguments(self, run, *settings):
        return ["train", self.config, "--data", self.data, "--run", run,
                *[word for setting in settings for word in ("--set", setting)]]

    def train(self, name, *settings, ranks=None, wrapper=()):
        run = self.test.folder / name
        self.test.must(*self.arguments(run, *settings), ranks=ranks, wrapper=wrapper)
        return run


def jumps(clock):
    """The library does what it is for."""
    python = "import time; a, b = time.time(), time.time(); print(abs(a - b) > 3600)"
    found = subprocess.run([*clock.wrapper, sys.executable, "-c", python], check=True, capture_output=True).stdout
    clock.test.expect(found.strip() == b"True", f"the clock does not jump: {found}")


def by_time(clock):
    """Checkpoints by time: none is lost, none comes too early."""
    often = ("checkpoint.every_seconds=1e-9", "checkpoint.max_overhead=1")
    whole = clock.train("whole", *often)
    run = clock.train("often", *often, ranks=2, wrapper=clock.wrapper)
    clock.test.expect(len(checkpoints(run)) == STEPS, f"often: {len(checkpoints(run))} checkpoints")
    clock.test.expect(result_files(run) == result_files(whole), "often: other bytes")
    run = clock.train("seldom", "checkpoint.every_seconds=1800", ranks=3, wrapper=clock.wrapper)
    steps = [int(file.stem[5:]) for file in checkpoints(run)]
    clock.test.expect(steps == [STEPS], f"seldom: checkpoints {steps}")
    times = [o[key] for o in log_objects(run) for key in o if "seconds" in key]
    clock.test.expect(times and all(0 <= t < SECONDS for t in times), f"seldom: seconds in the log: {times}")


def alive(clock):
    """The watchdog does not bark, and a job on another host sees the heart beat."""
    run = clock.test.folder / "alive"
    long = clock.arguments(run, "train.epochs=1000000", "train.watchdog_seconds=6")
    command = clock.test.command(long, 2, clock.wrapper)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as job:
        there = wait_until(lambda: (run / "owner.json").exists() and (run / "log.jsonl").exists())
        clock.test.expect(there, "alive: it does not begin")
        if subprocess.run([*ELSEWHERE, "true"], check=False, capture_output=True).returncode == 0:
            second = clock.test.run(*long, "--resume", wrapper=[*ELSEWHERE, *clock.wrapper])
            clock.test.expect(second.status == 1 and "watching for" in second.error and
                              "is being trained by another job" in second.error, f"a second job: {second.text()}")
        else:
            print("another host is not tried: this user may not change the host's name")
            time.sleep(3)
        os.kill(job.pid, signal.SIGUSR1)
        error = job.communicate(timeout=SECONDS)[1].decode()
    clock.test.expect(job.returncode == 85, f"alive: status {job.returncode}: {error}")


def main():
    library = Path(sys.argv.pop(2)).resolve()
    with Test() as test:
        clock = Clock(test, library)
        for case in (jumps, by_time, alive):
            case(clock)


main()
