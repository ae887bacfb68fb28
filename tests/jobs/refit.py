#!/usr/bin/env python3
"""tandem refit: trained on validation rows, too, with the same bits on any layout, and all that reads training
rows reads these.

    refit.py TANDEM LAUNCHER...
"""
import json
import shutil

from program import Test, checkpoints, left_behind, log_objects, result_files, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

BATCH, EPOCHS = 300, 4
SECTIONS = {
    "train": {"batch_size": BATCH, "shards": 4, "epochs": EPOCHS, "reshuffle": True},
    "model": {"width": 8},
    "features": {"past": {"encoder": "history", "table": "item_table", "last": 5}},
    "query": {"features": ["user", "past", "timestamp"], "tower": [8]},
    "retrieval": {"log_q": True},
    "checkpoint": {"every_steps": 3, "keep": 0},
    "eval": {"every_epochs": 1, "ks": [10]},
}
LAYOUTS = ((1, 1), (1, 2), (2, 1), (3, 1))


class Refit:
    def __init__(self, test):
        self.test = test
        source, self.data = test.folder / "source", test.folder / "data.h5"
        test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 3000)
        test.must("prepare", "--format", "movielens-csv", source, "--out", self.data, "--split", "user_rows",
                  "--validation-fraction", 0.2)
        self.run = test.folder / "run"
        test.must("train", test.config(**SECTIONS), "--data", self.data, "--run", self.run)
        self.steps = int(json.loads(self.evaluate(self.run, "--checkpoint", "best"))["step"])
        with h5py.File(self.data) as file:
            self.rows = {s: len(file[f"{s}/row"]) for s in ("train", "validation", "test")}
            offsets = [file[f"{s}/user_offsets"][...] for s in ("train", "validation")]
            items = [file[f"{s}/fields/item"][...] for s in ("train", "validation")]
            self.had = np.zeros((len(offsets[0]) - 1, len(file["items/train_counts"])), int)
        for o, i in zip(offsets, items, strict=True):
            np.add.at(self.had, (np.repeat(np.arange(len(o) - 1), np.diff(o)), i), 1)

    def evaluate(self, run, *more):
        return self.test.must("evaluate", "--run", run, "--json", *more).out

    def refit(self, name, *more, ranks=None, says=""):
        run = self.test.folder / name
        self.test.must("refit", self.run, "--run", run, *more, ranks=ranks, says=says)
        return run


def has_the_same_bits(r):
    """On any layout, and where it was stopped and goes on."""
    runs = [r.refit(f"{ranks}x{threads}", "--threads", threads, ranks=ranks) for ranks, threads in LAYOUTS]
    files = result_files(runs[0])
    r.test.expect(all(result_files(run) == files for run in runs), "layouts differ")
    steps = [int(file.stem[5:]) for file in checkpoints(runs[0])]
    r.test.expect(steps[-1] == r.steps and len(steps) == len(set(steps)) > 3, f"steps {steps}, expected {r.steps}")
    r.test.expect(runs[0].name not in left_behind(r.test.folder), "half-written")
    for more, ranks in (([], 2), (["--checkpoint", "best"], None)):
        run = r.test.folder / "resumed"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(runs[0], run)
        for file in checkpoints(run)[2:]:
            file.unlink()
        r.refit("resumed", "--resume", *more, ranks=ranks, says="going on from")
        r.test.expect(result_files(run) == files, f"resumed on {ranks} ranks: another run")
    r.refit("resumed", "--resume", says="nothing is left to do")
    r.test.must("train", run / "config.yaml", "--data", r.data, "--run", r.test.folder / "again")
    r.test.expect(result_files(r.test.folder / "again") == files, "train with its config.yaml: another run")
    return runs[0]


def ends_its_schedule(r):
    """One that the run was in the midst of ends with the refit's last step; one that was over before is as it was."""
    run, final = r.test.folder / "scheduled", r.test.folder / "scheduled-final"
    for decay, expected in ((0, 5), (2, 2)):
        r.test.must("train", r.test.config(**SECTIONS), "--data", r.data, "--run", run, "--fresh", "--set",
                    "optimizer.schedule=cosine", "--set", "optimizer.warmup_steps=1", "--set",
                    f"optimizer.decay_steps={decay}")
        r.test.must("refit", run, "--checkpoint", 6, "--run", final, "--fresh")
        kept = (final / "config.yaml").read_text()
        r.test.expect(f"optimizer.decay_steps: {expected}\n" in kept and "train.steps: 6\n" in kept,
                      f"decay_steps {decay}, step 6: expected {expected}, found {kept}")


