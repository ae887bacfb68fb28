#!/usr/bin/env python3
"""Schemas, and the tables that they speak of, in every form, with bytes changed, left out, doubled and put in,
through `tandem prepare`: a data file that can be inspected, or one message and nothing left behind.

    [CASES=1000] hostile_schemas.py TANDEM PREPARE LAUNCHER...     so many of each kind (KINDS)

Most cases are read by PREPARE (prepare_folders.c), one process for all, and a few of each kind by TANDEM on two ranks.
"""
import os
import random
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, Test, untimed

CASES = int(os.environ.get("CASES", "25"))
RANKS_EVERY = 25  # so many cases are for one on two ranks
PIECES = [b"", b":", b"{", b"}", b"[", b"]", b"'", b'"', b"\n", b"\n  ", b"- ", b"#", b"&a ", b"*a", b"!!int ", b"\t",
          b"\0", b"\xff", b"\xc3\xa9", b"999999999999999999999", b"-1", b"x" * 5000, b"[" * 50, b"\r\n", b",", b"|",
          b'{"a":', b"\\u0000", b"\\ud800", b"1e999", b"null", b" ", b"\x1f\x8b",
          b"'<f8'", b"True", b"(5, 2)", b"(-1, 2)", b"nan", b"\x00\x00\xc0\x7f", b"\x00\x7c"]

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

VECTORS_SCHEMA = b"""# a shop with embeddings, and with rules
interactions:
  file: log.csv
  without_user: drop
  where: event in [view, buy] and items.price < 9
  repeats: sum
  session: {by: who, gap: 30min}
  max_user_rows: 9
  split: {rule: leave_last, seed: 3, test_last: 1, validation_last: 1, test_where: event = buy}
  min_item_users: 1
  fields:
    who: {kind: category, role: user}
    what: {kind: category, role: item}
    event: {kind: category}
    when: {kind: time, role: time}
    weight: {role: weight, from: event, values: {view: 0.1, buy: 1}, others: 2, half_life: 60d}
items:
  file: items.csv
  key: id
  fields:
    price: {kind: number}
    look: {kind: vector, width: 2}
    words: {kind: vector, width: 3, separator: '|'}
    image: {kind: vector, file: image.npy}
    path: {kind: categories, path: /, min_count: 2}
    mix: {kind: categories, separator: '|', weighted: yes}
    brand: {column: path, kind: category, hash_buckets: 10, prefix: 2}
users:
  file: users.jsonl
  key: id
  fields:
    taste: {kind: vector, width: 2}
    far: {kind: vector, file: far.npy, width: 3}
    bio: {kind: text}
"""


def npy(letter, rows, columns):
    """An array of numpy, of the struct module's type."""
    header = b"{'descr': '<f%d', 'fortran_order': False, 'shape': (%d, %d), }" % (
        struct.calcsize(letter), rows, columns)
    values = [i / 4 for i in range(rows * columns)]
    return (b"\x93NUMPY\1\0" + struct.pack("<H", 118) + header.ljust(117) + b"\n"
            + struct.pack(f"<{len(values)}{letter}", *values))


