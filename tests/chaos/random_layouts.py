#!/usr/bin/env python3
"""Random configurations of all features on random layouts: one answer for each, in one go or killed and gone on with.

    [CASES=N] [SEED=N] [FIRST=N] random_layouts.py TANDEM LAUNCHER...         configuration FIRST (1) and the next

A configuration draws features, towers, dropout, tasks, losses, negatives, normalization, optimizer, its schedule,
clipping, weights so large that sums need coarser units, metrics, early stopping, shards, ranges, kernels, precision and
one of several splits; its LAYOUTS draw ranks (more than shards, too), threads, instruction sets and where tables are.
Every one has the bytes of 1 x 1, for openblas on this CPU. A part is killed after a checkpoint and goes on on another
layout; and an evaluation, of other metrics, systems and groups, has one answer on all of them.
"""
import collections
import json
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
FIRST = int(os.environ.get("FIRST", "1"))
LAYOUTS = 4
MOST = 8  # threads of all ranks, but for those with one each
QUERY = ["timestamp_buckets", *EVERYTHING["query"]["features"][1:]]
CANDIDATE = EVERYTHING["candidate"]["features"][1:]
EMBEDDED = ("user", "item", "past", "fans", "generation", "bio", "hour", "weekday", "device", "comment", "level",
            "sort", "mix", "brand", "first")
SPLITS = {"rows": [], "validated": ["--split", "rows", "--validation-fraction", 0.2],
          "last": ["--split", "leave_last", "--test-last", 1, "--validation-last", 1],
          "time": ["--split", "time", "--validation-fraction", 0.1]}
METRICS = {"lists": ["top_k_categorical_accuracy", "recall_at_k", "ndcg_at_k", "auc", "coverage_at_k", "gini_at_k",
                     "popularity_at_k"],
           "numbers": ["root_mean_squared_error", "mean_absolute_error"], "classes": ["log_loss", "row_auc"]}


def some(chance, pool):
    return chance.sample(pool, chance.randint(0, len(pool)))


def maybe(chance, **choices):
    """Of keys each half of the times one of its values, else nothing, which is its default."""
    return {key: chance.choice(values) for key, values in choices.items() if chance.random() < 0.5}


def head_of(chance):
    return chance.choice(({"hidden": []}, {"hidden": [8]}, {"hidden": [4, 4], "dropout": 0.3}))


def tower_of(chance, width):
    """Layers, and dropout where there is one of ReLU."""
    tower = [*chance.choice(([], [12], [1, 5])), width]
    return {"tower": tower, **maybe(chance, output_dropout=(0.1,)),
            **(maybe(chance, dropout=(0.3,)) if len(tower) > 1 else {})}


def tasks_of(chance):
    tasks = {}
    if chance.random() < 0.4:
        tasks["like"] = {"label": "rating >= 4", "kind": "classification", **head_of(chance),
                         "weight": chance.choice((0.5, 1, 3)), **chance.choice(({}, {"where": "device = phone"})),
                         **maybe(chance, input=("product", "both"), bias=(["user", "item", "global"],))}
    if chance.random() < 0.4:
        tasks["score"] = {"label": "rating", **head_of(chance), "weight": 0.5,
                          "loss": chance.choice(("mse", "huber"))}
    if chance.random() < 0.4:
        tasks["retrieval"] = chance.choice(({"negatives": "rating <= 2"}, {"weight_field": "rating"},
                                            {"where": "items.first is not missing"}))
    return tasks


def retrieval_of(chance):
    """Weights of a million have gradients that leave the finest units of sums."""
    drawn = {"reduction": chance.choice(("sum", "mean")), "temperature": chance.choice((0.1, 1)),
             "loss": chance.choice(("softmax", "softmax", "softmax", "bsl", "ccl", "bpr"))}
    drawn.update(maybe(chance, log_q=("all", "negatives"), remove_accidental_hits=(True,), mask_own=(True,)))
    drawn.update(chance.choice(({}, {}, {"weight": 1e6})))
    if drawn["loss"] in ("bsl", "ccl"):
        drawn["negative_weight"] = chance.choice((0.7, 20))
    if drawn["loss"] == "ccl":
        drawn["margin"] = 0.2
    if "log_q" in drawn:
        drawn["log_q_strength"] = chance.choice((0.6, 1))
    drawn.update(chance.choice(({}, {}, {"negatives": "group", "group_rows": chance.choice((60, 200))},
                                {"negatives": "uniform", "uniform_negatives": 150})))
    if drawn.get("negatives") != "uniform":
        drawn.update(chance.choice(({}, {"uniform_negatives": chance.choice((5, 100))})))
    if drawn["loss"] == "softmax":
        drawn.update(chance.choice(({}, {}, {"num_hard_negatives": chance.choice((1, 20))})))
    return drawn


