#!/usr/bin/env python3
"""The scripts of slurm/ on a real Slurm of several nodes: each case has a cluster of its own.

    slurm.py CASE SOURCE_FOLDER TANDEM

A job's result is compared with that of one process without Slurm. The case `limit` waits for a real
time limit, minutes long; no gate runs it.
"""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

STEPS = 10  # an epoch's, of 2400 training rows
EPOCHS = 400
case, source = sys.argv[1:3]
sys.argv[1:] = sys.argv[3:]

from cluster import Cluster  # noqa: E402  (program.py takes its arguments from sys.argv)
from program import SECONDS, Test, checkpoints, left_behind, log_objects, wait_until  # noqa: E402


class Training:
    def __init__(self, test, cluster, epochs=EPOCHS, **checkpoint):
        self.test, self.cluster, self.run = test, cluster, test.folder / "run"
        self.data = test.make_data("data")
        self.config = test.config(train={"batch_size": 240, "shards": 8, "epochs": epochs},
                                  checkpoint=checkpoint or {"every_epochs": 5})
        self.cluster.environment |= {"TANDEM_CONFIG": str(self.config), "TANDEM_DATA": str(self.data),
                                     "TANDEM_RUN": str(self.run)}

    def submit(self, *options, **more):
        return self.cluster.submit("train.sbatch", "--nodes=1-2", *options, **more)

    def local(self, *settings):
        """The checksum of the run that nothing disturbs."""
        run = self.test.folder / f"local-{len(settings)}"
        self.test.must("train", self.config, "--data", self.data, "--run", run,
                       *[w for s in settings for w in ("--set", s)])
        return self.checksum(run)

    def checksum(self, run):
        return self.test.must("inspect", run, "--checksum").out.strip()

    def compare(self):
        found, expected = self.checksum(self.run), self.local()
        self.test.expect(found == expected, f"expected checksum {expected}, found {found}")

    def expect_tidy(self):
        """Nobody was killed, so there is no half-written file."""
        self.test.expect(not left_behind(self.run), f"left behind: {left_behind(self.run)}")

    def newest(self):
        return max((int(f.stem[5:]) for f in checkpoints(self.run)), default=0)


def finish(test, cluster):
    """Case 1: two nodes, the result of one process."""
    training = Training(test, cluster)
    job = training.submit("--nodes=2").finish()
    test.expect(job.restarts() == 0, f"expected no restart, found {job.restarts()}")
    test.expect("-[1-2]" in job.nodes(0), f"expected two nodes, found {job.nodes(0)}")
    training.compare()
    training.expect_tidy()


def requeue(test, cluster):
    """Case 2: the warning, twice in one job."""
    training = Training(test, cluster, every_epochs=0, every_seconds=0)
    job = training.submit()
    for attempt in range(2):
        job.wait_for_epochs(attempt)
        seen = job.epoch(attempt)
        cluster.slurm("scancel", "--batch", "--signal=USR1", job.number)
        cluster.wait(f"restart {attempt + 1}", SECONDS, lambda now=attempt: job.restarts() > now)
        cluster.wait("the next attempt's checkpoint", SECONDS, lambda now=attempt: job.went_on_from(now + 1))
        test.expect("exit status 85\n" in job.log(attempt), "the program did not end with 85")
        test.expect(job.went_on_from(attempt + 1) >= seen * STEPS,
                    f"epoch {seen} was done; went on from step {job.went_on_from(attempt + 1)}")
    job.finish()
    test.expect(job.restarts() == 2, f"expected 2 restarts, found {job.restarts()}")
    training.compare()
    training.expect_tidy()


def control(test, cluster):
    """Case 3: scancel, scontrol requeue, a node set down: only the signal makes checkpoints."""
    training = Training(test, cluster, every_epochs=0, every_seconds=0)
    job = training.submit()
    job.wait_for_epochs(0)
    seen = job.epoch(0)
    cluster.slurm("scancel", job.number)
    job.finish("CANCELLED")
    test.expect(job.restarts() == 0, "a canceled job came back")
    test.expect(training.newest() >= seen * STEPS, f"epoch {seen} was done; {training.newest()} is kept")

    job = training.submit()
    cluster.wait("the checkpoint", SECONDS, lambda: job.went_on_from(0))
    for attempt, command in enumerate((
            ["scontrol", "requeue", job.number],
            ["scontrol", "update", f"nodename={cluster.nodes[1]}", "state=down", "reason=test"])):
        job.wait_for_epochs(attempt)
        seen = job.epoch(attempt)
        cluster.slurm(*command)
        cluster.wait(f"restart after {command[1]}", SECONDS, lambda now=attempt: job.went_on_from(now + 1))
        test.expect(job.went_on_from(attempt + 1) >= seen * STEPS,
                    f"{command[1]}: epoch {seen} was done; went on from step {job.went_on_from(attempt + 1)}")
    job.finish()
    test.expect(job.nodes(2) == cluster.nodes[0], f"the last attempt ran on {job.nodes(2)}")
    training.compare()
    training.expect_tidy()


