#!/usr/bin/env python3
"""How a run begins: what is found in its folder, who owns it, what may change when it goes on.

    start.py TANDEM LAUNCHER...
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from program import Test, checkpoints, children, left_behind, log_objects, result_files, wait_until

SECTIONS = {
    "train": {"batch_size": 240, "shards": 8, "epochs": 2, "seed": 5},
    "checkpoint": {"every_steps": 4},
}


class Start:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.whole = self.train("whole")

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def train(self, name, *more, says="", **layout):
        run = self.test.folder / name
        self.test.must(*self.arguments(run, *more), says=says, **layout)
        self.test.expect(not (run / "owner.json").exists(), f"{name}: the record stays")
        return run

    def copy(self, name, newest=None):
        """A copy of the whole run; newest: as if it had stopped after this checkpoint."""
        run = self.test.folder / name
        shutil.copytree(self.whole, run)
        for file in checkpoints(run):
            if newest is not None and int(file.stem[5:]) > newest:
                file.unlink()
        return run

    def refuses(self, run, more, *parts, **layout):
        """A refusal that changes nothing and keeps no record."""
        before = contents(run)
        self.test.refuses(f"{run.name} {more}", self.arguments(run, *more), *parts, **layout)
        self.test.expect(contents(run) == before, f"{run.name} {more}: a refusal changed the folder")


def contents(run):
    return {f: f.read_bytes() for f in run.rglob("*") if f.is_file()}


def what_is_there(start):
    test, files = start.test, result_files(start.whole)
    start.refuses(start.whole, [], "holds a finished run", "2 epochs", "--resume", "train.epochs",
                  "--fresh", ranks=2)
    start.refuses(start.copy("half", 12), [], "already holds a run", "--resume", "--fresh")
    start.refuses(start.copy("none", -1), [], "already holds a run", "--resume", "--fresh")
    test.refuses("both", start.arguments(start.whole, "--resume", "--fresh"), "choose one", status=2)
    start.train("whole", "--resume", says="nothing is left to do", ranks=2)
    test.expect(result_files(start.whole) == files, "a finished run changed")
    run = start.train("new", "--resume", says="has no checkpoint yet: starting at step 0")
    test.expect(result_files(run) == files, "--resume into nothing: another run")
    run = start.copy("no-json", 12)
    (run / "run.json").unlink()
    start.refuses(run, [], "already holds a run")


def begins_afresh(start):
    """What is not a run's stays, and nothing of the old run is in the new one."""
    test, run = start.test, start.copy("fresh")
    (run / "notes.txt").write_text("mine")
    (run / "checkpoints" / "step-4.h5").write_text("mine")
    (run / "metrics.h5").write_bytes(b"damaged")
    (run / "checkpoints" / "step-000000000999.h5").write_bytes(b"damaged")
    start.train("fresh", "--fresh", "--set", "train.seed=6", says="removing the run", ranks=2)
    other = start.train("other", "--fresh", "--set", "train.seed=6")
    test.expect(result_files(run).items() >= result_files(other).items(), "--fresh: other bytes")
    names = sorted(f.name for f in (run / "checkpoints").iterdir())
    test.expect("step-000000000999.h5" not in names, "--fresh: a checkpoint of the old run stays")
    test.expect((run / "notes.txt").read_text() == "mine" and "step-4.h5" in names,
                "--fresh removed what is not a run's")
    test.expect(len([o for o in log_objects(run) if o["event"] == "start"]) == 1, "--fresh: old log")
    test.expect(result_files(run) != result_files(start.whole), "another seed gave the same run")


def without_its_checkpoints(start):
    """A run whose folder of checkpoints is gone begins again, and says so; who asks for neither is refused."""
    for more, says in (("--resume", "starting at step 0"), ("--fresh", "removing the run")):
        run = start.copy(f"lost{more}", 12)
        shutil.rmtree(run / "checkpoints")
        start.refuses(run, [], "already holds a run")
        shutil.rmtree(run / "checkpoints")
        found = start.test.must(*start.arguments(run, more), says=says, ranks=2)
        start.test.expect(f"{run}/checkpoints is gone" in found.error, f"{more}: {found.error}")
        start.test.expect(result_files(run) == result_files(start.whole), f"{more}: other bytes")


def interrupted_watch(start):
    """Whoever waits for a sign of life of an owner elsewhere may still be stopped."""
    run = start.copy("watched", 12)
    put(run, mine(host="elsewhere"))
    with subprocess.Popen(start.test.command(start.arguments(run, "--resume")), stderr=subprocess.PIPE) as job:
        said = job.stderr.readline().decode()
        begin = time.monotonic()
        job.send_signal(signal.SIGINT)
        rest = end_of(job)
    start.test.expect("watching for 30 seconds" in said and time.monotonic() - begin < 15 and
                      job.returncode == -signal.SIGINT and "stopped by SIGINT" in rest, f"watched: {said}{rest}")


