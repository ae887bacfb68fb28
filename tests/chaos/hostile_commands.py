#!/usr/bin/env python3
"""Damaged files of every kind that a command reads, and damaged words of its command line, through the whole program.

    [CASES=N] [SEED=N] [FIRST=N] [KINDS=a,b] hostile_commands.py TANDEM MUTATE LAUNCHER...     so many of each kind

Under sanitizers best. Right is status 0, or 1 or 2 with one message; never a crash, a report of a sanitizer, an
allocation of a gigabyte, a hang, a half-written file or another file changed. What hostile_schemas.py reads (schemas,
tables in all forms) and test_hostile_*.c (data files, checkpoints) is tried there in one process, thousands a minute.
"""
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

from commands import Commands, files_of
from hostile_schemas import mutate
from program import SECONDS, Test, left_behind, untimed

CASES = int(os.environ.get("CASES", "1"))
SEED = int(os.environ.get("SEED", "1"))
FIRST = int(os.environ.get("FIRST", "0"))
CHECKPOINT = "run/checkpoints/step-000000000006.h5"
# A kind: a file that is damaged and the commands that read it, for each of its files.
KINDS = {
    "configurations": {"config.yaml": ["train", "warm"]},
    "runs' configurations": {"run/config.yaml": ["evaluate", "predict", "refit", "report", "receipt"]},
    "run.json": {"run/run.json": ["evaluate", "refit", "report", "warm"], "half/run.json": ["resume"]},
    "log.jsonl": {"run/log.jsonl": ["report"], "half/log.jsonl": ["resume"]},
    "owner.json": {"half/owner.json": ["resume", "fresh"]},
    "metrics.h5": {"run/metrics.h5": ["inspect-metrics", "evaluate", "refit", "report", "receipt"],
                   "half/metrics.h5": ["resume"]},
    "data files": {"data.h5": ["train", "evaluate", "predict", "export", "inspect-data", "report"],
                   "next.h5": ["warm"]},
    "checkpoints": {CHECKPOINT: ["evaluate", "export", "inspect-checkpoint", "warm", "recommend-all", "neighbors"]},
    "receipts": {"receipt.json": ["verify"]},
    "pairs": {"pairs.csv": ["predict"]},
    "users": {"asked.csv": ["recommend"]},
    "items": {"candidates.txt": ["recommend"], "exclude.txt": ["recommend"]},
    "histories": {"history.txt": ["recommend-history"]},
    "told tables": {"told/items.jsonl": ["embed"], "told/look.npy": ["embed"], "in/schema.yaml": ["embed"]},
    "packed tables": {"plain/a.csv.gz": ["prepare-files"], "plain/items.csv.xz": ["prepare-files"],
                      "plain/test.csv.zst": ["prepare-files"]},
    "lists": {"plain/lists.txt": ["prepare-lists"]},
    "described tables": {"in/rows-1.csv": ["describe"]},
    "words": {"": ["words"]},
    "values of keys": {"": ["values"]},
}
# What `values` sets keys to, of the configuration and of what is evaluated; a step ends a training that is too long.
VALUES = ("0", "1", "-1", "2", "3", "7", "0.5", "0.99", "1e-7", "1e6", "1e30", "65536", "100000", "nan", "none", "auto",
          "true", "false", "[]", "[1]", "[0]", "[5, 3, 8]", "[1, 65536]", "[who]", "[what, what]", "who", "age", "tags",
          "users.age", "stars >= 4", "device = phone", "stars", "train", "mean", "sum", "both", "owned", "uniform",
          "bpr", "adam", "cosine", "exponential", "openblas", "history", "number", "quantile", "ndcg_at_k",
          "loss", "\u00e9")
SETS = (1, 1, 2, 3)  # so many keys at once
# Command lines of which one word is damaged, where it is.
WORDS = (
    "train @/config.yaml --data @/data.h5 --run @/new --set eval.exclude_seen=device=phone",
    "train @/config.yaml --data @/data.h5 --run @/new --set model.width=[8,{a:1}]",
    "evaluate --run @/run --no-keep --set eval.by=users.age --set eval.ks=[1,5] --split test --checkpoint 6",
    "prepare --format csv --user-column who --item-column what --where stars>=4 @/plain/b.csv --out @/out.h5",
    "prepare --schema @/in/schema.yaml @/in --out @/out.h5 --split time --test-from 2023-12-01T00:00:00Z",
    "predict --run @/run --user u3 --item i4 --at 2024-01-01 --features device=phone",
    "recommend --run @/run --features age=30,job=red --history i1,i2 -k 3 --exclude-seen=device=phone",
    "neighbors --run @/run --item i3 -k 4 --at 1700000000 --format jsonl",
)
BINARY = (".h5", ".npy", ".gz", ".xz", ".zst")