def node(test, cluster):
    """Case 4: a node's power is cut; the job comes back on the one that is left."""
    training = Training(test, cluster)
    job = training.submit("--nodes=1-2")
    job.wait_for_epochs(0, 20)
    test.expect("-[1-2]" in job.nodes(0), f"expected two nodes, found {job.nodes(0)}")
    cluster.testbed("kill", cluster.nodes[1])
    job.finish()
    test.expect(job.restarts() >= 1, f"expected a restart, found {job.restarts()}")
    test.expect(job.nodes(job.restarts()) == cluster.nodes[0], f"came back on {job.nodes(job.restarts())}")
    test.expect((job.went_on_from(job.restarts()) or 0) > 0, "began anew")
    training.compare()


def expect_table(test, sweep, keys):
    """One job behind the array has written it: every point, the best by validation rows first."""
    logs = list(test.folder.glob("tandem-table-*.log"))
    test.expect(len(logs) == 1, f"expected one log of a table; found {logs}")
    lines = (sweep / "sweep" / "table.tsv").read_text().splitlines() if logs else [""]
    values = [float(line.split("\t")[0]) for line in lines[1:]]
    test.expect(lines[0].split("\t")[1:] == ["step", "state", *keys, "run"], f"table: {lines}")
    test.expect(len(values) == 4 and values == sorted(values, reverse=True), f"table: {lines}")
    test.expect("of the validation rows" in logs[0].read_text(), logs[0].read_text())


def workflow(test, cluster):
    """Case 5: the sweep's runs and the chain's files are those of the commands by hand."""
    training = Training(test, cluster)
    grid, chosen = {"train.epochs": (2, 3), "model.width": (4, 8)}, test.folder / "chosen.h5"
    test.must("prepare", "--format", "movielens-csv", test.folder / "data", "--split", "leave_one_out", "--out", chosen)
    file = test.folder / "grid.txt"
    file.write_text("".join(f"{key} = {' | '.join(map(str, values))}\n" for key, values in grid.items()))

    def sweep():
        return cluster.slurm(training.cluster.source / "slurm/sweep.sbatch", "--cpus-per-task=1", TANDEM_GRID=file,
                             TANDEM_DATA=chosen, TANDEM_RUN=test.folder / "sweep", TANDEM_RANKS_PER_NODE=1)

    said = sweep()
    array = re.search(r"\d+$", said, re.M).group()
    chain = cluster.slurm(training.cluster.source / "slurm/chain.sh", TANDEM_INPUT=test.folder / "data",
                          TANDEM_DATA=test.folder / "chain.h5", TANDEM_RUN=test.folder / "chain",
                          TANDEM_OPTIONS="--set train.epochs=3")
    cluster.wait("the end of sweep and chain", 120, lambda: not cluster.slurm("squeue", "-h"))
    for epochs in grid["train.epochs"]:
        for width in grid["model.width"]:
            settings = [f"train.epochs={epochs}", f"model.width={width}"]
            run, hand = test.folder / "sweep" / ",".join(settings), test.folder / f"hand-{epochs}-{width}"
            test.must("train", training.config, "--data", chosen, "--run", hand,
                      "--set", settings[0], "--set", settings[1])
            test.expect(run.is_dir() and training.checksum(run) == training.checksum(hand),
                        f"sweep {array}: {run.name} is not the run by hand")
    expect_table(test, test.folder / "sweep", list(grid))
    again = sweep()
    test.expect("best: " in again and "Submitted" not in again, f"all was done, but: {again}")
    hand = test.folder / "hand.tsv"
    chained = test.folder / "chain"
    test.expect(training.checksum(chained) == training.local("train.epochs=3"), f"{chain}: another result")
    test.must("recommend", "--run", chained, "--all-users", "--exclude-seen", "--out", hand)
    lists = chained / "recommendations.tsv"
    test.expect(lists.exists() and lists.read_bytes() == hand.read_bytes(), f"{chain}: other recommendations")


def is_rank(process, run):
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"srun" not in words[0] and words[1:2] == [b"train"] and str(run).encode() in words