def optimizer_of(chance):
    drawn = {"kind": chance.choice(("adagrad", "adam", "sgd")), "learning_rate": 0.01}
    drawn.update(maybe(chance, clip_norm=(0.5, 100, 1e12), l2=(1e-3,), warmup_steps=(3, 100)))
    drawn.update(chance.choice(({"weight_decay": 0.1}, {"lazy": True}, {})))
    if chance.random() < 0.5:
        drawn.update(schedule=chance.choice(("linear", "cosine", "exponential")), end_factor=0.1,
                     decay_steps=chance.choice((0, 7)))
    return drawn


def eval_of(chance, tasks, rated):
    """Its first metric of lists is what early stopping and the best checkpoint go by."""
    metrics = [METRICS["lists"][0], *some(chance, METRICS["lists"][1:])]
    metrics += some(chance, METRICS["numbers"]) if rated or "score" in tasks else []
    metrics += some(chance, METRICS["classes"]) if "like" in tasks else []
    drawn = {"every_epochs": 1, "ks": [1, 10], "candidates": chance.choice(("rows", "unique", "trained"))}
    drawn.update(maybe(chance, exclude_seen=("train", "device = phone"), repeats=("keep",), sample=(100,),
                       ties=("optimistic", "pessimistic"), systems=(["popularity", "item_neighbors", "rp3beta"],)))
    return {**drawn, "metrics": metrics}


def train_of(chance, split):
    drawn = {"batch_size": chance.choice((150, 400, 900)), "shards": chance.randint(1, 9),
             "epochs": chance.choice((2, 2, 5)), "item_ranges": chance.randint(0, 7),
             **maybe(chance, reshuffle=(True,), steps=(5,), half_life=(1, 100))}
    if split != "rows":
        drawn.update(chance.choice(({}, {"patience": 1}, {"rows": "train+validation"})))
    return drawn


def features_of(chance, names):
    """The declared ones of these names, whose tables drop now and then."""
    drawn = {}
    for name in names:
        declared = dict(EVERYTHING["features"].get(name, {}))
        if chance.random() < 0.5:
            declared.pop("dropout", None)
        if name in EMBEDDED and chance.random() < 0.25:
            declared["embedding_dropout"] = 0.3
        if declared or name in EVERYTHING["features"]:
            drawn[name] = declared
    return drawn


def sections(chance, split):
    """A configuration for data that are split so."""
    query, candidate = ["user", *some(chance, QUERY)], ["item", *some(chance, CANDIDATE)]
    width = chance.choice((3, 8))
    tasks, rated = tasks_of(chance), chance.random() < 0.5
    normalize = ["none", "both", "query", "candidate"] + ([] if rated or tasks.keys() - {"retrieval"} else ["training"])
    made = {
        "model": {"width": chance.choice((4, 7)), "normalize": chance.choice(normalize)},
        "query": {"features": query, "timestamp_edges": 20, **tower_of(chance, width)},
        "candidate": {"features": candidate, **tower_of(chance, width)},
        "retrieval": retrieval_of(chance),
        "optimizer": optimizer_of(chance),
        "train": train_of(chance, split),
        "checkpoint": {"every_steps": chance.randint(1, 4), "keep": 0},
        "eval": eval_of(chance, tasks, rated),
        "math": chance.choice(({"kernels": "fixed"}, {"kernels": "fixed", "precision": "bfloat16"},
                               {"kernels": "openblas"})),
        "features": features_of(chance, [*query, *candidate]),
        "tasks": tasks,
    }
    if "patience" not in made["train"]:
        made["checkpoint"].update(maybe(chance, keep_best=("none", "loss", "accuracy")))
    if chance.random() < 0.1:  # what is added has one width
        made["query"].update(combine="sum", features=["user", "past"])
        made["features"] = features_of(chance, ["user", "past", *candidate])
    if rated:
        made["rating"] = {"enabled": True, **head_of(chance)}
    return {name: section for name, section in made.items() if section}


def used(drawn):
    """What a configuration has that another may not, by key and value, to count what was tried."""
    r, o, t, s = drawn["retrieval"], drawn["optimizer"], drawn["train"], [*drawn["features"].values(), drawn["query"],
                                                                           drawn["candidate"], drawn.get("rating", {})]
    found = [f"loss {r['loss']}", f"negatives {r.get('negatives', 'batch')}", f"kernels {drawn['math']['kernels']}",
             f"precision {drawn['math'].get('precision', 'float32')}",
             f"optimizer {o['kind']}", f"schedule {o.get('schedule', 'constant')}",
             f"normalize {drawn['model']['normalize']}", *(f"task {name}" for name in drawn.get("tasks", {}))]
    found += [key for key in ("mask_own", "remove_accidental_hits", "uniform_negatives", "num_hard_negatives", "log_q",
                              "weight") if key in r]
    found += [key for key in ("clip_norm", "l2", "weight_decay", "lazy", "warmup_steps") if key in o]
    found += [key for key in ("patience", "steps", "reshuffle", "rows", "half_life") if key in t]
    found += [key for key in ("dropout", "output_dropout", "embedding_dropout") if any(key in of for of in s)]
    return found


