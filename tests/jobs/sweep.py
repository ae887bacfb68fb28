#!/usr/bin/env python3
"""scripts/sweep: a grid of settings on one machine, which goes on where it stopped and shares a folder with another.

    sweep.py TANDEM SWEEP LAUNCHER...
"""
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from program import SECONDS, Test, checkpoints, left_behind, wait_until

GRID = """# widths, and what is measured
model.width = 8 | 4

eval.ks=[1, 7]|[1, 9]
"""


class Sweeps:
    def __init__(self, test, script):
        self.test, self.script = test, script
        source, self.data = test.folder / "data", test.folder / "data.h5"
        test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 3000)
        test.must("prepare", "--format", "movielens-csv", source, "--out", self.data, "--split", "leave_one_out")
        self.config = test.config(train={"batch_size": 240, "shards": 8, "epochs": 3, "reshuffle": True},
                                  eval={"exclude_seen": "train", "candidates": "unique", "every_epochs": 1,
                                        "metrics": ["ndcg_at_k", "top_k_categorical_accuracy"]},
                                  checkpoint={"every_epochs": 1})
        self.grid = test.folder / "grid.txt"
        self.grid.write_text(GRID)

    def start(self, folder, *options, grid=None, data=None):
        command = [self.script, grid or self.grid, self.config, "--data", data or self.data, "--runs", folder, *options]
        environment = {**os.environ, "TANDEM": self.test.tandem,
                       "PATH": f"{Path(self.test.launcher[0]).parent}:{os.environ['PATH']}"}
        return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, env=environment)

    def end(self, process, status=0):
        said = process.communicate(timeout=SECONDS)[0]
        found = process.returncode
        self.test.expect(found == status, f"expected exit status {status}; found {found}: {said}")
        return said

    def sweep(self, folder, *options, status=0, **more):
        return self.end(self.start(folder, *options, **more), status)


def rows(said):
    """Those of the table: value, step, state, settings."""
    lines = said.split("\n\n")[-2].splitlines() if "\n\n" in said else []
    return [line.split(maxsplit=4) for line in lines[1:]]


def metrics_are_known_beforehand(s):
    def check(metric):
        grid = Path(s.script).resolve().parent.parent / "slurm/grid.bash"
        command = f'grid_program=x; . "{grid}"; grid_check_metric {metric} "{s.test.tandem}"'
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    for metric in ("top_k_categorical_accuracy", "top_10_categorical_accuracy", "ndcg_at_10", "recall_at_k", "auc",
                   "row_mrr_at_5", "log_loss", "coverage_at_k", "gini_at_20", "likes_row_auc", "mean_absolute_error",
                   "stars_root_mean_squared_error"):
        found = check(metric)
        s.test.expect(found.returncode == 0, f"{metric}: {found.stderr}")
    found = check("ndcg")
    s.test.expect(found.returncode == 2 and "there is no metric ndcg; there are top_k_categorical_accuracy, " in
                  found.stderr, f"ndcg: {found.stderr}")


def values_are_those_of_evaluate(s):
    """The table's order is that of the validation rows' values at each run's best checkpoint."""
    said = s.sweep(s.test.folder / "whole", "--metric", "ndcg_at_1", "--at-once", 2)
    s.test.expect("ndcg_at_1 of the validation rows, the greatest first" in said, said)
    found = rows(said)
    wanted = []
    for width in (8, 4):
        for ks in ("[1, 7]", "[1, 9]"):
            run = s.test.folder / "whole" / f"model.width={width},eval.ks={ks}"
            told = json.loads(s.test.must("evaluate", "--run", run, "--split", "validation", "--checkpoint", "best",
                                          "--json").out)
            wanted.append((told["ndcg_at_1"], [f"{told['ndcg_at_1']:.4f}", str(told["step"]), "done", str(width), ks]))
    wanted = [row for _, row in sorted(wanted, key=lambda pair: -pair[0])]
    s.test.expect(found == wanted, f"expected {wanted}; found {said}")
    s.test.expect(not list(s.test.folder.glob("whole/sweep/*.[0-9]*")), "files of workers are left")
    again = s.sweep(s.test.folder / "whole", "--metric", "ndcg_at_1")
    s.test.expect("4 of them done before" in again and rows(again) == found, f"a second time: {again}")
    starts = (run / "log.jsonl").read_text().count('"event": "start"')
    s.test.expect(starts == 1, f"a run that is done was started {starts} times")
    more = s.sweep(s.test.folder / "whole", "--", "--set", "train.epochs=4")
    s.test.expect("0 of them done before" in more and len(checkpoints(run)) > 0, f"more epochs: {more}")
    s.test.expect(all(row[2] == "done" for row in rows(more)) and "not be comparable" not in more, more)


