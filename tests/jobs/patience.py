#!/usr/bin/env python3
"""Early stopping: where it ends follows from the evaluations alone, however often the run was stopped and wherever it
went on; the best checkpoint stays.

    patience.py TANDEM LAUNCHER...
"""
import shutil

from program import Test, checkpoints, log_objects, result_files

PATIENCE = 3
# A rate that is too high, so that validation rows soon say so.
SECTIONS = {
    "train": {"batch_size": 240, "shards": 8, "epochs": 40, "reshuffle": True, "patience": PATIENCE},
    "optimizer": {"learning_rate": 0.5},
    "checkpoint": {"every_steps": 4, "keep": 0},
    "eval": {"every_epochs": 1, "ks": [5, 20], "metrics": ["top_k_categorical_accuracy", "ndcg_at_k"]},
}


def steps_of(run):
    return [int(file.stem[5:]) for file in checkpoints(run)]


class Patience:
    def __init__(self, test):
        self.test = test
        source = test.folder / "ratings"
        test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 3000, "--seed", 1)
        self.data = test.folder / "data.h5"
        test.must("prepare", "--format", "movielens-csv", source, "--validation-fraction", "0.2", "--out", self.data)
        self.config = test.config(**SECTIONS)
        self.whole, self.said = self.train("whole")
        self.files = result_files(self.whole)

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def train(self, name, *more, says="", ranks=None):
        run = self.test.folder / name
        return run, self.test.must(*self.arguments(run, *more), says=says, ranks=ranks).error

    def evaluations(self, run):
        return [o for o in log_objects(run) if o["event"] == "evaluation"]

    def copy(self, name, newest):
        """The whole run as if it had been killed when this was its newest checkpoint, with a log and metrics that know
        of more."""
        run = self.test.folder / name
        shutil.copytree(self.whole, run)
        for file, step in zip(checkpoints(run), steps_of(run), strict=True):
            if step > newest:
                file.unlink()
        return run


def ends_where_the_evaluations_say(p, run, said, metric):
    """By their own values, as a reader of the log would judge."""
    found = p.evaluations(run)
    values = [o[metric] for o in found]
    best = values.index(max(values))
    epochs = len(values)
    p.test.expect(epochs < 40 and epochs == best + 1 + PATIENCE, f"{run.name}: ended after {values}")
    for i, o in enumerate(found):
        so_far = values[:i + 1].index(max(values[:i + 1]))
        p.test.expect((o["metric"], o["best"], o["best_epoch"], o["best_step"], o["since_best"], o["split"]) ==
                      (metric, values[so_far], so_far + 1, found[so_far]["step"], i - so_far, "validation"),
                      f"{run.name}: {o}")
    path = run / f"checkpoints/step-{found[best]['step']:012}.h5"
    p.test.expect(f"training ends with epoch {epochs}: {PATIENCE} evaluations found no better validation" in said and
                  f"than {values[best]:.4f} of epoch {best + 1}" in said and said.count(str(path)) == 1,
                  f"{run.name}: {said}")
    p.test.expect(path.exists() and steps_of(run)[-1] == found[-1]["step"], f"{run.name}: kept {steps_of(run)}")
    return found[best]["step"]