def evaluation_of(chance, drawn):
    """The options of an evaluation of the configuration's run."""
    sets = {**eval_of(chance, drawn.get("tasks", {}), "rating" in drawn),
            **maybe(chance, by=("activity", "popularity", "users.age", "device"), clip=(True,)),
            "candidates": chance.choice(("rows", "unique", "trained")), "every_epochs": 1,
            "systems": some(chance, ("popularity", "recent_popularity", "item_neighbors", "rp3beta"))}
    words = [word for key, value in sets.items() for word in ("--set", f"eval.{key}={as_text(value)}")]
    return ["--no-keep", "--json", *words, *chance.choice(([], ["--intervals"], ["--split", "train"]))]


def as_text(value):
    """A list's words need no quotes on a command line."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value).lower()


class Configuration:
    def __init__(self, test, data, number, isas):
        self.test, self.number, self.isas, self.chance = test, number, isas, random.Random(f"{SEED} {number}")
        self.split = self.chance.choice(list(data))
        self.data, self.drawn = data[self.split], sections(self.chance, self.split)
        self.config = test.config(f"config-{number}.yaml", **self.drawn)
        self.whole = test.folder / f"whole-{number}"

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def layout(self):
        """Ranks, and the options of one."""
        ranks = self.chance.randint(1, 6)
        options = ["--threads", self.chance.randint(1, max(1, MOST // ranks))]
        for table in ("user", "item"):
            options += ["--set", f"placement.{table}_table={self.chance.choice(('owned', 'replicated', 'auto'))}"]
        if self.chance.random() < 0.3:
            options += ["--isa", self.chance.choice(self.isas)]
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
        what = f"configuration {self.number}, {self.split}: {json.dumps(self.drawn)}\n{before} {ranks} ranks, {options}"
        result = self.test.run(*self.arguments(run, *options, *(["--resume"] if before else [])), ranks=ranks)
        self.test.expect(result.status == 0, f"{what}: {result.text()}")
        if result.status == 0:
            files, right = result_files(run), result_files(self.whole)
            differ = sorted(name for name in {*files, *right} if files.get(name) != right.get(name))
            self.test.expect(not differ, f"{what}: not the bytes of 1x1: {differ}")
        self.test.expect(not left_behind(run), f"{what}: {left_behind(run)}")
        shutil.rmtree(run, ignore_errors=True)
        return bool(before)

    def evaluate(self):
        """One answer on the layouts of some ranks; nothing is asked of what is refused."""
        words = ["evaluate", "--run", self.whole, *evaluation_of(self.chance, self.drawn)]
        right = self.test.run(*words, "--threads", 1)
        if right.status == 1 and right.error.count("tandem: error: ") == 1:
            print(f"{self.number}, not evaluated: {right.error.strip().splitlines()[-1][:300]}", flush=True)
            return
        self.test.expect(right.status == 0, f"configuration {self.number}: {words}: {right.text()}")
        for ranks in self.chance.sample(range(2, 7), 2):
            found = self.test.run(*words, "--threads", self.chance.randint(1, 2), ranks=ranks)
            self.test.expect(found.status == 0 and found.out == right.out,
                             f"configuration {self.number}: {json.dumps(self.drawn)}\n{words} on {ranks} ranks:\n"
                             f"{found.text()}, not\n{right.text()}")

    def compare(self):
        """How many of its layouts were killed first; None where the configuration is refused."""
        result = self.test.run(*self.arguments(self.whole, "--threads", 1))
        if result.status == 1 and result.error.count("tandem: error: ") == 1:
            print(f"{self.number}, refused: {result.error.strip().splitlines()[-1][:300]}", flush=True)
            return None
        self.test.expect(result.status == 0, f"configuration {self.number}: {json.dumps(self.drawn)}: {result.text()}")
        killed = sum(self.run(place) for place in range(LAYOUTS))
        self.evaluate()
        self.used = [*used(self.drawn), f"split {self.split}"]
        self.used += ["coarser units"] if coarser_units(self.whole) else []
        shutil.rmtree(self.whole)
        return killed


def coarser_units(run):
    """Whether sums of the run needed units that are not the finest."""
    return any(b"units" in file.read_bytes() for file in checkpoints(run))


def main():
    with Test() as test:
        make_shop(test)
        shop, data = test.folder / "shop", {name: test.folder / f"{name}.h5" for name in SPLITS}
        for name, options in SPLITS.items():
            test.must("prepare", "--schema", shop / "schema.yaml", shop, "--out", data[name], *options)
        isas, counts, done, number, killed = test.instruction_sets(), collections.Counter(), 0, FIRST - 1, 0
        while done < CASES and number < FIRST + 3 * CASES + 10:
            number += 1
            configuration = Configuration(test, data, number, isas)
            found = configuration.compare()
            if found is not None:
                done, killed = done + 1, killed + found
                counts.update(configuration.used)
                print(f"{done} of {CASES} configurations, {test.failures} failures", flush=True)
        test.expect(done == CASES, f"of {number} configurations {number - done} are refused")
        print(", ".join(f"{of} {count}" for of, count in sorted(counts.items())))
        print(f"{done} configurations on {LAYOUTS} layouts each, {killed} killed and gone on with")


main()
