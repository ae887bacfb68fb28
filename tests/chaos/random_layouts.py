#!/usr/bin/env python3
"""Random configurations of all features on random layouts: one answer for each, in one go or killed and gone on with.

    [CASES=N] [SEED=N] random_layouts.py TANDEM LAUNCHER...

A configuration draws features, towers, tasks, losses, negatives, normalization, optimizer, shards, ranges and kernels;
its LAYOUTS draw ranks (more than shards, too), threads and where tables are. Every one has the bytes of 1 x 1, for
openblas on this CPU. A part is killed after a checkpoint and goes on on another layout.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from layouts import EVERYTHING, make_shop
from program import Test, checkpoints, children, left_behind, result_files, wait_until

CASES = int(os.environ.get("CASES", "1"))
SEED = int(os.environ.get("SEED", "1"))
LAYOUTS = 4
QUERY = ["timestamp_buckets", *EVERYTHING["query"]["features"][1:]]
CANDIDATE = EVERYTHING["candidate"]["features"][1:]
BUILT_IN = ("user", "item", "timestamp", "timestamp_buckets")


def some(chance, pool):
    return chance.sample(pool, chance.randint(0, len(pool)))


def tasks_of(chance):
    tasks = {}
    if chance.random() < 0.4:
        tasks["like"] = {"label": "rating >= 4", "kind": "classification", "hidden": chance.choice(([], [8])),
                         "weight": chance.choice((0.5, 1, 3)), **chance.choice(({}, {"where": "device = phone"}))}
    if chance.random() < 0.4:
        tasks["score"] = {"label": "rating", "hidden": chance.choice(([], [4, 4])), "weight": 0.5,
                          "loss": chance.choice(("mse", "huber"))}
    if chance.random() < 0.4:
        tasks["retrieval"] = chance.choice(({"negatives": "rating <= 2"}, {"weight_field": "rating"},
                                            {"where": "items.first is not missing"}))
    return tasks


def retrieval_of(chance):
    drawn = {"log_q": chance.random() < 0.5, "remove_accidental_hits": chance.random() < 0.5,
             "reduction": chance.choice(("sum", "mean")), "temperature": chance.choice((0.1, 1))}
    drawn.update(chance.choice(({}, {"negatives": "group", "group_rows": chance.choice((60, 200))})))
    drawn.update(chance.choice(({}, {}, {"num_hard_negatives": chance.choice((1, 20))})))
    return drawn


def sections(chance):
    """A configuration."""
    query, candidate = ["user", *some(chance, QUERY)], ["item", *some(chance, CANDIDATE)]
    width = chance.choice((3, 8))
    layers = [*chance.choice(([], [12], [1, 5])), width]
    tasks = tasks_of(chance)
    used = {name: EVERYTHING["features"][name] for name in (*query, *candidate) if name in EVERYTHING["features"]}
    made = {
        "model": {"width": chance.choice((4, 7)), "normalize": chance.choice(("none", "l2"))},
        "query": {"features": query, "tower": layers, "timestamp_edges": 20},
        "candidate": {"features": candidate, "tower": [width]},
        "retrieval": retrieval_of(chance),
        "optimizer": {"kind": chance.choice(("adagrad", "adam", "sgd")), "learning_rate": 0.01,
                      "lazy": chance.random() < 0.5},
        "train": {"batch_size": chance.choice((150, 400, 900)), "shards": chance.randint(1, 9), "epochs": 2,
                  "item_ranges": chance.randint(0, 7), "reshuffle": chance.random() < 0.5},
        "checkpoint": {"every_steps": chance.randint(1, 4), "keep": 0, "keep_best": "none"},
        "eval": {"every_epochs": 1, "ks": [1, 10], "candidates": chance.choice(("rows", "unique", "trained"))},
        "math": {"kernels": chance.choice(("fixed", "fixed", "fixed", "openblas"))},
    }
    if chance.random() < 0.5:
        made["rating"] = {"enabled": True, "hidden": chance.choice(([], [8]))}
    for name, section in (("features", used), ("tasks", tasks)):
        if section:
            made[name] = section
    return made


class Configuration:
    def __init__(self, test, data, number, chance):
        self.test, self.data, self.number, self.chance = test, data, number, chance
        self.drawn = sections(chance)
        self.config = test.config(f"config-{number}.yaml", **self.drawn)
        self.whole = test.folder / f"whole-{number}"

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def layout(self):
        """Ranks, and the options of one."""
        ranks = self.chance.randint(1, 6)
        options = ["--threads", self.chance.randint(1, 4)]
        for table in ("user", "item"):
            options += ["--set", f"placement.{table}_table={self.chance.choice(('owned', 'replicated', 'auto'))}"]
        return ranks, options

    def kill(self, run):
        """Begins on a layout, and kills it once there is a checkpoint."""
        ranks, options = self.layout()
        command = self.test.command(self.arguments(run, *options), ranks)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            wait_until(lambda: checkpoints(run) or process.poll() is not None, 120)
            if process.poll() is None:
                for pid in children(process.pid):
                    os.kill(pid, signal.SIGKILL)
            process.communicate()
        return f"killed on {ranks} ranks with {options}, at {[f.stem for f in checkpoints(run)]}"

    def run(self, place):
        run = self.test.folder / f"run-{self.number}-{place}"
        before = self.kill(run) if self.chance.random() < 0.3 else ""
        ranks, options = self.layout()
        what = f"{self.drawn}\n{before} {ranks} ranks with {options}"
        result = self.test.run(*self.arguments(run, *options, *(["--resume"] if before else [])), ranks=ranks)
        self.test.expect(result.status == 0, f"{what}: {result.text()}")
        if result.status == 0:
            files, right = result_files(run), result_files(self.whole)
            differ = sorted(name for name in {*files, *right} if files.get(name) != right.get(name))
            self.test.expect(not differ, f"{what}: not the bytes of 1x1: {differ}")
        self.test.expect(not left_behind(run), f"{what}: {left_behind(run)}")
        shutil.rmtree(run, ignore_errors=True)
        return bool(before)

    def compare(self):
        """How many of its layouts were killed first; None where the configuration is refused."""
        result = self.test.run(*self.arguments(self.whole, "--threads", 1))
        if result.status == 1 and result.error.count("tandem: error: ") == 1:
            print(f"refused: {result.error.strip().splitlines()[-1][:300]}", flush=True)
            return None
        self.test.expect(result.status == 0, f"{self.drawn}: {result.text()}")
        killed = sum(self.run(place) for place in range(LAYOUTS))
        shutil.rmtree(self.whole)
        return killed


def main():
    with Test() as test:
        data, chance, done, number, killed = make_shop(test), random.Random(SEED), 0, 0, 0
        while done < CASES and number < 3 * CASES + 10:
            number += 1
            found = Configuration(test, data, number, chance).compare()
            done, killed = done + (found is not None), killed + (found or 0)
        test.expect(done == CASES, f"of {number} configurations {number - done} are refused")
        print(f"{done} configurations on {LAYOUTS} layouts each, {killed} killed and gone on with")


main()