def keeps_a_users_files(start):
    """Files of names that a run's have, in a folder without a run, are somebody's."""
    run = start.test.folder / "somebody's"
    for name, more in (("config.yaml", []), ("log.jsonl", ["--resume"]), ("metrics.h5", ["--fresh"]),
                       ("heartbeats", [])):
        run.mkdir()
        (run / name).write_text("mine")
        start.refuses(run, more, str(run / name), "is no run's", "another --run", status=2)
        start.test.expect(not (run / "checkpoints").exists(), "a refusal made a folder")
        (run / "checkpoints").mkdir()
        start.refuses(run, more, str(run / name), "is no run's", "another --run", status=2, ranks=2)
        shutil.rmtree(run)


def keeps_a_users_data(start):
    """A data file that its user keeps in the run's folder is not the run's own, whatever its name."""
    run, config = start.test.folder / "beside", start.config
    run.mkdir()
    data = run / "data.h5"
    shutil.copy(start.data, data)
    for more in ((), ("--fresh",), ("--fresh", "--set", "train.seed=6")):
        start.test.must("train", config, "--data", data, "--run", run, *more, ranks=2)
        start.test.expect(data.read_bytes() == start.data.read_bytes(), f"{more}: the data file is not as it was")
    start.refuses(run, ["--fresh", "--warm-start", start.whole, "--keep-absent"], str(data), "found another one")
    start.train("beside", "--fresh")
    start.test.expect(data.read_bytes() == start.data.read_bytes(), "--fresh removed a data file that is no run's")


def what_may_change(start):
    run = start.copy("changes", 12)
    result = start.test.run(*start.arguments(run, "--resume", "--set", "model.width=16", "--set",
                                             "train.seed=7", "--set", "train.shards=4"), ranks=2)
    lines = [line.strip() for line in result.error.splitlines()]
    for line in ("model.width: it is 16 here and 32 there", "train.seed: it is 7 here and 5 there",
                 "train.shards: it is 4 here and 8 there"):
        start.test.expect(line in lines, f"a forbidden change: no line '{line}' in {result.text()}")
    start.test.expect(result.status == 1, f"a forbidden change: {result.text()}")
    start.refuses(run, ["--resume", "--set", "train.epochs=1"], "train.epochs is 1 here", "epoch 2")
    start.train("changes", "--resume", "--threads", 1, "--set", "train.epochs=3", "--set",
                "checkpoint.keep=0", "--set", "checkpoint.every_steps=7", "--set", "eval.ks=[3]",
                "--set", "train.watchdog_seconds=30", says="going on")
    whole = start.train("three", "--set", "train.epochs=3")
    start.test.expect(checkpoints(run)[-1].read_bytes() == checkpoints(whole)[-1].read_bytes(),
                      "free keys changed the result")


def mine(**changes):
    """A record of this very process, which lives, with changes."""
    stat = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
    record = {"host": socket.gethostname(), "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
              "pid_space": os.readlink("/proc/self/ns/pid"), "pid": os.getpid(), "pid_start": int(stat[19]),
              "cluster": "", "slurm_job": "", "slurm_restarts": 0, "since": 1700000000,
              "nonce": "0123456789abcdef" * 2}
    return {**record, **changes}


def put(run, record):
    (run / "owner.json").write_text(record if isinstance(record, str) else json.dumps(record))


def slurm(**variables):
    return ["env", *(f"{name}={value}" for name, value in variables.items())]


def owners(start):
    """Records of owners that live, and of those that do not."""
    run = start.copy("owned", 12)
    put(run, mine())
    parts = ("is being trained by another job", f"host {socket.gethostname()}",
             f"process {os.getpid()}", "since 2023-11-14 22:13:20 UTC")
    start.refuses(run, ["--resume"], *parts, ranks=2)
    start.refuses(run, ["--fresh"], *parts)
    put(run, mine(slurm_job="77", slurm_restarts=1))
    start.refuses(run, ["--resume"], "Slurm job 77 (restart 1)",
                  wrapper=slurm(SLURM_JOB_ID=77, SLURM_RESTART_COUNT=1))
    start.refuses(run, ["--resume"], "Slurm job 77",
                  wrapper=slurm(SLURM_JOB_ID=78, SLURM_RESTART_COUNT=2))
    put(run, "{}")
    start.refuses(run, ["--resume"], "owner.json", "no record")
    gone = {"gone": mine(pid_start=1), "no-process": mine(pid=1 << 40), "rebooted": mine(boot="another"),
            "requeued": mine(host="elsewhere", slurm_job="77", slurm_restarts=1)}
    for name, record in gone.items():
        run = start.copy(name, 12)
        put(run, record)
        begin = time.monotonic()
        start.train(name, "--resume", says="taking over from an owner that is gone", ranks=2,
                    wrapper=slurm(SLURM_JOB_ID=77, SLURM_RESTART_COUNT=2))
        start.test.expect(time.monotonic() - begin < 20, f"{name}: not taken over at once")
        start.test.expect(result_files(run) == result_files(start.whole), f"{name}: other bytes")


