#!/usr/bin/env python3
"""Damaged grids of settings through scripts/sweep, with a tandem that only writes down what it is told.

    [CASES=N] [SEED=N] hostile_grids.py SWEEP

Right is status 0 with each point of the grid once, as Python reads it, or status 1 or 2 with one message (1: a point
that failed); never a word of the shell's own, a file outside the folder of the runs, a hang, or half a grid.
"""
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from hostile_schemas import mutate

CASES = int(os.environ.get("CASES", "15"))
SEED = int(os.environ.get("SEED", "1"))
SECONDS = 120
GRIDS = (b"# rates\noptimizer.learning_rate=0.1|0.05\n\nmodel.width=8|16\n",
         b"eval.exclude_seen=device = phone|stars >= 4\n  train.seed = 1 | 2\n",
         b"query.tower=[8, 4]|[]\nfeatures.a.where=x \\| y|z\n", b"a.b=1|2 c.d=3|4\n")
# What a shell might do more with.
PIECES = (b"$(touch out)", b"`touch out`", b"*", b"../", b"/", b"%s", b"\\", b"\\|", b"|", b"=", b"'", b'"', b"\n",
          b" ", b"\t", b"-n", b"~", b"{a,b}", b"$HOME", b"&", b";touch out;", b"\x1f", b"\x1e", b"\0", b"\r\n", b"\xff",
          b"\xc3\xa9", b"%2F", b"#", b"x.y=5")
TANDEM = """#!/bin/bash
case $1 in
inspect) echo '  validation_rows = 3' ;;
train)
  printf '%s\\0' "${@:7}" >"$(mktemp "$SEEN/point.XXXXXX")"
  mkdir -p "$6" && echo 'eval.metrics: [ndcg_at_k]' >"$6/config.yaml"
  ;;
evaluate) printf '{\\n  "split": "validation",\\n  "step": 4,\\n  "ndcg_at_2": 0.5\\n}\\n' ;;
esac
"""


def damaged(chance):
    text = bytearray(chance.choice(GRIDS))
    if chance.random() < 0.3:
        return mutate(bytes(text), chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        text[at:at + chance.choice((0, 0, 1, 5))] = chance.choice(PIECES)
    return bytes(text)


def points(grid):
    """The settings of each point, by what slurm/grid.bash says a grid is."""
    lines = [line.removesuffix(b"\r").replace(b"\t", b" ") for line in grid.split(b"\n")]
    lines = [line for line in lines if not re.match(rb"[ \t\r\v\f]*(#|$)", line)]
    keys = []
    for line in lines:
        key, _, values = line.partition(b"=")
        values = re.split(rb"(?<!\\)\|", values)
        keys.append([key.strip() + b"=" + value.strip(b" \t").replace(b"\\|", b"|") for value in values])
    return sorted(itertools.product(*keys))


class Cases:
    def __init__(self, sweep, folder):
        self.sweep, self.folder, self.failures = sweep, folder, 0
        (folder / "tandem").write_text(TANDEM)
        (folder / "tandem").chmod(0o755)

    def expect(self, truth, text):
        if not truth:
            print("FAILED:", text, flush=True)
            self.failures += 1

    def is_refused(self, number):
        chance, case = random.Random(f"{SEED} {number}"), self.folder / f"case-{number}"
        seen, runs = case / "seen", case / "runs"
        seen.mkdir(parents=True)
        for name in ("config.yaml", "data.h5"):
            (case / name).touch()
        grid = damaged(chance)
        (case / "grid").write_bytes(grid)
        before = [*case.iterdir()]
        try:
            done = subprocess.run(["bash", self.sweep, "grid", "config.yaml", "--data", "data.h5", "--runs", "runs"],
                                  cwd=case, capture_output=True, timeout=SECONDS, check=False,
                                  env={**os.environ, "TANDEM": str(self.folder / "tandem"), "SEEN": str(seen)})
        except subprocess.TimeoutExpired:
            self.expect(False, f"case {number}, {grid}: no end")
            return True
        what = f"case {number}, {grid}: exit status {done.returncode}, {done.stderr.decode(errors='replace')}"
        said = [line for line in done.stderr.split(b"\n") if line]
        found = sorted(self.settings(file) for file in seen.iterdir())
        if done.returncode == 0:
            self.expect(not said and found == points(grid), f"{what}: trained {found}")
        else:
            self.expect(done.returncode == 2 and len(said) == 1 and said[0].startswith(b"sweep: ") and not found,
                        f"{what}: expected status 2 and one message; trained {found}")
        made = {*case.iterdir()} - {*before, runs}
        self.expect(not made, f"{what}: made {made}")
        shutil.rmtree(case)
        return done.returncode != 0

    @staticmethod
    def settings(file):
        """What --set gives, of the options that one training had."""
        words = file.read_bytes().split(b"\0")[:-1]
        return tuple(words[i + 1] for i, word in enumerate(words) if word == b"--set")


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        cases = Cases(Path(sys.argv[1]).resolve(), folder)
        refused = sum(cases.is_refused(number) for number in range(CASES))
        print(f"{CASES} grids, {refused} refused")
        cases.expect(CASES / 10 < refused < CASES, "all or hardly any are refused")
    finally:
        shutil.rmtree(folder)
    sys.exit(cases.failures > 0)


main()