def goes_on(s):
    """Killed in the middle, with what it started or alone, it ends with what one that nobody disturbed has."""
    endless = ["--", "--set", "train.epochs=100000", "--set", "checkpoint.every_steps=1"]
    folder, grid = s.test.folder / "killed", "model.width=8|4"
    run = folder / "model.width=8"
    process = s.start(folder, *endless, grid=grid)
    s.test.expect(wait_until(lambda: checkpoints(run), 60), "no checkpoint in a minute")
    process.send_signal(signal.SIGTERM)
    said = s.end(process, 143)
    s.test.expect("stopped; the same command goes on" in said and not left_behind(folder), said)
    s.test.expect(not (run / "owner.json").exists(), "the run is still trained")
    step = int(checkpoints(run)[-1].stem[5:])
    epochs = ["--", "--set", f"train.epochs={step // 12 + 2}"]
    said = s.sweep(folder, *epochs, grid=grid)
    log = (folder / "sweep/model.width=8.log").read_text()
    s.test.expect(f"going on from {run}/checkpoints/step-{step:012}" in log, f"did not go on from step {step}: {said}")
    s.sweep(s.test.folder / "undisturbed", *epochs, grid=grid)
    sums = [s.test.must("inspect", s.test.folder / name / "model.width=8", "--checksum").out
            for name in ("killed", "undisturbed")]
    s.test.expect(sums[0] == sums[1], f"killed and gone on: {sums}")


def beside_another(s):
    """Two on one folder: each run is trained once, and both end with the whole table."""
    folder, grid = s.test.folder / "shared", "model.width=4|8|12 optimizer.learning_rate=0.1|0.2"
    options = ["--", "--set", "train.epochs=8"]
    both = [s.start(folder, *options, grid=grid) for _ in range(2)]
    tables = [rows(s.end(process)) for process in both]
    s.test.expect(tables[0] == tables[1] and [row[2] for row in tables[0]] == ["done"] * 6, f"two at once: {tables}")
    for run in folder.glob("model*"):
        epochs = [o["epoch"] for o in map(json.loads, (run / "log.jsonl").read_text().splitlines())
                  if o["event"] == "epoch"]
        s.test.expect(epochs == list(range(1, 9)), f"{run.name}: epochs {epochs}")


def refuses(s):
    """What would choose by test rows, or not choose at all; a point that fails leaves the others."""
    folder = s.test.folder / "refused"
    plain = s.test.make_data("plain")
    for status, part, more in (
            (2, "has no validation rows to choose by", {"data": plain}), (2, "has two keys", {"grid": "a.b=1 c.d=2\n"}),
            (2, "cannot read", {"data": folder / "gone"}), (2, "is no grid", {"grid": "gone.txt"})):
        said = s.sweep(folder, status=status, **more)
        s.test.expect(part in said, f"expected '{part}'; found {said}")
    said = s.sweep(folder, grid="model.width=8|-3", status=1)
    s.test.expect("model.width=-3: failed, see" in said, said)
    s.test.expect([row[0] != "-" for row in rows(said)] == [True, False], f"one failed: {said}")
    s.test.expect(rows(s.sweep(folder, "--table", grid="model.width=8|-3")) == rows(said), "--table")
    said = s.sweep(folder, "--ranks", 2, grid="model.width=8|6")
    s.test.expect("1 of them done before" in said and len(rows(said)) == 2, f"on two ranks: {said}")


def main():
    script = sys.argv.pop(2)
    with Test() as test:
        sweeps = Sweeps(test, script)
        for case in (metrics_are_known_beforehand, values_are_those_of_evaluate, goes_on, beside_another, refuses):
            case(sweeps)


main()