def is_the_same_however_it_was_stopped(p):
    steps = steps_of(p.whole)
    per_epoch = steps[-1] // len(p.evaluations(p.whole))
    ends = [s for s in steps if s % per_epoch == 0]
    for ranks, newest in ((None, steps[0]), (2, ends[0]), (3, ends[-2]), (2, steps[-2]), (None, ends[-3]),
                          (3, steps[len(steps) // 2])):
        run = p.copy(f"from-{newest}", newest)
        p.train(run.name, "--resume", ranks=ranks, says="training ends with epoch")
        p.test.expect(result_files(run) == p.files, f"{run.name}, {ranks} ranks: not the bytes of the whole run")
    for ranks in (2, 3):
        run, _ = p.train(f"ranks-{ranks}", ranks=ranks)
        p.test.expect(result_files(run) == p.files, f"{run.name}: not the bytes of one rank")


def heeds_no_evaluation_but_its_own(p):
    """One that somebody asked for in between, of a checkpoint that training did not evaluate."""
    newest = steps_of(p.whole)[1]
    run = p.copy("looked-at", newest)
    p.test.must("evaluate", "--run", run, "--checkpoint", newest, "--split", "validation")
    p.train(run.name, "--resume")
    p.test.expect(steps_of(run) == steps_of(p.whole), f"looked at: {steps_of(run)}")


def keeps_the_best(p):
    best = p.evaluations(p.whole)[-1]["best_step"]
    for more in (["checkpoint.keep=1"], ["checkpoint.keep=1", "checkpoint.every_epochs=0"]):
        run, _ = p.train(f"keeps-{len(more)}", "--set", "checkpoint.every_steps=0",
                         *[w for key in more for w in ("--set", key)])
        p.test.expect(steps_of(run) == [best, steps_of(p.whole)[-1]], f"{more}: {steps_of(run)}, the best: {best}")
        found = p.test.must("evaluate", "--run", run, "--checkpoint", "best", "--json").out
        p.test.expect(f'"step": {best}' in found, f"{more}: --checkpoint best: {found}")
    refit = p.test.folder / "refit"
    p.test.must("refit", p.test.folder / "keeps-1", "--run", refit)
    p.test.expect(steps_of(refit)[-1] == best, f"refit: {steps_of(refit)}, not as long as the best, {best}")


def ended_runs(p):
    run, said = p.train("whole", "--resume", says="nothing is left to do (train.patience may be raised)", ranks=2)
    p.test.expect(result_files(run) == p.files and "--checkpoint best" in said, f"an ended run: {said}")
    more = "--set", f"train.patience={PATIENCE + 2}", "--set", "train.epochs=12"
    run = p.copy("raised", 1 << 40)
    p.train(run.name, "--resume", *more, ranks=3)
    at_once, _ = p.train("raised-at-once", *more)
    p.test.expect(result_files(run) == result_files(at_once), "raised: not the bytes of one that began so")


def other_metrics(p):
    run, said = p.train("ndcg", "--set", "checkpoint.keep_best=ndcg_at_k")
    ends_where_the_evaluations_say(p, run, said, "ndcg_at_20")
    run, _ = p.train("automatic", "--set", "eval.metrics=[ndcg_at_k]", "--set", "train.epochs=1")
    p.test.expect(p.evaluations(run)[0]["metric"] == "ndcg_at_20", "auto: not what is evaluated")


def refusals(p):
    def refuses(name, sets, *parts):
        run = p.test.folder / "refused"
        p.test.refuses(name, p.arguments(run, *[w for key in sets for w in ("--set", key)]), "train.patience", *parts,
                       ranks=2)
        p.test.expect(not run.exists() or not (run / "run.json").exists(), f"{name}: a run was begun")

    refuses("no evaluations", ["eval.every_epochs=0"], "eval.every_epochs is 0", "set it to 1")
    refuses("by the loss", ["checkpoint.keep_best=loss"], "which is loss", "set it to auto")
    refuses("no rows left", ["train.rows=train+validation"], "needs validation rows", "train.rows leaves none")
    data = p.test.make_data("without")
    p.test.refuses("no validation rows", ["train", p.config, "--data", data, "--run", p.test.folder / "none"],
                   "train.patience needs validation rows", "--validation-fraction", ranks=3)


def main():
    with Test() as test:
        p = Patience(test)
        ends_where_the_evaluations_say(p, p.whole, p.said, "top_20_categorical_accuracy")
        for case in (is_the_same_however_it_was_stopped, heeds_no_evaluation_but_its_own, keeps_the_best, ended_runs,
                     other_metrics, refusals):
            case(p)


main()