SHOPS = [{
    "schema.yaml": SCHEMA,
    "clicks.csv": b"who,what,stars\n" + b"".join(b"u%d,%d,%d\n" % (i % 7, i % 5, i % 3) for i in range(40)),
    "items": b"".join(b"%d|Film %d|%d|%d|%d\n" % (i, i // 2, i - 1, i % 2, i // 3) for i in range(5)),
    "users.csv": b"id,since,hobbies\n" + b"".join(b"u%d,%d,chess/go\n" % (i, i) for i in range(6)) + b"x,never,\n",
}, {
    "schema.yaml": JSON_SCHEMA,
    "clicks.jsonl": b"".join(b'{"who": "u%d", "thing": {"id": %d, "x": [{}]}, "stars": %d.5, "when": %d}\n' %
                             (i % 7, i % 5, i % 3, 1700000000000 + i) for i in range(40)),
    "more.jsonl": b'{"who": "\\u00e9\\t", "thing": {"id": "3"}, "stars": null, "when": "2023-11-14T22:13:20.5+0100"}\n',
    "items.jsonl": b"".join(b'{"id": "%d", "genres": ["a\\"", "b", %d], "price": %s}\n' %
                            (i, i, b"null" if i == 2 else b"1e%d" % i) for i in range(5)),
}, {
    "schema.yaml": LISTS_SCHEMA,
    "lists": b"# user and items\n" + b"".join(b"%d" % i + b"".join(b" %d" % (i * j % 5) for j in range(i)) + b"\n"
                                             for i in range(9)),
    "items": b"".join(b"%d   %d.5 caf\xe9\n" % (i, i) for i in range(5)),
}, {
    "schema.yaml": VECTORS_SCHEMA,
    "log.csv": b"who,what,event,when\n" + b"".join(
        b"u%d,%d,%s,%d\n" % (i % 7, i % 5, (b"view", b"buy", b"")[i % 3], 1700000000 + 999 * i) for i in range(40)),
    "items.csv": b"id,price,look,words,path,mix\n" + b"".join(
        b'%d,%d,%d 0.5,"[1, 2, %d]",a/b/%d,x:0.5|y\n' % (i, i, i, i, i % 2) for i in range(5)),
    "users.jsonl": b"".join(b'{"id": "u%d", "taste": [%d, 1.5], "bio": "likes %d"}\n' % (i, i, i) for i in range(6)),
    "image.npy": npy("e", 5, 2),
    "far.npy": npy("d", 6, 3),
}]

# What is changed: files of a shop.
KINDS = {
    "schemas": [(shop, ["schema.yaml"]) for shop in range(len(SHOPS))],
    "rows": [(0, ["clicks.csv"]), (3, ["log.csv"])],
    "JSON lines": [(1, ["clicks.jsonl", "more.jsonl", "items.jsonl"])],
    "side tables": [(0, ["items", "users.csv"])],
    "vectors": [(3, ["image.npy", "far.npy"]), (3, ["items.csv", "users.jsonl"])],
    "lists": [(2, ["lists"]), (2, ["items"])],
}


def mutate(text, chance):
    text = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        length = chance.choice((0, 0, 1, 1, 8, 200))
        piece = chance.choice(PIECES) if chance.random() < 0.7 else bytes(text[at:at + chance.randrange(60)])
        text[at:at + length] = piece
    return bytes(text)


def write_case(test, number, kind):
    """The folder of a case, and which file is changed: that of a sound shop where no kind is."""
    chance = random.Random(number)
    folder = test.folder / f"case-{number}"
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    shop, names = chance.choice(KINDS[kind]) if kind else (number, [None])
    changed = chance.choice(names)
    for name, text in SHOPS[shop].items():
        (folder / "in" / name).write_bytes(mutate(text, chance) if name == changed else text)
    return folder, f"case {number}, {changed}"


def check_left(test, name, folder, accepted):
    left = sorted(path.name for path in (folder / "out").iterdir())
    test.expect(left == (["data.h5"] if accepted else []), f"{name}: {left} is left")
    if accepted and folder.name.endswith("0"):  # each tenth, since it takes longer than to prepare
        inspected = test.run("inspect", folder / "out" / "data.h5")
        test.expect(inspected.status == 0, f"{name}: {inspected.text()}")
    shutil.rmtree(folder)


def run_on_ranks(test, number, kind):
    """Whether the case was refused, on two ranks."""
    folder, name = write_case(test, number, kind)
    command = test.command(["prepare", "--schema", "in/schema.yaml", "in", "--out", "out/data.h5", "--skip-bad",
                            number % 3], ranks=2)
    try:
        done = subprocess.run(command, cwd=folder, timeout=SECONDS, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        test.fail(f"{name} has no end")
        return True
    error = untimed(done.stderr.decode(errors="replace"))
    errors = [line for line in error.splitlines() if line.startswith("tandem: error: ")]
    test.expect(done.returncode == 0 or (done.returncode == 1 and len(errors) == 1),
                f"{name}: exit status {done.returncode}, {error}")
    check_left(test, name, folder, done.returncode == 0)
    return done.returncode != 0


def run_at_once(test, program, numbers, kind):
    """How many of the cases were refused, all in one process."""
    cases = {str(folder): name for folder, name in (write_case(test, number, kind) for number in numbers)}
    asked = "".join(f"{folder} {int(folder.rsplit('-', 1)[1]) % 3}\n" for folder in cases)
    said = test.folder / "said"
    with open(said, "w", encoding="utf-8") as out:
        try:
            done = subprocess.run([program], input=asked.encode(), timeout=SECONDS, stdout=out,
                                  stderr=subprocess.PIPE, check=False)
            end = f"exit status {done.returncode}, {done.stderr.decode(errors='replace')[-3000:]}"
        except subprocess.TimeoutExpired:
            end = "it has no end"
    answers = [line.split(" ", 1) for line in said.read_text(errors="replace").splitlines() if " " in line]
    answers = {folder: answer for folder, answer in answers if folder in cases}
    for folder, name in cases.items():
        answer = answers.get(folder, "not begun")
        test.expect(answer not in ("begun", "not begun", ""), f"{name} is {answer}: {end}")
        check_left(test, name, Path(folder), answer == "accepted")
    return sum(answer != "accepted" for answer in answers.values())


def main():
    program = str(Path(sys.argv.pop(2)).resolve())
    with Test() as test, ThreadPoolExecutor(2) as pool:
        sound = range(len(SHOPS))
        test.expect(run_at_once(test, program, sound, None) == 0, "a sound input is refused")
        total = 0
        for place, kind in enumerate(KINDS):
            first = len(SHOPS) + place * CASES
            on_ranks = range(first, first + CASES, RANKS_EVERY)
            alone = [number for number in range(first, first + CASES) if number not in on_ranks]
            refused = sum(pool.map(lambda number, kind=kind: run_on_ranks(test, number, kind), on_ranks))
            refused += run_at_once(test, program, alone, kind)
            print(f"{CASES} cases of {kind}, {refused} refused", flush=True)
            total += refused
        cases = len(KINDS) * CASES
        test.expect(cases / 4 < total < cases, f"{total} of {cases} cases are refused")


if __name__ == "__main__":
    main()