def signal_all(processes, number):
    for process in processes:
        os.kill(process, number)


def stop_in_a_write(run, processes):
    """Stops them all; true if a checkpoint is half-written then. Else they go on."""
    signal_all(processes, signal.SIGSTOP)
    wait_until(lambda: all(Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
                           for p in processes))
    if list((run / "checkpoints").glob(".step-*.tmp-*")):
        return True
    signal_all(processes, signal.SIGCONT)
    return False


def end_of(job, seconds=60):
    """What a job says until its end, which comes by itself or is brought about."""
    try:
        return job.communicate(timeout=seconds)[1].decode()
    except subprocess.TimeoutExpired:
        job.kill()
        return f"nothing that ended it in {seconds} seconds"


def two_jobs(start):
    """The second is refused while the first lives, who then loses its record and must not publish."""
    test, run = start.test, start.test.folder / "two"
    long = start.arguments(run, "--set", "train.epochs=100000", "--set", "checkpoint.keep=2")
    with subprocess.Popen(test.command(long, ranks=2), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as first:
        there = wait_until(lambda: (run / "checkpoints").exists() and checkpoints(run))
        test.expect(there, "two jobs: the first does not train")
        owner = json.loads((run / "owner.json").read_text())
        for more in ("--resume", "--fresh"):
            test.refuses(f"two jobs {more}", start.arguments(run, more), "by another job",
                         f"process {owner['pid']}", ranks=2)
        # Its epochs last some ms: metrics.h5 must not be replaced just while it is being opened.
        # It is stopped in the middle of a checkpoint, which must not appear later.
        ranks = children(first.pid)
        test.expect(wait_until(lambda: stop_in_a_write(run, ranks)), "two jobs: no checkpoint's write met")
        test.must("inspect", run)
        test.must("evaluate", "--run", run)
        test.refuses("two jobs, one stopped", start.arguments(run, "--resume"), "by another job")
        put(run, mine(nonce="f" * 32, slurm_job="99"))
        before = result_files(run)
        signal_all(ranks, signal.SIGCONT)
        error = end_of(first)
        test.expect(first.returncode != 0 and "no longer this job's" in error and
                    "Slurm job 99" in error, f"two jobs: the first went on, or said {error}")
    test.expect(result_files(run) == before, "two jobs: the first published what was not its own")
    test.expect(json.loads((run / "owner.json").read_text())["nonce"] == "f" * 32,
                "two jobs: the first removed the second's record")
    test.expect(not left_behind(run), f"two jobs: {left_behind(run)}")


def killed(start):
    """A record that a killed job leaves is no obstacle."""
    test, run = start.test, start.test.folder / "killed"
    arguments = start.arguments(run, "--set", "train.epochs=100000")
    with subprocess.Popen(test.command(arguments), stderr=subprocess.DEVNULL) as job:
        wait_until(lambda: (run / "checkpoints").exists() and checkpoints(run))
        job.send_signal(signal.SIGKILL)
    test.expect((run / "owner.json").exists(), "killed: no record was left")
    start.train("killed", "--fresh", says="taking over", ranks=2)
    test.expect(result_files(run) == result_files(start.whole), "killed: other bytes")


def leftovers(start):
    """What nobody but an owner writes is left over whatever process has its number; what others
    write too, unless it is open; what is not ours stays."""
    test, run, me = start.test, start.copy("leftovers", 12), os.getpid()
    ours = [f"checkpoints/.step-000000000016.h5.tmp-{me}", f".config.yaml.tmp-{me}-1",
            f".log.jsonl.tmp-{me}", f".run.json.tmp-{me}", f".metrics.h5.tmp-{me}-1",
            f".owner.json.tmp-{me}-{'0' * 32}", ".metrics.h5.tmp-99999999"]
    others = [f".metrics.h5.tmp-{me}", f".notes.tmp-{me}", f"checkpoints/.step-4.h5.tmp-{me}"]
    for name in ours + others:
        (run / name).write_text("left over")
    with open(run / others[0], encoding="utf-8"), open(run / ours[0], encoding="utf-8"):
        start.train("leftovers", "--resume", ranks=2)
    left = sorted(left_behind(run))
    test.expect(left == sorted(str(run / n) for n in others), f"left behind: {left}")
    test.expect(result_files(run) == result_files(start.whole), "leftovers: other bytes")


def main():
    cases = [what_is_there, begins_afresh, without_its_checkpoints, interrupted_watch, keeps_a_users_files,
             keeps_a_users_data, what_may_change, owners, two_jobs, killed, leftovers]
    with Test() as test:
        start = Start(test)
        for case in cases:
            case(start)


sys.exit(main())