class Step:
    """A step of four ranks on two nodes, from srun itself, that goes on until somebody ends it."""

    def __init__(self, training, name, *settings):
        self.training, self.run = training, training.test.folder / name
        words = [w for s in ("train.epochs=1000000", *settings) for w in ("--set", s)]
        command = training.test.command(["train", training.config, "--data", training.data, "--run", self.run, *words])
        self.process = subprocess.Popen(
            ["srun", "--mpi=pmix", "--kill-on-bad-exit=1", "--nodes=2", "--ntasks=4", "--overcommit",
             f"--job-name={name}", *command], cwd=training.test.folder,
            env=training.cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = self.run / "log.jsonl"
        training.cluster.wait(f"steps of {name}", 90, lambda: log.exists() and log.read_bytes().count(b'"step"') > 20)
        self.ranks = [p for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_rank(p, self.run)]

    def interrupt_all(self):
        job = self.training.cluster.slurm("squeue", "-h", "-o", "%A", f"--name={self.run.name}")
        self.training.cluster.slurm("scancel", "--signal=INT", f"{job}.0")

    def send(self, *signals):
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.2)

    def expect(self, statuses, is_saved, says):
        """The step ends with one of these, the highest of its ranks', and leaves none of them. Whether the last
        step is saved: None, it may be."""
        begin, test = time.monotonic(), self.training.test
        try:
            said = self.process.communicate(timeout=SECONDS)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.process.kill()
            said = f"no end in {SECONDS} seconds"
        gone = wait_until(lambda: not any(is_rank(p, self.run) for p in self.ranks))
        print(f"{self.run.name}: status {self.process.returncode}, {time.monotonic() - begin:.1f} s", flush=True)
        test.expect(self.process.returncode in statuses and gone and says in said,
                    f"{self.run.name}: expected status {statuses} and '{says}'; found {self.process.returncode}, "
                    f"{said}")
        last = max(o["step"] for o in log_objects(self.run) if o["event"] == "step")
        saved = [int(f.stem[5:]) for f in checkpoints(self.run)][-1:]
        may_be = {True: [[last]], False: [[]], None: [[last], []]}[is_saved]
        test.expect(saved in may_be, f"{self.run.name}: checkpoints {saved}, step {last}")


def direct(test, cluster):
    """Case 6: signals to srun and to its ranks, a rank that dies, one that stands still."""
    training = Training(test, cluster, every_epochs=0)
    step = Step(training, "requeue-me")
    step.send(signal.SIGUSR1)
    step.expect([85], True, "stopped by SIGUSR1")
    step = Step(training, "interrupted")
    step.interrupt_all()
    step.expect([130], True, "stopped by SIGINT")
    step = Step(training, "interrupted-twice")
    os.kill(step.ranks[0], signal.SIGSTOP)  # so that no step ends before the second one
    for _ in range(2):
        os.kill(step.ranks[-1], signal.SIGINT)
        time.sleep(0.2)
    step.expect([137], False, "Exited with exit code 130")
    step = Step(training, "control-c-twice")
    step.send(signal.SIGINT, signal.SIGINT)  # srun hands the first on: ranks may have time to heed it
    step.expect([137], None, "forcing job termination")
    step = Step(training, "terminated")
    step.send(signal.SIGTERM)
    step.expect([137], False, "forcing job termination")
    step = Step(training, "a-rank-killed")
    os.kill(step.ranks[-1], signal.SIGKILL)
    step.expect([137], False, ": Killed")
    step = Step(training, "a-rank-stopped", "train.watchdog_seconds=5")
    os.kill(step.ranks[-1], signal.SIGSTOP)
    step.expect([1, 137], False, "no progress for 5 seconds (train.watchdog_seconds): rank ")


def limit(test, cluster):
    """The warning before a real limit, which Slurm looks at every 30 s."""
    training = Training(test, cluster, epochs=60000, every_epochs=0, every_seconds=0)
    job = training.submit("--time=2", "--signal=B:USR1@60")
    cluster.wait("two restarts by time limits", 400, lambda: job.restarts() >= 2)
    cluster.wait("the checkpoint", SECONDS, lambda: job.went_on_from(2))
    test.expect(job.log().count("exit status 85\n") == 2, "not every attempt ended with 85")
    cluster.slurm("scancel", job.number)
    job.finish("CANCELLED")


CASES = {f.__name__: f for f in (finish, requeue, control, node, workflow, direct, limit)}

if __name__ == "__main__":
    with Test() as tested, Cluster(tested, source) as slurm:
        CASES[case](tested, slurm)
