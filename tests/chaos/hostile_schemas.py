#!/usr/bin/env python3
"""Schemas, and the tables that they speak of, with bytes changed, left out, doubled and put in, through
`tandem prepare`: a data file that can be inspected, or one message and nothing left behind.

    hostile_schemas.py TANDEM LAUNCHER...
"""
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, Test

CASES, RANKS_EVERY = 120, 12  # every so many cases run on two ranks
PIECES = [b"", b":", b"{", b"}", b"[", b"]", b"'", b'"', b"\n", b"\n  ", b"- ", b"#", b"&a ", b"*a", b"!!int ", b"\t",
          b"\0", b"\xff", b"\xc3\xa9", b"999999999999999999999", b"-1", b"x" * 5000, b"[" * 50, b"\r\n", b",", b"|"]

SCHEMA = b"""# a shop
interactions:
  file: clicks.csv
  fields:
    who: {kind: category, role: user}
    what: {kind: category, role: item}
    stars: {kind: number, role: label}
items:
  file: items
  separator: '|'
  key: 1
  width: any
  named_by: title
  fields:
    title: {column: 2, kind: text, role: title}
    price: {column: 3, kind: number, missing: [NA, '-1']}
    genres: {kind: categories, flags: {Action: 4, Horror: 5}}
users:
  file: users.csv
  key: id
  fields:
    since: {kind: time, missing: never}
    hobbies: {kind: categories, separator: /}
"""

FILES = {
    "schema.yaml": SCHEMA,
    "clicks.csv": b"who,what,stars\n" + b"".join(b"u%d,%d,%d\n" % (i % 7, i % 5, i % 3) for i in range(40)),
    "items": b"".join(b"%d|Film %d|%d|%d|%d\n" % (i, i // 2, i - 1, i % 2, i // 3) for i in range(5)),
    "users.csv": b"id,since,hobbies\n" + b"".join(b"u%d,%d,chess/go\n" % (i, i) for i in range(6)) + b"x,never,\n",
}


def mutate(text, chance):
    text = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        length = chance.choice((0, 0, 1, 1, 8, 200))
        piece = chance.choice(PIECES) if chance.random() < 0.7 else bytes(text[at:at + chance.randrange(60)])
        text[at:at + length] = piece
    return bytes(text)


def run_case(test, number):
    """Whether the input was refused."""
    chance = random.Random(number)
    folder = test.folder / f"case-{number}"
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    changed = "schema.yaml" if number % 2 == 0 else chance.choice(list(FILES))
    for name, text in FILES.items():
        (folder / "in" / name).write_bytes(mutate(text, chance) if number > 0 and name == changed else text)
    command = test.command(["prepare", "--schema", "in/schema.yaml", "in", "--out", "out/data.h5", "--skip-bad",
                            number % 3], ranks=2 if number % RANKS_EVERY == 0 else None)
    name = f"case {number}, {changed}"
    try:
        done = subprocess.run(command, cwd=folder, timeout=SECONDS, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        test.fail(f"{name} has no end")
        return True
    error = done.stderr.decode(errors="replace")
    errors = [line for line in error.splitlines() if line.startswith("tandem: error: ")]
    left = sorted(path.name for path in (folder / "out").iterdir())
    if done.returncode == 0:
        test.expect(left == ["data.h5"], f"{name}: {left} is left")
        inspected = test.run("inspect", folder / "out" / "data.h5")
        test.expect(inspected.status == 0, f"{name}: {inspected.text()}")
    else:
        test.expect(done.returncode == 1 and len(errors) == 1, f"{name}: exit status {done.returncode}, {error}")
        test.expect(left == [], f"{name}: {left} is left")
    shutil.rmtree(folder)
    return done.returncode != 0


def main():
    with Test() as test, ThreadPoolExecutor(2) as pool:
        test.expect(not run_case(test, 0), "the sound input is refused")
        refused = sum(pool.map(lambda number: run_case(test, number), range(1, CASES + 1)))
        print(f"{CASES} inputs, {refused} refused")
        test.expect(CASES / 4 < refused < CASES, f"{refused} of {CASES} inputs are refused")


main()
