#!/usr/bin/env python3
"""Tables on every rank, or rows with their owners: the same files, on any ranks, also where a run goes
on elsewhere; and what a rank holds falls.

    placement.py TANDEM LAUNCHER...
"""
import json
import shutil

from program import Test, checkpoints, left_behind, log_objects, result_files

TRAIN = {"batch_size": 700, "shards": 6, "item_ranges": 5, "epochs": 3}
COMMON = {"checkpoint": {"every_steps": 3, "keep": 0}, "eval": {"every_epochs": 1}}
JOINT = {**COMMON, "rating": {"enabled": True, "hidden": [16, 8]}, "train": TRAIN}
# Rows that no batch names move, too; a table of times and one of tokens have no owner, one that is
# declared over ids has theirs, also where histories and dropout read rows of other ranks.
CONTEXT = {
    **COMMON,
    "features": {
        "user_bias": {"field": "user", "width": 1},
        "item_bias": {"field": "item", "width": 1},
        "words": {"field": "title", "pool": "sum", "width": 5},
        "same_words": {"field": "title", "table": "words_table", "width": 5},
        "user": {"dropout": 0.2},
        "past": {"encoder": "history", "table": "item_table", "last": 7, "where": "rating >= 2"},
        "past_words": {"encoder": "history", "field": "title", "which": "all", "table": "words_table", "width": 5},
        "fans": {"encoder": "history", "table": "user_table", "last": 5},
    },
    "query": {"features": ["user", "timestamp_buckets", "timestamp", "user_bias", "past", "past_words"], "tower": [8]},
    "candidate": {"features": ["item", "title_text", "item_bias", "words", "same_words", "fans"], "tower": [8]},
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
    "retrieval": {"negatives": "group", "group_rows": 200},
    "train": {**TRAIN, "reshuffle": True},
}
# Ranks, user_table, item_table.
LAYOUTS = [
    (1, "owned", "owned"),
    (3, "auto", "auto"),
    (2, "owned", "owned"),
    (4, "owned", "replicated"),
    (2, "replicated", "replicated"),
    (4, "replicated", "owned"),
]


def settings(users, items):
    return ["--set", f"placement.user_table={users}", "--set", f"placement.item_table={items}"]


def make_data(test):
    """More users than evaluation takes at once; of those with one rating some have test rows only."""
    test.make_data("data", users=1100, items=900, ratings=5000)
    with open(test.folder / "data" / "ratings.csv", "a", encoding="utf-8") as file:
        file.writelines(f"{9000 + i},{1 + i},3.5,978300760\n" for i in range(40))
    file = test.folder / "data.h5"
    test.must("prepare", "--format", "movielens-csv", test.folder / "data", "--out", file)
    return file