def known_keys(test):
    """Names of all keys; of the sections with free names those of what the configuration has."""
    said = test.must("help", "config").out
    keys = [re.match(r"  [* ] ([a-z_]+\.[A-Za-z_.0-9]+):", line) for line in said.splitlines()]
    names = {"features": ("age", "past", "look", "hour"), "tasks": ("retrieval", "rating", "like")}
    found = []
    for key in (match.group(1) for match in keys if match):
        section = key.partition(".")[0]
        found += [key.replace("NAME", name) for name in names.get(section, (section,))]
    test.expect(len(found) > 150, f"keys: {found}")
    return found


class Cases:
    def __init__(self, test, program):
        self.test, self.program, self.commands, self.keys = test, program, Commands(test), known_keys(test)
        self.limits = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:max_allocation_size_mb=1000"}

    def damage(self, file, number, chance):
        if not file.exists():
            file.write_bytes((self.commands.whole / "run/run.json").read_bytes())
        if file.name.endswith(BINARY):
            good = file.with_suffix(".good")
            file.rename(good)
            subprocess.run([self.program, good, file, str(number)], check=True)
            good.unlink()
        else:
            file.write_bytes(mutate(file.read_bytes(), chance))

    def values(self, folder, chance):
        """A training, or an evaluation of a run, of which some keys have values of others."""
        command = chance.choice(("train @/config.yaml --data @/data.h5 --run @/new", "evaluate --run @/run --no-keep"))
        words = command.replace("@", str(folder)).split()
        keys = [key for key in self.keys if words[0] == "train" or key.startswith(("eval.", "baseline.", "placement."))]
        sets = [f"{chance.choice(keys)}={chance.choice(VALUES)}" for _ in range(chance.choice(SETS))]
        return [*words, *(word for of in (*sets, *(["train.steps=3"] if words[0] == "train" else []))
                          for word in ("--set", of))]

    def arguments(self, command, folder, chance):
        if command == "values":
            return self.values(folder, chance)
        if command != "words":
            return self.commands.arguments(command, folder)
        words = chance.choice(WORDS).replace("@", str(folder)).split()
        place = chance.choice([i for i, word in enumerate(words) if i > 0 and str(folder) not in word])
        name, equals, value = words[place].partition("=")
        damaged = mutate((value if equals else words[place]).encode(), chance).replace(b"\0", b"")[:3000]
        words[place] = (name.encode() + b"=" if equals else b"") + damaged
        return words

    def is_refused(self, kind, number):
        chance = random.Random(f"{SEED} {kind} {number}")
        folder, name = self.commands.copy(), chance.choice(list(KINDS[kind]))
        if name:
            self.damage(folder / name, number, chance)
        before = files_of(folder)
        arguments = self.arguments(chance.choice(KINDS[kind][name]), folder, chance)
        what = f"{kind}, case {number}, {name}: {arguments}"
        try:
            done = subprocess.run([self.test.tandem, *arguments], capture_output=True, timeout=SECONDS, check=False,
                                  env=self.limits, cwd=folder)
        except subprocess.TimeoutExpired:
            self.test.fail(f"{what} has no end; the files are in {shutil.copytree(folder, f'/tmp/hang-{number}')}")
            return True
        error = untimed(done.stderr.decode(errors="replace"))
        said = [line for line in error.splitlines() if line.startswith(("tandem: error: ", "tandem: rank "))]
        report = "Sanitizer" in error or "runtime error" in error
        right = (done.returncode == 0 and not said) or (done.returncode == 1 and len(said) == 1) or done.returncode == 2
        if arguments[0] == "verify" and done.returncode == 1 and not said:
            right = b"differ" in done.stdout  # another receipt's bits are not these
        self.test.expect(right and not report, f"{what}: exit status {done.returncode}, {error[:3000]}")
        self.test.expect(not left_behind(folder), f"{what}: {left_behind(folder)}")
        if done.returncode != 0:
            after = files_of(folder)
            changed = [n for n in before if after.get(n) != before[n] and not n.startswith("half/")]
            self.test.expect(not changed, f"{what}: changed {changed}")
        shutil.rmtree(folder)
        return done.returncode != 0


def main():
    program = str(Path(sys.argv.pop(2)).resolve())
    with Test() as test:
        cases = Cases(test, program)
        for kind in os.environ.get("KINDS", ",".join(KINDS)).split(","):
            refused = sum(cases.is_refused(kind, number) for number in range(FIRST, FIRST + CASES))
            print(f"{CASES} cases of {kind}, {refused} refused", flush=True)


main()
