#!/usr/bin/env python3
"""A rank that dies or stands still ends the whole job, with its name; nothing is left over.

    deaths.py TANDEM LAUNCHER...
"""
import os
import signal
import subprocess
import time

import h5py
import numpy

from program import SECONDS, Test, checkpoints, children, is_alive, log_objects, result_files, untimed, wait_until

SECTIONS = {"train": {"batch_size": 240, "shards": 8, "epochs": 100000}, "checkpoint": {"every_steps": 5}}
END = 30  # seconds: 5, the launcher's delay, and a busy machine


def infinite_datasets(file):
    """The names of those, metrics aside, that hold values that are not finite."""
    found = []

    def look(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and not name.startswith("metrics/"):
            found.extend([] if numpy.isfinite(item[()]).all() else [name])

    file.visititems(look)
    return found


class Deaths:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)

    def after(self, name, ranks, number, *more):
        """Lets this signal reach the last rank in the middle of a run; returns what was said."""
        run = self.test.folder / name
        arguments = ["train", self.config, "--data", self.data, "--run", run, *more]
        with subprocess.Popen(self.test.command(arguments, ranks), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            log = run / "log.jsonl"
            wait_until(lambda: log.exists() and log.read_bytes().count(b'"step"') > 6)
            pids = children(process.pid)
            os.kill(victim(pids, ranks - 1), number)
            try:
                said = process.communicate(timeout=SECONDS)[0].decode()
            except subprocess.TimeoutExpired:
                process.kill()
                said = "no end"
        self.test.expect(process.returncode not in (0, None), f"{name}: status {process.returncode}")
        gone = wait_until(lambda: not any(is_alive(p) for p in pids), END)
        self.test.expect(len(pids) == ranks and gone, f"{name}: ranks are left over: {said}")
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGKILL)
        self.test.expect(any(o["event"] == "step" for o in log_objects(run)), f"{name}: no last step")
        return said


def victim(pids, rank):
    """The process of a rank, by what its launcher told it."""
    for pid in pids:
        with open(f"/proc/{pid}/environ", "rb") as file:
            if {b"OMPI_COMM_WORLD_RANK=%d" % rank, b"PMI_RANK=%d" % rank} & set(file.read().split(b"\0")):
                return pid
    return pids[-1]


def killed(deaths):
    for ranks in (2, 4):
        begin = time.monotonic()
        said = deaths.after(f"killed-{ranks}", ranks, signal.SIGKILL)
        print(f"{ranks} ranks, one killed: {time.monotonic() - begin:.1f} s, start included")
        deaths.test.expect("signal 9" in said, f"killed-{ranks}: the launcher says {said}")


def faulty(deaths):
    if deaths.test.is_sanitized():
        return  # its own handler speaks
    for ranks in (2, 4):
        said = deaths.after(f"faulty-{ranks}", ranks, signal.SIGSEGV)
        if "Caught signal 11" in said:
            continue  # UCX, which some MPIs are linked with, has a handler before ours, and says host and process
        ours = [line for line in untimed(said).splitlines() if line.strip().startswith("tandem: rank")]
        parts = (f"rank {ranks - 1} on ", "step ", "ended by SIGSEGV")
        deaths.test.expect(len(ours) == 1 and all(p in ours[0] for p in parts),
                           f"faulty-{ranks}: expected one line with {parts}; found {said}")


def standing_still(deaths):
    """SIGSTOP takes the rank's threads along, its heartbeat too."""
    for name, ranks in (("stopped-3", 3), ("stopped-2", 2)):
        said = deaths.after(name, ranks, signal.SIGSTOP, "--set", "train.watchdog_seconds=2")
        ours = [line for line in untimed(said).splitlines() if line.strip().startswith("tandem: rank")]
        parts = ("rank 0 on ", "no progress for 2 seconds", f"rank {ranks - 1} on ", " is late: at step ",
                 "without a heartbeat")
        deaths.test.expect(len(ours) == 1 and all(p in ours[0] for p in parts) and ours[0].count("late") == 1,
                           f"{name}: expected one line with {parts}; found {said}")


def progress(deaths):
    """A watch does not end what goes on, and leaves no file."""
    run = deaths.test.folder / "watched"
    deaths.test.must("train", deaths.config, "--data", deaths.data, "--run", run, "--set",
                     "train.watchdog_seconds=5", "--set", "train.epochs=4", ranks=2)
    deaths.test.expect(not (run / "heartbeats").exists(), "heartbeats are left")


def numbers(deaths):
    """What stops at a number that is none keeps a last checkpoint without any, which names what to
    do; and that helps."""
    test, run, better = deaths.test, deaths.test.folder / "numbers", deaths.test.folder / "better"
    arguments = ["train", deaths.config, "--data", deaths.data, "--set", "checkpoint.every_steps=1"]
    wrong = ["--set", "optimizer.learning_rate=1e6", "--set", "optimizer.kind=sgd"]
    test.refuses("numbers", [*arguments, *wrong, "--run", run], "step ", "the last checkpoint is kept",
                 "begin another run with a lower optimizer.learning_rate", ranks=3)
    before = result_files(run)
    test.refuses("numbers again", [*arguments, *wrong, "--run", run, "--resume"], "step ", ranks=2)
    test.expect(before and result_files(run) == before, "numbers: a checkpoint changed")
    for file in checkpoints(run):
        with h5py.File(file) as content:
            infinite = infinite_datasets(content)
        test.expect(not infinite, f"numbers: {file.name} holds none in {infinite}")
    test.must(*arguments, "--run", better, "--set", "train.epochs=1", ranks=2)


def main():
    with Test() as test:
        deaths = Deaths(test)
        for case in (killed, faulty, standing_still, progress, numbers):
            case(deaths)


main()
