#!/usr/bin/env python3
"""A rank that dies or stands still ends the whole job, with its name; nothing is left over.

    deaths.py TANDEM LAUNCHER...
"""
import os
import signal
import subprocess
import time

from program import SECONDS, Test, children, is_alive, log_objects, wait_until

SECTIONS = {"train": {"batch_size": 240, "shards": 8, "epochs": 100000}, "checkpoint": {"every_steps": 5}}
END = 30  # seconds: 5, the launcher's delay, and a busy machine


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
            if b"OMPI_COMM_WORLD_RANK=%d" % rank in file.read().split(b"\0"):
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
        ours = [line for line in said.splitlines() if line.strip().startswith("tandem: rank")]
        parts = (f"rank {ranks - 1} on ", "step ", "ended by SIGSEGV")
        deaths.test.expect(len(ours) == 1 and all(p in ours[0] for p in parts),
                           f"faulty-{ranks}: expected one line with {parts}; found {said}")


def main():
    with Test() as test:
        deaths = Deaths(test)
        for case in (killed, faulty):
            case(deaths)


main()
