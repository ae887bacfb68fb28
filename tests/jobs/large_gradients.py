#!/usr/bin/env python3
"""Steps whose gradients leave the finest units of exact sums go on, on every layout and over a resume.

    large_gradients.py TANDEM LAUNCHER...
"""
import shutil

import h5py

from program import Test, checkpoints, left_behind, result_files

# A public program's deep towers and a rate that is too high for them: the first steps have terms far beyond
# 2^13, most of the later ones none.
DEEP = {
    "query": {"tower": [64, 32]},
    "candidate": {"tower": [64, 32]},
    "rating": {"enabled": True, "weight": 1, "hidden": [8]},
    "optimizer": {"learning_rate": 0.5},
    "train": {"batch_size": 240, "shards": 8, "epochs": 14, "reshuffle": True},
    "checkpoint": {"every_steps": 6, "keep": 0},
}
# Layers so wide that ranks sum a share each.
WIDE = {**DEEP, "query": {"tower": [2048, 64]}, "candidate": {"tower": [64]},
        "train": {"batch_size": 1200, "shards": 8, "epochs": 2}, "checkpoint": {"every_steps": 1, "keep": 0}}


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

    def __init__(self, test, name, data, sections):
        self.test, self.name, self.data = test, name, data
        self.config = test.config(f"{name}.yaml", **sections)
        self.whole = self.train("1x1")
        self.files = result_files(self.whole)
        self.units = {int(f.stem[5:]): units(f) for f in checkpoints(self.whole)}

    def train(self, layout, *more, ranks=None):
        run = self.test.folder / f"{self.name}-{layout}"
        self.test.must("train", self.config, "--data", self.data, "--run", run, *more, ranks=ranks)
        return run

    def compare(self, run):
        files = result_files(run)
        differ = [f for f in {*files, *self.files} if files.get(f) != self.files.get(f)]
        self.test.expect(not differ, f"{run.name}: not the bytes of 1x1: {differ}")
        self.test.expect(not left_behind(run), f"{run.name}: {left_behind(run)}")

    def layouts(self, *layouts):
        for ranks, threads in layouts:
            self.compare(self.train(f"{ranks}x{threads}", "--threads", threads, ranks=ranks))

    def go_on(self, newest, ranks, threads):
        """From a checkpoint in the middle of a phase, on another layout."""
        run = self.test.folder / f"{self.name}-from-{newest}-on-{ranks}x{threads}"
        shutil.copytree(self.whole, run)
        for file in checkpoints(run):
            if int(file.stem[5:]) > newest:
                file.unlink()
        self.train(f"from-{newest}-on-{ranks}x{threads}", "--resume", "--threads", threads, ranks=ranks)
        self.compare(run)


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
    runs = Runs(test, "counts", data, {**DEEP, "train": {"batch_size": 240, "shards": 8, "epochs": 3}})
    test.expect(any("losses/rating" in found for found in runs.units.values()) and
                any("epoch_losses" in found for found in runs.units.values()), f"counts: {runs.units}")
    runs.layouts((3, 1))
    runs.go_on(6, 2, 2)


def main():
    with Test() as test:
        data = test.make_data("data")
        deep = Runs(test, "deep", data, DEEP)
        has_a_phase(test, deep)
        deep.layouts((1, 2), (3, 1))
        deep.go_on(12, 3, 1)
        deep.go_on(36, 2, 2)
        wide = Runs(test, "wide", data, WIDE)
        test.expect(any(wide.units.values()), "wide: the finest units were enough")
        wide.layouts((2, 1), (3, 1))
        large_counts(test)


main()
