#!/usr/bin/env python3
"""scripts/reproduce: the tutorials' five runs of one seed where TANDEM_DATA has MovieLens 100K, what
it keeps, and what it says of a missed range.

    reproduce.py TANDEM SCRIPT LAUNCHER...
"""
import json
import subprocess
import sys

from program import SECONDS, Test, environment, skip

RUNS, MEASURES = 5, 10


class Script:
    def __init__(self, test, path):
        self.test, self.path, self.work = test, path, test.folder / "work"

    def run(self, *arguments):
        command = [self.path, "--tandem", self.test.tandem, "--work", self.work, *arguments]
        return subprocess.run([str(c) for c in command], capture_output=True, timeout=5 * SECONDS, check=False,
                              text=True)

    def expect(self, what, done, status, *parts):
        missing = [p for p in parts if p not in done.stdout + done.stderr]
        self.test.expect(done.returncode == status and not missing,
                         f"{what}: expected exit status {status} and {missing}; found {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")

    def runs_made(self, done):
        return sum(line.startswith("reproduce:") and " s" in line[-3:] for line in done.stderr.splitlines())


def reproduce(test, script, folder):
    done = script.run(folder, 42)
    print(done.stdout)
    script.expect("one seed", done, 0, "TFRS", "context on", "joint")
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    test.expect(len(lines) == 2 + MEASURES, f"expected {MEASURES} rows:\n{done.stdout}")
    test.expect((script.work / "table.md").read_text() == done.stdout, "table.md is not what is printed")
    test.expect(script.runs_made(done) == RUNS, f"expected {RUNS} runs:\n{done.stderr}")
    return done.stdout


def go_on(test, script, folder, table):
    """A second call makes only what is missing, or half written."""
    done = script.run(folder, 42)
    test.expect((done.returncode, done.stdout, done.stderr) == (0, table, ""), f"second call: {done}")
    (script.work / "results/rating-42.json").write_text("{")
    done = script.run(folder, 42)
    test.expect(script.runs_made(done) == 1 and done.returncode == 0, f"a broken result: {done}")


def miss_a_range(script, folder):
    file = script.work / "results/joint-42.json"
    result = json.loads(file.read_text())
    result["top-100, test rows"] = 0.2
    file.write_text(json.dumps(result))
    script.expect("a missed range", script.run(folder, 42), 1, "out of range: joint, top-100, test rows: 0.2")


def refuse(test, script):
    script.expect("no folder", script.run(), 2, "DATA_DIR")
    script.expect("no seed", script.run("x", "many"), 2, "SEED")
    script.expect("no data", script.run(test.folder), 1, "u.data", "scripts/fetch-movielens")
    folder = test.folder / "bad"
    folder.mkdir()
    for name in ("u.data", "u.item"):
        (folder / name).write_text("this is no rating\n")
    script.expect("bad data", script.run(folder, 1), 1, "exit status 1", "u.", "5 runs failed", "no run")


def main():
    path = sys.argv.pop(2)
    folder = environment("TANDEM_DATA") / "ml-100k" if environment("TANDEM_DATA") else None
    with Test() as test:
        script = Script(test, path)
        refuse(test, script)
        if test.failures == 0 and (not folder or not folder.is_dir()):
            skip("TANDEM_DATA has no ml-100k")
        table = reproduce(test, script, folder)
        if test.failures == 0:
            go_on(test, script, folder, table)
            miss_a_range(script, folder)


main()
