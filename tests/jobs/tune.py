#!/usr/bin/env python3
"""scripts/tune: a recipe's grid on validation rows, what is done is kept, and the best becomes a configuration.

    tune.py TANDEM TUNE LAUNCHER...
"""
import os
import re
import subprocess
import sys
from pathlib import Path

from program import SECONDS, Test

SHORT = ["--", "--threads", 1, "--set", "train.epochs=2", "--set", "train.batch_size=128"]


def tune(test, script, *arguments, status=0):
    environment = {**os.environ, "TANDEM": test.tandem,
                   "PATH": f"{Path(test.launcher[0]).parent}:{os.environ['PATH']}"}
    done = subprocess.run([script, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=environment, cwd=test.folder)
    said = done.stdout + done.stderr
    test.expect(done.returncode == status, f"tune {arguments}: expected exit status {status}; found "
                f"{done.returncode}: {said}")
    return said


def main():
    script = sys.argv.pop(2)
    with Test() as test:
        source, data, runs = test.folder / "source", test.folder / "data.h5", test.folder / "runs"
        test.must("synth", "--out", source, "--users", 60, "--items", 120, "--ratings", 3000)
        test.must("prepare", "--format", "movielens-csv", source, "--out", data, "--split", "user_rows",
                  "--validation-fraction", 0.1)
        said = tune(test, script, "ratings", "--data", data, "--runs", runs, *SHORT)
        rows = re.findall(r"^ *([\d.]+) +\d+ +done +([\d.]+) +([\d.]+)$", said, re.M)
        test.expect(len(rows) == 4 and [float(r[0]) for r in rows] == sorted(float(r[0]) for r in rows),
                    f"expected four errors, the least first; found {said}")
        best, table = (runs / "best.yaml").read_text(), (runs / "sweep/table.tsv").read_text().splitlines()
        test.expect(f"optimizer.learning_rate: {rows[0][2]}\n" in best, f"best.yaml lacks rate {rows[0][2]}: {best}")
        test.expect(f"tandem refit {table[1].split()[-1]}" in said, f"which run to refit: {said}")
        test.must("train", runs / "best.yaml", "--data", data, "--run", test.folder / "again")
        again = tune(test, script, "ratings", "--data", data, "--runs", runs, *SHORT)
        test.expect("4 of them done before" in again, f"nothing is run twice: {again}")

        ranks = tune(test, script, "implicit", "--data", data, "--grid", "retrieval.temperature=0.1|0.2", "--ranks", 2,
                     *SHORT)
        test.expect((test.folder / "runs/tune-implicit/best.yaml").is_file(), f"on two ranks: {ranks}")
        said = tune(test, script, "none", "--data", data, status=2)
        test.expect("there is no recipe none" in said and "cold-start" in said, said)
        tune(test, script, "implicit", status=2)


main()
