#!/usr/bin/env python3
"""Steps whose gradients leave the finest units of exact sums go on, on every layout and over a resume.

    large_gradients.py TANDEM LAUNCHER...
"""
import shutil

import h5py

from program import Test, checkpoints, left_behind

# A public program's deep towers and a rate that is too high for them: the first steps have terms far beyond
# 2^13, most of the later ones none.
DEEP = {
    "query": {"tower": [64, 32]},
    "candidate": {"tower": [64, 32]},
    "rating": {"enabled": True, "weight": 1, "hidden": [8]},
    "optimizer": {"learning_rate": 0.5},
    "train": {"batch_size": 240, "shards": 8, "epochs": 9, "reshuffle": True},
    "checkpoint": {"every_steps": 6, "keep": 0},
}
# Layers so wide that ranks sum a share each.
WIDE = {**DEEP, "query": {"tower": [2048, 64]}, "candidate": {"tower": [64]},
        "optimizer": {"learning_rate": 3},
        "train": {"batch_size": 600, "shards": 8, "epochs": 1}, "checkpoint": {"every_steps": 1, "keep": 0}}

# Rows of tables that their owners send to other ranks: by a history, and the unknown ones by id dropout. A step that
# runs again must find them as it did.
MET = {**DEEP, "query": {"tower": [64, 32], "features": ["user", "past"]},
       "features": {"user": {"dropout": 0.2}, "item": {"dropout": 0.2},
                    "past": {"encoder": "history", "table": "item_table"}},
       "retrieval": {"weight": 1000}, "train": {"batch_size": 240, "shards": 8, "epochs": 2}}


def units(file):
    """The units that are not the finest, by name."""
    found = {}
    with h5py.File(file, "r") as opened:
        if "units" in opened:
            opened["units"].visititems(
                lambda name, of: found.update({name: of[...].tolist()}) if isinstance(of, h5py.Dataset) else None)
    return found


class Runs:
    """The runs of one configuration."""

    def __init__(self, test, name, data, sections, steps):
        self.test, self.name, self.data, self.steps = test, name, data, steps  # of an epoch
        self.config = test.config(f"{name}.yaml", **sections)
        self.whole = self.train("1x1")
        self.files = {f.name: f.read_bytes() for f in checkpoints(self.whole)}
        self.units = {int(f.stem[5:]): units(f) for f in checkpoints(self.whole)}

    def train(self, layout, *more, ranks=None):
        run = self.test.folder / f"{self.name}-{layout}"
        self.test.must("train", self.config, "--data", self.data, "--run", run, *more, ranks=ranks)
        return run

    def compare(self, run, steps):
        """The run's checkpoints up to a step are those of one rank."""
        files = {f.name: f.read_bytes() for f in checkpoints(run)}
        known = {name for name in self.files if int(name[5:-3]) <= steps}
        differ = [name for name in {*files, *known} if files.get(name) != self.files.get(name)]
        self.test.expect(known and not differ, f"{run.name}: not the bytes of 1x1: {differ}")
        self.test.expect(not left_behind(run), f"{run.name}: {left_behind(run)}")

    def begin(self, ranks, threads):
        """The first epoch on another layout."""
        run = self.train(f"{ranks}x{threads}", "--threads", threads, "--set", "train.epochs=1", ranks=ranks)
        self.compare(run, self.steps)

    def go_on(self, newest, epochs, ranks, threads):
        """From a checkpoint in the middle of a phase, on another layout."""
        layout = f"{ranks}x{threads}-from-{newest}"
        run = self.test.folder / f"{self.name}-{layout}"
        shutil.copytree(self.whole, run)
        for file in checkpoints(run):
            if int(file.stem[5:]) > newest:
                file.unlink()
        self.train(layout, "--resume", "--threads", threads, "--set", f"train.epochs={epochs}", ranks=ranks)
        self.compare(run, self.steps * epochs)


def has_a_phase(test, runs):
    """Units are coarse early, wait for their steps to pass, and are finer then."""
    table = "tensors/item_table/weight"
    of = {step: found.get(table, [0, 0, 0]) for step, found in runs.units.items()}
    first, middle, last = of[min(of)], of[36], of[max(of)]
    test.expect(first[0] > 0 and middle[1] > 0 and middle[0] > last[0], f"units of {table}: {of}")


def large_counts(test):
    """Counts for ratings: their squares are no terms of the finest units."""
    source = test.folder / "counts"
    test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 1500)
    head, *rows = (source / "ratings.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    (source / "ratings.csv").write_text("\n".join([head, *(
        ",".join([user, item, str(float(rating) * 70540), time]) for user, item, rating, time in cells)]) + "\n")
    data = test.folder / "counts.h5"
    test.must("prepare", "--format", "movielens-csv", source, "--out", data)
    runs = Runs(test, "counts", data, {**DEEP, "train": {"batch_size": 240, "shards": 8, "epochs": 2}}, 5)
    test.expect(any("losses/rating" in found for found in runs.units.values()) and
                any("epoch_losses" in found for found in runs.units.values()), f"counts: {runs.units}")
    runs.begin(3, 1)
    runs.go_on(6, 2, 2, 1)


def main():
    with Test() as test:
        data = test.make_data("data")
        deep = Runs(test, "deep", data, DEEP, 10)
        has_a_phase(test, deep)
        deep.begin(1, 2)
        deep.begin(3, 1)
        deep.go_on(6, 2, 3, 1)
        deep.go_on(66, 9, 2, 2)
        wide = Runs(test, "wide", data, WIDE, 4)
        test.expect(any(wide.units.values()), f"wide: {wide.units}")
        wide.begin(3, 1)
        met = Runs(test, "met", data, MET, 10)
        test.expect(any(met.units.values()), f"met: {met.units}")
        met.begin(3, 1)
        met.go_on(6, 2, 2, 2)
        large_counts(test)


main()
