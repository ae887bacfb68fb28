#!/usr/bin/env python3
"""The same bits on any layout for every configuration of the tutorials, with every option of the
retrieval task on.

    configs.py TANDEM CONFIGS LAUNCHER...      CONFIGS is the folder configs/
"""
import csv
import json
import re
import sys
from pathlib import Path

from program import Test, result_files

NAMES = ["context_off", "context_on", "rating", "retrieval", "joint"]
LAYOUTS = [(2, 1), (1, 2), (3, 1)]
# What suits a few thousand rows: steps, shards and ranges that ranks do not divide.
SMALL = ["train.batch_size=700", "train.shards=7", "train.item_ranges=5", "train.epochs=2",
         "eval.every_epochs=1", "query.timestamp_edges=50", "checkpoint.every_steps=3"]
# Sample weights, the one option that is no key, are a column of the data.
OPTIONS = ["retrieval.temperature=0.5", "retrieval.log_q=true", "retrieval.remove_accidental_hits=true",
           "retrieval.num_hard_negatives=30", "retrieval.reduction=mean", "model.normalize=l2"]


def make_weighted_data(test):
    """Generated ratings with a weight each."""
    source, ratings, file = test.folder / "synth", test.folder / "weighted.csv", test.folder / "data.h5"
    test.must("synth", "--out", source, "--users", 150, "--items", 200, "--ratings", 4000)
    with open(source / "ratings.csv", encoding="utf-8") as plain, open(ratings, "w", encoding="utf-8") as out:
        for row, cells in enumerate(csv.reader(plain)):
            print(*cells, "weight" if row == 0 else 1 + row % 3, sep=",", file=out)
    test.must("prepare", "--format", "delimited", "--separator", ",", "--header", "--user-column", "userId",
              "--item-column", "movieId", "--rating-column", "rating", "--timestamp-column", "timestamp",
              "--weight-column", "weight", "--items", source / "movies.csv", "--items-id-column", "movieId",
              "--items-title-column", "title", ratings, "--out", file, says="weights: yes, titles: yes")
    return file


class Configuration:
    def __init__(self, test, path, data):
        self.test, self.path, self.data = test, path, data

    def train(self, label, settings, ranks=1, threads=1):
        run = self.test.folder / f"{self.path.stem}-{label}"
        sets = [word for s in settings for word in ("--set", s)]
        self.test.must("train", self.path, "--data", self.data, "--run", run, "--threads", threads, *sets,
                       ranks=ranks)
        return run

    def compare_layouts(self):
        settings = SMALL + OPTIONS
        first = self.train("1x1", settings)
        expected, checksum = result_files(first), self.checksum(first)
        self.test.expect(len(expected) > 3 and len(checksum) == 17, f"{self.path.stem}: {[*expected]}, {checksum}")
        for ranks, threads in LAYOUTS:
            layout = f"{ranks}x{threads}"
            run = self.train(layout, settings, ranks, threads)
            found = result_files(run)
            differ = [f for f in {*found, *expected} if found.get(f) != expected.get(f)]
            self.test.expect(not differ, f"{self.path.stem} {layout}: not the bytes of 1x1: {differ}")
            self.test.expect(self.checksum(run) == checksum, f"{self.path.stem} {layout}: another checksum")
        return checksum

    def checksum(self, run):
        return self.test.must("inspect", "--checksum", run).out


def see_every_option(test, configuration, everything):
    """Where an option did nothing, its layouts would agree on nothing."""
    for option in OPTIONS:
        others = SMALL + [o for o in OPTIONS if o != option]
        run = configuration.train(f"without-{option}", others)
        test.expect(configuration.checksum(run) != everything, f"{option} changes nothing")


def see_grids(test, folder, run):
    """The program takes every value of a baseline's grid, and the system has the metric that chooses."""
    files = sorted((folder / "baselines").glob("*.yaml"))
    test.expect(len(files) >= 6, f"grids: {files}")
    for file in files:
        text = file.read_text()
        system, choose = (re.search(rf"^{key}: (\w+)$", text, re.M).group(1) for key in ("system", "choose"))
        values = [f"{key}={value}" for key, list_ in re.findall(r"^  (\S+): \[(.*)\]$", text, re.M)
                  for value in list_.split(", ")]
        sets = [f"eval.systems=[{system}]", "eval.metrics=[ndcg_at_k, root_mean_squared_error]", "eval.ks=[20]",
                *values]
        found = json.loads(test.must("evaluate", "--run", run, "--json", *(w for s in sets for w in ("--set", s))).out)
        test.expect(system == file.stem and choose in found[system], f"{file.name}: {choose}: {found.get(system)}")


def main():
    folder = Path(sys.argv.pop(2))
    with Test() as test:
        data, checksums = make_weighted_data(test), {}
        for name in NAMES:
            checksums[name] = Configuration(test, folder / f"{name}.yaml", data).compare_layouts()
        test.expect(len(set(checksums.values())) == len(NAMES), f"two runs are one: {checksums}")
        see_grids(test, folder, test.folder / "context_on-1x1")
        see_every_option(test, Configuration(test, folder / "context_on.yaml", data), checksums["context_on"])


main()
