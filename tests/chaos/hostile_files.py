#!/usr/bin/env python3
"""Damaged data files through the whole program: one error, or exactly what the good file gives.

    hostile_files.py TANDEM MUTATE LAUNCHER...
"""
import json
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, Test, result_files  # noqa: E402

CASES, FIRST = 50, 5000  # other ones than those that are read inside one process
PEAK_MEGABYTES = 400     # of any process


class Case:
    """A folder with data.h5, the same name in each, since messages and results have it."""

    def __init__(self, test, name):
        self.test, self.name = test, name
        self.folder = test.folder / name
        self.folder.mkdir()
        self.data = self.folder / "data.h5"

    def output(self, *arguments):
        """What the program says on standard output; None where it fails with one message that
        names the file, as it may."""
        try:
            done = subprocess.run([self.test.tandem, *arguments], cwd=self.folder, timeout=SECONDS,
                                  capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            self.test.fail(f"{self.name}: {arguments[0]} has no end")
            return None
        errors = [line for line in done.stderr.decode(errors="replace").splitlines()
                  if line.startswith("tandem: error: ")]
        named = len(errors) == 1 and "data.h5" in errors[0]
        if done.returncode != 0 and not (done.returncode == 1 and named):
            self.test.fail(f"{self.name}: {arguments[0]}: exit status {done.returncode}, "
                           f"{done.stderr.decode(errors='replace')}")
        return done.stdout if done.returncode == 0 else None

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


def try_case(test, mutate, good, number, run, expected):
    """Returns how many of the commands found the damage."""
    case = Case(test, f"case-{number}")
    subprocess.run([mutate, good, case.data, str(number)], check=True)
    refused = 0
    for command, found in case.results(run).items():
        refused += found is None
        test.expect(found is None or found == expected[command],
                    f"{case.name}: {command} succeeds with another result")
    shutil.rmtree(case.folder)
    return refused


def main():
    mutate = str(Path(sys.argv.pop(2)).resolve())
    with Test() as test:
        good = test.make_data("good", users=30, items=50, ratings=600)
        test.config(train={"batch_size": 100, "shards": 4, "epochs": 1})
        first = Case(test, "first")
        shutil.copy(good, first.data)
        test.must("train", test.folder / "config.yaml", "--data", first.data, "--run",
                  test.folder / "trained")
        expected = first.results(test.folder / "trained")
        test.expect(None not in expected.values(), "the good file is refused")
        with ThreadPoolExecutor(2) as pool:
            refused = list(pool.map(
                lambda n: try_case(test, mutate, good, n, test.folder / "trained", expected),
                range(FIRST, FIRST + CASES)))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"{CASES} files, {sum(r > 0 for r in refused)} refused, at most {peak} MB")
        test.expect(sum(r > 0 for r in refused) > CASES / 2, "hardly any file is damaged")
        test.expect(peak < PEAK_MEGABYTES, f"a process took {peak} MB")


main()