class Placement:
    """The runs of one configuration."""

    def __init__(self, test, name, data, sections):
        self.test, self.name, self.data = test, name, data
        self.config = test.config(f"{name}.yaml", **sections)
        self.alone = self.train("alone", 1, "replicated", "replicated")
        self.files = result_files(self.alone)

    def train(self, name, ranks, users, items, *more):
        run = self.test.folder / f"{self.name}-{name}"
        self.test.must("train", self.config, "--data", self.data, "--run", run,
                       *settings(users, items), *more, ranks=ranks)
        return run

    def compare(self, run, files):
        found = result_files(run)
        differ = [f for f in {*files, *found} if files.get(f) != found.get(f)]
        self.test.expect(not differ, f"{run.name}: not the bytes of one rank: {differ}")
        self.test.expect(not left_behind(run), f"{run.name}: {left_behind(run)}")

    def on_layouts(self, layouts):
        for ranks, users, items in layouts:
            run = self.train(f"{ranks}-{users}-{items}", ranks, users, items)
            self.compare(run, self.files)
            start = log_objects(run)[0]
            for table, choice in (("user_table", users), ("item_table", items)):
                expected = "owned" if choice != "replicated" else "replicated"
                self.test.expect(start[table] == expected, f"{run.name}: {table} is {start[table]}")

    def goes_on_elsewhere(self):
        """From the middle of an epoch, with other ranks, and rows in other places."""
        run = self.test.folder / f"{self.name}-moves"
        places = [(4, "owned", "owned"), (2, "replicated", "owned"), (3, "owned", "owned"),
                  (1, "auto", "auto"), (3, "replicated", "replicated"), (4, "auto", "auto")]
        for i, (ranks, users, items) in enumerate(places):
            epochs = min(3, 1 + i // 2)
            self.train("moves", ranks, users, items, "--set", f"train.epochs={epochs}",
                       *(["--resume"] if i else []))
            steps = [o["step"] for o in log_objects(run) if o["event"] == "start"]
            self.test.expect(len(steps) == i + 1, f"{run.name}: {len(steps)} starts, not {i + 1}")
            if i < len(places) - 1:
                checkpoints(run)[-1].unlink()
        self.compare(run, self.files)


def bytes_held(run):
    return log_objects(run)[0]["parameter_bytes"]


def bytes_received(run):
    """By all ranks together."""
    return [o["bytes"] for o in log_objects(run) if o["event"] == "traffic"][-1]


def memory_and_traffic_fall(test, joint):
    """What is not a table's is the same everywhere; nothing of owned tables travels in a step."""
    width, users, items = 32, 1100, 900
    replicated, owned = joint.train("r4", 4, "replicated", "replicated"), joint.train("o4", 4, "owned", "owned")
    dense = bytes_held(replicated) - (users + items) * width * 8
    test.expect(0 < dense < 0.5 * bytes_held(replicated), f"{dense} bytes are no table's")
    shared = (bytes_held(owned) - dense) / (bytes_held(replicated) - dense)
    test.expect(0.25 <= shared < 0.42, f"one of 4 ranks holds {shared:.2f} of the tables")
    spared = [bytes_received(of[0]) - bytes_received(of[1]) for of in (
        (replicated, owned), (test.folder / "joint-4-owned-replicated", owned))]
    test.expect(spared[0] > spared[1] > 0, f"bytes that owned tables spare: {spared}")


def evaluates_anywhere(test, joint):
    """A finished run: tables are placed as its configuration or --set says."""
    for split in ("test", "train"):
        test.must("evaluate", "--run", joint.alone, "--split", split)
    expected = result_files(joint.alone)["metrics.h5"]
    for ranks, *places in ((3, "owned", "owned"), (4, "owned", "replicated"), (2, "replicated", "owned")):
        run = test.folder / f"evaluate-{ranks}"
        shutil.copytree(joint.alone, run)
        (run / "metrics.h5").write_bytes(joint.files["metrics.h5"])
        for split in ("test", "train"):
            test.must("evaluate", "--run", run, "--split", split, *settings(*places), ranks=ranks)
        test.expect(result_files(run)["metrics.h5"] == expected, f"evaluate on {ranks}, {places}: other metrics")


def begins_warm_anywhere(test, data):
    """The other run's rows go to where ours are; its tables are too large to pass by at once."""
    config = test.config("wide.yaml", model={"width": 1024}, train={**TRAIN, "epochs": 1})
    old, new = test.folder / "wide-old", test.folder / "wide-new"
    test.must("train", config, "--data", data, "--run", old)
    found = []
    for ranks, *places in ((1, "replicated", "replicated"), (3, "owned", "owned"), (2, "replicated", "owned")):
        test.must("train", config, "--data", data, "--run", new, "--fresh", "--warm-start", old, *settings(*places),
                  "--set", "train.seed=9", ranks=ranks)
        found.append(result_files(new))
    test.expect(found[0] == found[1] == found[2], "--warm-start: other bytes elsewhere")
    test.expect(found[0] != result_files(old), "--warm-start: nothing was learned")


def is_used_anywhere(test, joint):
    """What is asked of a run that was trained with owned tables, on ranks."""
    run = joint.test.folder / "joint-2-owned-owned"
    for ranks, of in ((None, joint.alone), (3, run)):
        out = test.folder / f"use-{ranks}"
        out.mkdir()
        test.must("recommend", "--run", of, "--all-users", "-k", 5, "--out", out / "lists.tsv", ranks=ranks)
        test.must("export", "--run", of, "--out", out / "arrays", ranks=ranks)
    alone, ranked = ({f.relative_to(top): f.read_bytes() for f in sorted(top.rglob("*")) if f.is_file()}
                     for top in (test.folder / "use-None", test.folder / "use-3"))
    test.expect(alone == ranked and len(alone) > 5, "recommend, export: other files")


def has_unknown_users(test, joint):
    said = test.must("evaluate", "--run", joint.alone, "--json")
    test.expect(json.loads(said.out)["unknown_user_rows"] > 0, "no test row of a user without an id")


def main():
    with Test() as test:
        data = make_data(test)
        joint, context = (Placement(test, *case) for case in (("joint", data, JOINT), ("context", data, CONTEXT)))
        for runs, layouts in ((joint, LAYOUTS), (context, LAYOUTS[1::2])):
            runs.on_layouts(layouts)
            runs.goes_on_elsewhere()
        memory_and_traffic_fall(test, joint)
        begins_warm_anywhere(test, data)
        is_used_anywhere(test, joint)
        evaluates_anywhere(test, joint)
        has_unknown_users(test, joint)


main()