def makes_all_steps(r):
    """Whatever epochs the run's configuration has since."""
    run, new = r.test.folder / "shortened", r.test.folder / "all-steps"
    shutil.copytree(r.run, run)
    config = run / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace(f"train.epochs: {EPOCHS}\n", "train.epochs: 1\n"))
    r.test.expect(config.read_text() != text, "train.epochs is as it was")
    r.test.must("refit", run, "--run", new, "--checkpoint", "newest")
    steps = [max(int(file.stem[5:]) for file in checkpoints(of)) for of in (r.run, new)]
    r.test.expect(steps[0] == steps[1], f"{steps[1]} steps, expected {steps[0]}")


def trains_on_both(r, run):
    """Steps of an epoch, and the configuration: two keys and what chooses checkpoints are all that changed."""
    steps = -(-(r.rows["train"] + r.rows["validation"]) // BATCH)
    found = [o["epoch"] for o in log_objects(run) if o["event"] == "step"]
    r.test.expect(found == [1 + s // steps for s in range(r.steps)], f"epochs of steps: {found}")
    before, after = ((of / "config.yaml").read_text().splitlines() for of in (r.run, run))
    changed = sorted(set(after) - set(before))
    r.test.expect(len(before) == len(after) and [line.split(":")[0] for line in changed] ==
                  ["checkpoint.keep_best", "eval.every_epochs", "train.rows", "train.steps"], f"changed: {changed}")
    r.test.expect("model" not in h5py.File(run / "metrics.h5"), "a refit was evaluated while it trained")


def reads_both(r, run):
    """Popularity, EASE, what is seen, and what evaluation asks, by both splits."""
    lists = r.test.folder / "lists.h5"
    scores = {"popularity": np.broadcast_to(r.had.sum(0), r.had.shape)}
    had = (r.had > 0).astype(float)
    inverse = np.linalg.inv(had.T @ had + 20 * np.eye(had.shape[1]))
    scores["ease"] = had @ np.where(np.eye(len(inverse)), 0, -inverse / inverse.diagonal())
    for system, expected in scores.items():
        r.test.must("recommend", "--run", run, "--all-users", "--system", system, "--set", "baseline.l2=20", "-k",
                    1000, "--cold-items", "all", "--exclude-seen", "--out", lists, ranks=2)
        with h5py.File(lists) as file:
            users, items, found = (file[name][...] for name in ("user", "item", "score"))
        for user, item, score in zip(users - 1, items, found, strict=True):
            listed = item[item > 0]
            r.test.expect(sorted(listed) == list(np.flatnonzero(r.had[user] == 0)[1:]), f"{system}: seen items")
            r.test.expect(np.abs(score[:len(listed)] - expected[user, listed]).max() < 1e-4, f"{system}: scores")
    found = json.loads(r.evaluate(run))
    with h5py.File(r.data) as file:
        offsets, item = file["test/user_offsets"][...], file["test/fields/item"][...]
    repeats = int((r.had[np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)), item] > 0).sum())
    r.test.expect(0 < repeats == found["repeats"] and found["rows"] == r.rows["test"] - repeats,
                  f"{found}, expected {repeats} repeats")
    r.test.expect("histories of training and validation rows" in found["scope"], found["scope"])
    r.test.expect(found["popularity"] != json.loads(r.evaluate(r.run))["popularity"], "popularity of one split")


def is_compared(r, run):
    """With the run that it was refitted from, over the users of whom both were asked something."""
    chosen = ("--split", "train", "--set", "eval.metrics=[auc]", "--set", "eval.sample=40", "--no-keep")
    runs, values = (run, r.run), []
    for one in runs:
        r.evaluate(one, *chosen, "--per-user", r.test.folder / "users.tsv")
        lines = (r.test.folder / "users.tsv").read_text().splitlines()[1:]
        values.append({user: float(value) for user, value, *_ in (line.split("\t") for line in lines)})
    both = values[0].keys() & values[1].keys()
    r.test.expect(0 < len(both) < min(map(len, values)), f"{len(both)} users of both, {[*map(len, values)]} of one")
    for i, ranks in ((0, 2), (1, None)):
        found = json.loads(r.test.must("evaluate", "--run", runs[i], "--against", runs[1 - i], "--json", *chosen,
                                       ranks=ranks).out)["differences"]
        better, worse = (np.mean([sign * values[i][u] > sign * values[1 - i][u] for u in both]) for sign in (1, -1))
        r.test.expect(np.allclose((found[0]["better"], found[0]["worse"]), (better, worse), 0, 1e-12),
                      f"{found}, expected {better} better and {worse} worse")


def knows_who_was_new(r):
    """Users of validation rows alone have an id in a refit, a row that their own rows train, and a history."""
    folder, data, run = r.test.folder, r.test.folder / "new.h5", r.test.folder / "new"
    rng = np.random.default_rng(5)
    people = [(f"old{u}", t) for t in range(30) for u in range(20)] + \
             [(f"new{u}", t) for t in range(30, 45) for u in range(10)] + \
             [(f"{kind}{u}", t) for t in range(45, 55) for kind, u in (("old", 3), ("new", 7), ("last", 1))]
    rows = [f"{name},{item},{1000000 + t}" for (name, t), item in
            zip(people, rng.integers(0, 90, len(people)), strict=True)]
    (folder / "new.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    r.test.must("prepare", folder / "new.csv", "--timestamp-column", "time", "--split", "time", "--test-fraction",
                30 / len(people), "--validation-fraction", 150 / len(people), "--out", data)
    sections = {**SECTIONS, "query": {"features": ["user", "past"], "combine": "sum"}}
    r.test.must("train", r.test.config(**sections), "--data", data, "--run", run)
    finals = []
    for ranks in (None, 3):
        final = folder / f"new-{ranks}"
        r.test.must("refit", run, "--run", final, ranks=ranks,
                    says="11 users without training rows have an id, as all users of the data")
        finals.append(final)
    r.test.expect(result_files(finals[0]) == result_files(finals[1]), "new users: layouts differ")
    with h5py.File(data) as file:
        had = {s: np.diff(file[f"{s}/user_offsets"][...]) for s in ("train", "validation", "test")}
    still = folder / "new-still"
    r.test.must("train", finals[0] / "config.yaml", "--data", data, "--run", still, "--set",
                "optimizer.learning_rate=0")
    tables = []
    for final in (still, finals[0]):
        with h5py.File(checkpoints(final)[-1]) as file:
            tables.append(file["parameters/user_table/weight"][1:])
    moved = (tables[0] != tables[1]).any(1)
    r.test.expect((moved == (had["train"] + had["validation"] > 0)).all() and moved.sum() == 30,
                  f"{moved.sum()} rows of users moved, expected the 30 with rows")
    seen = {row.split(",")[1] for row in rows if row.startswith("new7,") and int(row.split(",")[2]) < 1000045}
    listed = r.test.must("recommend", "--run", finals[1], "--user", "new7", "-k", 100, "--exclude-seen", "--format",
                         "tsv").out
    items = {line.split("\t")[2] for line in listed.splitlines() if line.startswith("new7")}
    r.test.expect(len(items) > 50 and not items & seen, f"lists of who was new: {listed}")


def refuses(r, run):
    refuses, folder = r.test.refuses, r.test.folder
    for which in (["--run", run], ["--run", r.run, "--against", run]):
        refuses("validation", ["evaluate", *which, "--split", "validation"],
                f"{run} was trained on the validation rows", ranks=2)
    refuses("the same run", ["refit", r.run, "--run", r.run], "expected a new run", status=2)
    refuses("refitted twice", ["refit", run, "--run", folder / "x", "--checkpoint", "newest"], "already", ranks=2)
    refuses("a run is there", ["refit", r.run, "--run", run], "finished run", f"{r.steps} steps")
    refuses("fewer steps", ["train", run / "config.yaml", "--data", r.data, "--run", folder / "resumed", "--resume",
                            "--set", "train.steps=1"], "train.steps is 1 here")
    refuses("other rows", ["train", r.test.folder / "config.yaml", "--data", r.data, "--run", run, "--resume"],
            "train.rows")
    data, plain, warm = r.test.make_data("plain"), folder / "plain", folder / "warm"
    r.test.must("train", folder / "config.yaml", "--data", data, "--run", plain)
    refuses("no validation rows", ["refit", plain, "--run", folder / "x"], f"{data} has no validation rows", ranks=2)
    refuses("no validation rows", ["train", folder / "config.yaml", "--data", data, "--run", folder / "x", "--set",
                                   "train.rows=train+validation"], f"{data} has no validation rows")
    r.test.must("train", folder / "config.yaml", "--data", r.data, "--run", warm, "--warm-start", plain)
    refuses("a warm start", ["refit", warm, "--run", folder / "x"], f"began with the parameters of {plain}")
    r.test.expect(not left_behind(folder), f"half-written: {left_behind(folder)}")


def main():
    with Test() as test:
        refit = Refit(test)
        run = has_the_same_bits(refit)
        ends_its_schedule(refit)
        makes_all_steps(refit)
        trains_on_both(refit, run)
        reads_both(refit, run)
        is_compared(refit, run)
        knows_who_was_new(refit)
        refuses(refit, run)


main()
