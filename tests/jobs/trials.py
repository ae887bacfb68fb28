#!/usr/bin/env python3
"""docs/examples/tune.py: what it reads of a run while that trains, and how it ends a trial.

    trials.py TANDEM EXAMPLE LAUNCHER...
"""
import importlib.util
import json
import os
import sys
from pathlib import Path

from pages import with_packages

with_packages(str(Path(__file__).resolve().parents[2]))

from program import Test, checkpoints, left_behind, skip  # noqa: E402

try:
    import h5py  # noqa: F401
    import optuna
except ImportError as error:
    skip(f"scripts/install-packages --tests gets Optuna from PyPI ({error})")


class Trial:
    """One that suggests the first of everything, and is given up after so many epochs."""

    number = 3

    def __init__(self, epochs):
        self.epochs, self.told = epochs, []

    def suggest_float(self, _, low, *__, **___):
        return low

    def suggest_categorical(self, _, choices):
        return choices[0]

    def report(self, value, epoch):
        self.told.append((epoch, value))

    def should_prune(self):
        return len(self.told) >= self.epochs


def load(path):
    spec = importlib.util.spec_from_file_location("example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    example = load(sys.argv.pop(2))
    with Test() as test:
        os.environ["PATH"] = f"{Path(test.tandem).parent}:{os.environ['PATH']}"
        source, data, folder = test.folder / "data", test.folder / "data.h5", test.folder / "tuned"
        test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 3000)
        test.must("prepare", "--format", "movielens-csv", source, "--out", data, "--split", "leave_one_out")
        sections = {"model": {"normalize": "l2"}, "retrieval": {"log_q": True}, "eval": {"ks": [1, 10]}}
        folder.mkdir()

        config = test.config(train={"batch_size": 240, "shards": 8, "epochs": 4}, **sections)
        trial, run = Trial(epochs=100), folder / "trial-0003"
        best = example.train(trial, config, data, folder)
        told = json.loads(test.must("evaluate", "--run", run, "--split", "validation", "--json", "--checkpoint",
                                    "newest").out)["top_10_categorical_accuracy"]
        values = example.validation(run)
        same = len(values) == 4 and abs(values[-1] - told) < 1e-9 and best == max(values)
        test.expect(same, f"{values}, evaluate has {told}")
        test.expect(trial.told == list(enumerate(values, 1))[:len(trial.told)], f"reported {trial.told} of {values}")

        # As metrics.h5 has none, and the log does.
        with open(run / "log.jsonl", "a") as log:
            log.write('{"event": "evaluation", "epoch": 5, "step": 60, "split": "validation", '
                      '"top_10_categorical_accuracy": 0.25}\n')
        test.expect(example.validation(run)[-1] == 0.25, f"of the log: {example.validation(run)}")

        # One that falls behind ends early, with a checkpoint.
        endless = test.config("endless.yaml", train={"batch_size": 240, "shards": 8, "epochs": 100000}, **sections)
        trial.number, trial.epochs, trial.told = 4, 2, []
        try:
            example.train(trial, endless, data, folder)
            test.fail("a trial that should be pruned was not")
        except optuna.TrialPruned:
            pass
        run = folder / "trial-0004"
        test.expect(len(trial.told) >= 2 and checkpoints(run) and not left_behind(run), f"pruned: {trial.told}")
        test.expect(not (run / "owner.json").exists(), "a pruned trial is still trained")


main()
