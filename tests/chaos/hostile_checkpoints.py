#!/usr/bin/env python3
"""Runs whose newest checkpoint is damaged: it is named and skipped, or training goes on from it; either
way the run's end has the bytes of an undisturbed one.

    hostile_checkpoints.py TANDEM MUTATE LAUNCHER...
"""
import shutil

from hostile import Mutator, output, run_cases
from program import Test, checkpoints, result_files

NEWEST = "step-000000000008.h5"  # of 12


class Cases:
    def __init__(self, test, mutator):
        self.test, self.mutator = test, mutator
        self.data = test.make_data("data", users=30, items=50, ratings=600)
        self.config = test.config(model={"width": 8}, eval={"every_epochs": 1},
                                  train={"batch_size": 100, "shards": 4, "epochs": 2},
                                  checkpoint={"every_steps": 2, "keep": 0})
        self.whole = test.folder / "whole"
        test.must(*self.arguments(self.whole))
        self.expected = result_files(self.whole)
        self.good = self.whole / "checkpoints" / NEWEST
        self.stopped = test.folder / "stopped"
        shutil.copytree(self.whole, self.stopped)
        for file in checkpoints(self.stopped):
            if file.name > NEWEST:
                file.unlink()

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def is_found(self, number):
        run = self.test.folder / f"case-{number}"
        shutil.copytree(self.stopped, run)
        self.mutator.write(self.good, run / "checkpoints" / NEWEST, number)
        ranks = 2 if number % 10 == 0 else None
        done = output(self.test, run.name, self.test.command(self.arguments(run, "--resume"), ranks),
                      self.test.folder, NEWEST)
        found = bool(done) and self.expect_end(run, done.stderr.decode(errors="replace"))
        self.test.expect(done, f"{run.name}: the run cannot go on")
        shutil.rmtree(run)
        return found

    def expect_end(self, run, said):
        """A checkpoint that is skipped is written again; one that is not stays as it is."""
        skipped = [line for line in said.splitlines() if " is skipped" in line]
        begin = "step-000000000006.h5" if skipped else NEWEST
        self.test.expect(len(skipped) <= 1 and all(NEWEST in line for line in skipped) and
                         any("going on from" in line and begin in line for line in said.splitlines()),
                         f"{run.name}: {said}")
        files = result_files(run)
        other = [name for name in {*files, *self.expected} if (skipped or name != NEWEST) and
                 files.get(name) != self.expected.get(name)]
        self.test.expect(not other, f"{run.name}: other bytes in {other}")
        return bool(skipped)


def main():
    mutator = Mutator()
    with Test() as test:
        run_cases(test, Cases(test, mutator).is_found)


main()
