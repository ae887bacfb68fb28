#!/usr/bin/env python3
"""Damaged data files through the whole program: one error, or exactly what the good file gives.

    hostile_files.py TANDEM MUTATE LAUNCHER...
"""
import json
import shutil

from hostile import Mutator, output, run_cases
from program import Test, result_files


class Case:
    """A folder with data.h5, the same name in each, since messages and results have it."""

    def __init__(self, test, name):
        self.test, self.name = test, name
        self.folder = test.folder / name
        self.folder.mkdir()
        self.data = self.folder / "data.h5"

    def output(self, *arguments):
        done = output(self.test, f"{self.name}: {arguments[0]}", [self.test.tandem, *arguments],
                      self.folder, "data.h5")
        return None if done is None else done.stdout

    def train(self):
        done = self.output("train", "../config.yaml", "--data", "data.h5", "--run", "run")
        return None if done is None else result_files(self.folder / "run")

    def evaluate(self, run):
        shutil.copytree(run, self.folder / "trained")
        text = self.output("evaluate", "--run", "trained", "--data", "data.h5", "--json")
        found = None if text is None else json.loads(text)
        if found:
            found.pop("seconds", None)
        return found

    def results(self, run):
        return {"inspect": self.output("inspect", "data.h5"), "train": self.train(),
                "evaluate": self.evaluate(run)}


class Cases:
    def __init__(self, test, mutator):
        self.test, self.mutator = test, mutator
        self.good = test.make_data("good", users=30, items=50, ratings=600)
        self.run = test.folder / "trained"
        config = test.config(train={"batch_size": 100, "shards": 4, "epochs": 1})
        first = Case(test, "first")
        shutil.copy(self.good, first.data)
        test.must("train", config, "--data", first.data, "--run", self.run)
        self.expected = first.results(self.run)
        test.expect(None not in self.expected.values(), "the good file is refused")

    def is_found(self, number):
        """Whether any of the commands found the damage."""
        case = Case(self.test, f"case-{number}")
        self.mutator.write(self.good, case.data, number)
        results = case.results(self.run)
        for command, found in results.items():
            self.test.expect(found is None or found == self.expected[command],
                             f"{case.name}: {command} succeeds with another result")
        shutil.rmtree(case.folder)
        return None in results.values()


def main():
    mutator = Mutator()
    with Test() as test:
        run_cases(test, Cases(test, mutator).is_found)


main()
