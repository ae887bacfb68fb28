#!/usr/bin/env python3
"""The recipes of configs/recipes: each trains some seconds on generated ratings and learns what it is for; implicit
beats popularity and item neighbors on MovieLens latest-small, where TANDEM_DATA has it. Below popularity, evaluate says
what usually cures.

    recipes.py TANDEM CONFIGS LAUNCHER...
"""
import json
import re
import sys
from pathlib import Path

from program import Test, environment

SHARES = ["--split", "user_rows", "--validation-fraction", 0.1]
CUTS = {"implicit": SHARES, "cold-start": SHARES, "ratings": SHARES, "events": ["--split", "leave_one_out"]}
LEARNS = "recall_at_20"


def evaluate(test, run, *more):
    return json.loads(test.must("evaluate", "--run", run, "--json", "--no-keep", *more).out)


class Recipes:
    def __init__(self, test, configs):
        self.test, self.configs = test, configs / "recipes"
        self.source = test.folder / "source"
        test.must("synth", "--out", self.source, "--users", 400, "--items", 300, "--ratings", 12000)

    def trained(self, name, *sets):
        """The run of a recipe on generated ratings."""
        data, run = self.test.folder / f"{name}.h5", self.test.folder / name
        self.test.must("prepare", "--format", "movielens-csv", self.source, *CUTS[name], "--out", data)
        words = [w for s in sets for w in ("--set", s)]
        self.test.must("train", self.configs / f"{name}.yaml", "--data", data, "--run", run, "--fresh", *words)
        return run

    def lists_better_than(self, name, systems, *sets):
        found = evaluate(self.test, self.trained(name, *sets), "--checkpoint", "best",
                         "--set", f"eval.systems=[{', '.join(systems)}]")
        for system in systems:
            model, other = found[LEARNS], found[system][LEARNS]
            self.test.expect(model > other, f"{name}: expected {LEARNS} above {system}'s {other}; found {model}")

    def predicts_better_than_biases_start(self):
        """Three epochs are below the deviation of the ratings themselves."""
        run = self.trained("ratings", "train.epochs=3", "train.batch_size=128")
        found = evaluate(self.test, run, "--checkpoint", "best", "--set", "baseline.damping=1e9")
        rmse, mean = found["root_mean_squared_error"], found["biases"]["root_mean_squared_error"]
        self.test.expect(rmse < mean, f"ratings: expected an RMSE below the mean's {mean}; found {rmse}")

    def keeps_the_temperature_of_the_data(self):
        """That of the number of items, in the run's configuration; the run goes on with the recipe as it is."""
        run, recipe = self.test.folder / "implicit", self.configs / "implicit.yaml"
        data = self.test.folder / "implicit.h5"
        said = self.test.must("inspect", data).out
        items = int(re.search(r"vocabularies/item/offsets +int64 +(\d+)", said)[1]) - 1
        expected = f"temperature: {round(1350 / items ** 0.25) / 1000:g}\n"
        self.test.expect(expected in (run / "config.yaml").read_text(), f"{items} items: expected {expected}")
        self.test.must("train", recipe, "--data", data, "--run", run, "--resume", "--set", "train.epochs=9", "--set",
                       "train.batch_size=256", ranks=2)

    def refits(self):
        """The steps of the recipe's own comment."""
        run, final = self.test.folder / "implicit", self.test.folder / "final"
        self.test.must("refit", run, "--run", final)
        self.test.must("evaluate", "--run", final, "--intervals")

    def says_what_cures(self):
        """A model below popularity: one that has not learned."""
        run = self.trained("implicit", "retrieval.log_q=false", "train.epochs=1", "optimizer.learning_rate=0",
                           "eval.every_epochs=0")
        said = self.test.must("evaluate", "--run", run, "--no-keep").error
        self.test.expect("is below popularity" in said and "retrieval.log_q=negatives" in said and
                         "model.normalize" not in said, f"below popularity: found {said}")


def on_latest_small(test, configs):
    """A quarter of the epochs, since this is a test."""
    folder = environment("TANDEM_DATA")
    if not folder or not (folder / "ml-latest-small").is_dir() or test.is_sanitized():
        return
    data, run = test.folder / "latest-small.h5", test.folder / "latest-small"
    test.must("prepare", "--format", "movielens-csv", folder / "ml-latest-small", "--split", "user_rows", "--out", data)
    test.must("train", configs / "recipes/implicit.yaml", "--data", data, "--run", run, "--set", "train.epochs=5",
              "--set", "eval.every_epochs=0")
    found = evaluate(test, run)
    for metric in ("recall_at_20", "ndcg_at_20", "top_100_categorical_accuracy"):
        values = {s: found[s][metric] if s != "model" else found[metric]
                  for s in ("model", "popularity", "item_neighbors")}
        print(f"latest-small, {metric}: {values}")
        test.expect(values["model"] == max(values.values()), f"latest-small, {metric}: {values}")


def main():
    configs = Path(sys.argv.pop(2))
    with Test() as test:
        recipes = Recipes(test, configs)
        recipes.lists_better_than("implicit", ["popularity"], "train.epochs=8", "train.batch_size=256")
        recipes.refits()
        recipes.keeps_the_temperature_of_the_data()
        recipes.lists_better_than("events", ["popularity"], "train.batch_size=256")
        recipes.lists_better_than("cold-start", ["popularity"], "train.epochs=8", "train.batch_size=256")
        recipes.predicts_better_than_biases_start()
        recipes.says_what_cures()
        on_latest_small(test, configs)


main()
