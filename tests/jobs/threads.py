#!/usr/bin/env python3
"""How many threads a rank works with, and by whose word; a launcher that MPI does not understand.

    threads.py TANDEM LAUNCHER...
"""
import os
import re
import sys
from pathlib import Path

from program import Test, log_objects

SECTIONS = {"train": {"batch_size": 240, "shards": 8, "epochs": 1}, "eval": {"ks": [1]}}


class Threads:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.cores = len(os.sched_getaffinity(0))
        self.checksums = set()

    def start_of(self, *more, ranks=None, says="", **environment):
        """The log's first line of a run with these variables, and what was said."""
        run = self.test.folder / "run"
        variables = [f"{name}={value}" for name, value in environment.items()]
        result = self.test.must("train", self.config, "--data", self.data, "--run", run, "--fresh", *more,
                                ranks=ranks, says=says, wrapper=["env", "-u", "OMP_NUM_THREADS", *variables])
        self.checksums.add(self.test.must("inspect", run, "--checksum").out)
        return log_objects(run)[0], result.error

    def expect(self, name, found, count, by):
        start, _ = found
        if by == "affinity mask" and start["threads_by"] == "quota of the control group":
            count, by = min(count, start["threads"]), start["threads_by"]  # a container has its own word
        self.test.expect((start["threads"], start["threads_by"]) == (count, by),
                         f"{name}: {start['threads']} threads by {start['threads_by']}")


def by_whose_word(t):
    t.expect("nobody", t.start_of(), t.cores, "affinity mask")
    t.expect("two ranks", t.start_of(ranks=2), max(t.cores // 2, 1), "affinity mask")
    t.expect("OpenMP", t.start_of(OMP_NUM_THREADS=3), 3, "OMP_NUM_THREADS")
    t.expect("OpenMP's list", t.start_of(OMP_NUM_THREADS="3,2"), 3, "OMP_NUM_THREADS")
    t.expect("Slurm", t.start_of(SLURM_CPUS_PER_TASK=1), 1, "SLURM_CPUS_PER_TASK")
    t.expect("Slurm for several ranks", t.start_of(SLURM_CPUS_PER_TASK=16), t.cores, "affinity mask")
    t.expect("both", t.start_of(SLURM_CPUS_PER_TASK=3, OMP_NUM_THREADS=1), 1, "OMP_NUM_THREADS")
    t.expect("an option", t.start_of("--threads", 2, OMP_NUM_THREADS=1), 2, "--threads")
    t.expect("a limit", t.start_of("--threads", 2, OMP_THREAD_LIMIT=1), 1, "OMP_THREAD_LIMIT")
    t.expect("a mask", t.start_of(GOMP_CPU_AFFINITY="0"), 1, "affinity mask")
    t.test.expect(len(t.checksums) == 1, f"other parameters: {t.checksums}")


def bound_threads(t):
    """What the process was given counts, not where OpenMP has bound its first thread."""
    for binding in ("true", "spread", "close"):
        t.expect(binding, t.start_of(OMP_PROC_BIND=binding, OMP_PLACES="cores"), t.cores, "affinity mask")
    t.expect("two ranks", t.start_of(ranks=2, OMP_PROC_BIND="true"), max(t.cores // 2, 1), "affinity mask")


def warnings(t):
    much = 2 * t.cores
    _, said = t.start_of("--threads", much)
    t.test.expect(said.count("fewer are not slower") == 1, f"too many threads: {said}")
    _, said = t.start_of(ranks=2 * t.cores)
    t.test.expect("warning" not in said, f"many ranks: {said}")
    _, said = t.start_of("--threads", 1, ranks=1)
    t.test.expect("warning" not in said, f"--threads: {said}")


def circumstances(t):
    start, _ = t.start_of(ranks=2, SLURM_JOB_ID=4711)
    t.test.expect(start["job"] == "4711" and start["hosts"] == os.uname().nodename and
                  "train" in start["command"] and start["time"].endswith("Z") and start["version"], f"start: {start}")
    made = (Path(t.test.tandem).parent / "commit.c").read_text()
    t.test.expect(re.fullmatch("[0-9a-f]{40}(-dirty)?|unknown", start["commit"]) and f'"{start["commit"]}"' in made,
                  f"start: {start}, expected the commit in {made}")


def misunderstood(t):
    """Tasks of a launcher that this MPI does not know: every command refuses to be many jobs of one rank."""
    run = t.test.folder / "alone"
    for arguments in (["train", t.config, "--data", t.data, "--run", run], ["inspect", t.data]):
        for tasks, task in (("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"), ("PMI_SIZE", "PMI_RANK")):
            for rank in (0, 1):  # to each of them there is no other, who could say it
                t.test.refuses(f"{task} {rank}, {arguments[0]}", arguments, "2 tasks were started together",
                               "--mpi=pmix", wrapper=["env", f"{tasks}=2", f"{task}={rank}"])
    t.test.expect(not run.exists(), "a task alone made a run folder")
    t.test.must("inspect", t.data, wrapper=["env", "SLURM_STEP_NUM_TASKS=1"])
    t.test.must("inspect", t.data, ranks=2, wrapper=["env", "SLURM_STEP_NUM_TASKS=5"])


def main():
    with Test() as test:
        threads = Threads(test)
        for case in (by_whose_word, bound_threads, warnings, circumstances, misunderstood):
            case(threads)


sys.exit(main())
