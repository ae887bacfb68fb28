#!/usr/bin/env python3
"""Schemas, and the tables that they speak of, in every form, with bytes changed, left out, doubled and put in,
through `tandem prepare`: a data file that can be inspected, or one message and nothing left behind.

    [CASES=3000] hostile_schemas.py TANDEM LAUNCHER...     a third of them each: delimited text, JSON lines, lists
"""
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, Test

CASES, RANKS_EVERY = int(os.environ.get("CASES", "120")), 13  # every so many cases run on two ranks
PIECES = [b"", b":", b"{", b"}", b"[", b"]", b"'", b'"', b"\n", b"\n  ", b"- ", b"#", b"&a ", b"*a", b"!!int ", b"\t",
          b"\0", b"\xff", b"\xc3\xa9", b"999999999999999999999", b"-1", b"x" * 5000, b"[" * 50, b"\r\n", b",", b"|",
          b'{"a":', b"\\u0000", b"\\ud800", b"1e999", b"null", b" ", b"\x1f\x8b"]

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

JSON_SCHEMA = b"""# the same shop, in JSON
interactions:
  file: [more.jsonl, clicks.jsonl]
  form: jsonl
  fields:
    who: {kind: category, role: user}
    what: {column: thing.id, kind: category, role: item}
    stars: {kind: number, role: label, missing: ''}
    when: {kind: time, role: time}
items:
  file: items.jsonl
  key: id
  fields:
    genres: {kind: categories}
    price: {kind: number}
  form: jsonl
"""

LISTS_SCHEMA = b"""# and its lists
interactions:
  file: lists
  form: lists
  comment: '#'
  fields:
    who: {column: 1, kind: category, role: user}
    what: {column: 2, kind: category, role: item}
items: {file: items, blanks: yes, encoding: auto, key: 1, width: any, fields: {price: {column: 2, kind: number}}}
"""

SHOPS = [{
    "schema.yaml": SCHEMA,
    "clicks.csv": b"who,what,stars\n" + b"".join(b"u%d,%d,%d\n" % (i % 7, i % 5, i % 3) for i in range(40)),
    "items": b"".join(b"%d|Film %d|%d|%d|%d\n" % (i, i // 2, i - 1, i % 2, i // 3) for i in range(5)),
    "users.csv": b"id,since,hobbies\n" + b"".join(b"u%d,%d,chess/go\n" % (i, i) for i in range(6)) + b"x,never,\n",
}, {
    "schema.yaml": JSON_SCHEMA,
    "clicks.jsonl": b"".join(b'{"who": "u%d", "thing": {"id": %d, "x": [{}]}, "stars": %d.5, "when": %d}\n' %
                             (i % 7, i % 5, i % 3, 1700000000000 + i) for i in range(40)),
    "more.jsonl": b'{"who": "\\u00e9\\n", "thing": {"id": "3"}, "stars": null, "when": "2023-11-14T22:13:20.5+0100"}\n',
    "items.jsonl": b"".join(b'{"id": "%d", "genres": ["a\\"", "b", %d], "price": %s}\n' %
                            (i, i, b"null" if i == 2 else b"1e%d" % i) for i in range(5)),
}, {
    "schema.yaml": LISTS_SCHEMA,
    "lists": b"# user and items\n" + b"".join(b"%d" % i + b"".join(b" %d" % (i * j % 5) for j in range(i)) + b"\n"
                                             for i in range(9)),
    "items": b"".join(b"%d   %d.5 caf\xe9\n" % (i, i) for i in range(5)),
}]


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
    files = SHOPS[number % len(SHOPS)]
    changed = chance.choice(["schema.yaml"] + 2 * list(files))
    for name, text in files.items():
        (folder / "in" / name).write_bytes(mutate(text, chance) if number >= len(SHOPS) and name == changed else text)
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
        for sound in range(len(SHOPS)):
            test.expect(not run_case(test, sound), f"the sound input {sound} is refused")
        refused = sum(pool.map(lambda number: run_case(test, number), range(len(SHOPS), len(SHOPS) + CASES)))
        print(f"{CASES} inputs, {refused} refused")
        test.expect(CASES / 4 < refused < CASES, f"{refused} of {CASES} inputs are refused")


main()
