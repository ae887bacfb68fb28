#!/usr/bin/env python3
"""Jobs that change one run's metrics.h5 at the same time: none loses what another one found.

    evaluate_together.py TANDEM LAUNCHER...
"""
import os
import shutil
import signal
import subprocess
import time

from program import SECONDS, Test, checkpoints, left_behind, skip, wait_until

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

ROUNDS, AT_ONCE = 4, 8
SECTIONS = {
    "model": {"width": 8},
    "train": {"batch_size": 400, "shards": 4, "epochs": 3},
    "eval": {"ks": [5], "every_epochs": 0},
}
TABLE = "test/candidates=rows,exclude_seen=none,repeats=drop,sample=0,ties=expected"


class Together:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data", users=80, items=150, ratings=3000)
        self.config = test.config(**SECTIONS)
        self.run = test.folder / "run"
        test.must("train", self.config, "--data", self.data, "--run", self.run)
        self.steps = [int(f.stem[5:]) for f in checkpoints(self.run)]

    def copy(self, name):
        run = self.test.folder / name
        shutil.copytree(self.run, run)
        return run

    def start(self, run, step, k, ranks=None):
        return subprocess.Popen(
            self.test.command(["evaluate", "--run", run, "--checkpoint", step, "--set", f"eval.ks=[{k}]"], ranks),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, name, jobs):
        """Waits for jobs that have to succeed; returns what they said."""
        said = []
        for job in jobs:
            try:
                _, error = job.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                job.kill()
                _, error = job.communicate()
            said.append(error.decode())
            self.test.expect(job.returncode == 0, f"{name}: exit status {job.returncode}: {error.decode()}")
        return said

    def expect_nothing_left(self, name, run):
        locks = [f.name for f in run.iterdir() if "lock" in f.name]
        self.test.expect(not left_behind(run) and not locks, f"{name}: left: {left_behind(run)} {locks}")


def values_at(run, step):
    """By k, what metrics.h5 has at a step."""
    with h5py.File(run / "metrics.h5") as file:
        if TABLE not in file or step not in list(file[TABLE]["step"]):
            return {}
        table = file[TABLE]
        row = table["model/top_k_categorical_accuracy"][list(table["step"]).index(step)]
        return {int(k): v for k, v in zip(table["k"], row, strict=True) if not np.isnan(v)}


def evaluations(t):
    """Eight at once, of other k and other checkpoints, give the bytes that one after the other gives."""
    ks = list(range(1, AT_ONCE + 1))
    alone = t.copy("alone")
    for k in ks:
        t.end("alone", [t.start(alone, t.steps[k % len(t.steps)], k)])
    for i in range(ROUNDS):
        run = t.copy(f"together-{i}")
        t.end(f"round {i}", [t.start(run, t.steps[k % len(t.steps)], k, 2 if k == i else None) for k in ks])
        for step in t.steps:
            t.test.expect(values_at(run, step) == values_at(alone, step),
                          f"round {i}, step {step}: {values_at(run, step)}, expected {values_at(alone, step)}")
        t.test.expect((run / "metrics.h5").read_bytes() == (alone / "metrics.h5").read_bytes(),
                      f"round {i}: other bytes")
        t.expect_nothing_left(f"round {i}", run)


def training(t):
    """Evaluations beside training, which evaluates at the end of each of its short epochs."""
    run, whole = t.copy("trained"), t.copy("whole")

    def train(where, epochs):
        return ["train", t.config, "--data", t.data, "--run", where, "--resume", "--threads", 1,
                "--set", f"train.epochs={epochs}", "--set", "eval.every_epochs=1",
                "--set", "checkpoint.every_epochs=0"]
    ks = range(10, 30)
    with subprocess.Popen(t.test.command(train(run, 1000000)), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as job:
        begins = wait_until(lambda: last_step(run) > t.steps[-1])
        t.test.expect(begins, "training: no epoch ends")
        for k in ks[::4]:
            t.end("beside training", [t.start(run, t.steps[0], i, 2 if i == k else None) for i in range(k, k + 4)])
        t.test.expect(job.poll() is None, "training: it ended beside evaluations")
        job.terminate()
        error = job.communicate(timeout=SECONDS)[1].decode()
        t.test.expect(job.returncode == 143, f"training: exit status {job.returncode}: {error}")
    found = values_at(run, t.steps[0])
    t.test.expect(set(ks) <= set(found), f"training: lost {sorted(set(ks) - set(found))}")
    t.test.must(*train(whole, epochs := last_step(run) * len(t.steps) // t.steps[-1]))
    with h5py.File(run / "metrics.h5") as ours, h5py.File(whole / "metrics.h5") as theirs:
        for name in ("step", "retrieval_loss"):
            t.test.expect(np.array_equal(ours[f"training/{name}"], theirs[f"training/{name}"]),
                          f"training: another training/{name} of {epochs} epochs")
        steps = list(theirs[TABLE]["step"])
        t.test.expect(list(ours[TABLE]["step"]) == [t.steps[0], *steps], "training: an epoch's evaluation was lost")
    t.test.expect(all(values_at(run, s) == values_at(whole, s) for s in steps), "training: another evaluation")
    t.expect_nothing_left("training", run)


def last_step(run):
    """Of training, in metrics.h5."""
    with h5py.File(run / "metrics.h5") as file:
        return int(file["training/step"][-1])


def stop_in_its_turn(job, lock):
    """Stops a job that is just changing the file; false if it ended before it was met."""
    while job.poll() is None:
        if lock.exists():
            os.kill(job.pid, signal.SIGSTOP)
            time.sleep(0.05)
            if lock.exists():
                return True
            os.kill(job.pid, signal.SIGCONT)
    return False


def start_and_stop(t, run, k):
    """A job that stands still in the middle of its change."""
    for _ in range(50):
        job = t.start(run, t.steps[0], k)
        if stop_in_its_turn(job, run / "metrics.h5.lock"):
            return job
        job.communicate()
    t.test.fail("no job was met in its turn")
    return None


def killed(t):
    """Whoever dies in its turn does not keep others from theirs."""
    run = t.copy("killed")
    job = start_and_stop(t, run, 1)
    if not job:
        return
    job.kill()
    job.communicate()
    begin = time.monotonic()
    t.end("after one that was killed", [t.start(run, t.steps[0], k) for k in (2, 3, 4)])
    t.test.expect(time.monotonic() - begin < 20, "after one that was killed: that took long")
    t.test.expect({2, 3, 4} <= set(values_at(run, t.steps[0])), f"killed: {values_at(run, t.steps[0])}")
    jobs = [t.start(run, t.steps[1], k) for k in range(1, 13)]
    for i, job in enumerate(jobs):
        if i % 3 == 0:
            time.sleep(0.05)
            job.kill()
    kept = [job for i, job in enumerate(jobs) if i % 3 != 0]
    t.end("beside some that are killed", kept)
    expected = {k for i, k in enumerate(range(1, 13)) if i % 3 != 0}
    t.test.expect(expected <= set(values_at(run, t.steps[1])), f"some killed: {values_at(run, t.steps[1])}")
    for job in jobs[::3]:
        job.communicate()


def stopped(t):
    """Whoever stands still in its turn is named, passed over, and begins again when it goes on."""
    run = t.copy("stopped")
    job = start_and_stop(t, run, 1)
    if not job:
        return
    try:
        said = t.end("beside one that stands still", [t.start(run, t.steps[0], k) for k in (2, 3)])
        for words in said:
            t.test.expect(f"process {job.pid}" in words, f"stopped: who is waited for is not named: {words}")
        t.test.expect(set(values_at(run, t.steps[0])) >= {2, 3}, f"stopped: {values_at(run, t.steps[0])}")
    finally:
        os.kill(job.pid, signal.SIGCONT)
    t.end("one that stood still", [job])
    t.test.expect(set(values_at(run, t.steps[0])) >= {1, 2, 3}, f"stopped: {values_at(run, t.steps[0])}")
    t.expect_nothing_left("stopped", run)


def begun_anew(t):
    """What was found of a run that is no more does not get into the one that follows it."""
    for attempt in range(10):
        run = t.copy(f"anew{attempt}")
        job = start_and_stop(t, run, 1)
        if not job:
            return
        if 1 not in values_at(run, t.steps[0]):
            break
        os.kill(job.pid, signal.SIGCONT)  # its change was done already
        job.communicate(timeout=SECONDS)
    other = t.test.must("train", t.config, "--data", t.data, "--run", run, "--fresh", "--set", "train.seed=7",
                        "--set", "eval.every_epochs=1")
    os.kill(job.pid, signal.SIGCONT)
    error = job.communicate(timeout=SECONDS)[1].decode()
    t.test.expect(job.returncode == 1 and "begun anew" in error, f"anew: {job.returncode}: {error}")
    t.test.expect(set(values_at(run, t.steps[0])) == {5}, f"anew: {values_at(run, t.steps[0])} {other.error}")
    t.expect_nothing_left("anew", run)


def main():
    with Test() as test:
        together = Together(test)
        for case in (evaluations, training, killed, stopped, begun_anew):
            print(case.__name__, flush=True)
            case(together)


main()
