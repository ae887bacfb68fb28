"""Every command on small files of its own, for tests that disturb them: what it reads, its arguments, what is right.

A folder has files of every kind that the program reads (FILES says how they are made). Its copies have names of one
length, and what a command leaves is compared after the folder's name has become @, and without what depends on the
clock.
"""
import contextlib
import gzip
import json
import lzma
import re
import shutil
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))

ROWS, USERS, ITEMS = 160, 14, 24
WORDS = ("red", "big", "old", "new", "fine")

SCHEMA = """\
interactions:
  file: [rows-1.csv, rows-2.csv]
  split: {rule: leave_last, test_last: 1, validation_last: 1}
  fields:
    who: {kind: category, role: user}
    what: {kind: category, role: item}
    stars: {kind: number, role: label}
    when: {kind: time, role: time}
    device: {kind: category}
items:
  file: items.jsonl
  key: id
  fields:
    name: {kind: text, role: title}
    tags: {kind: categories}
    price: {kind: number}
    look: {kind: vector, width: 2, file: look.npy}
users:
  file: users.tsv
  key: id
  fields:
    age: {kind: number}
    job: {kind: category}
"""

CONFIG = """\
model: {width: 4}
query: {features: [who, age, job, hour, past], tower: [6]}
candidate: {features: [what, name, tags, price, look], tower: [6]}
features:
  who: {field: who}
  what: {field: what}
  age: {transform: normalized, flag: true}
  job: {field: job}
  hour: {field: when, transform: hour, width: 2}
  past: {encoder: history, table: what, last: 5}
  name: {field: name}
  tags: {field: tags}
  price: {buckets: 3, transform: quantile}
  look: {field: look}
rating: {enabled: true, hidden: [4]}
train: {batch_size: 64, shards: 3, epochs: 2}
checkpoint: {every_steps: 1, keep: 3}
eval: {every_epochs: 1, ks: [1, 5], systems: [popularity, biases]}
"""

# A command's name here, and its arguments, in which @ is the folder.
COMMANDS = {
    "synth": "synth --out @/synth --users 9 --items 20 --ratings 60",
    "describe": "prepare --describe --write-schema @/out.yaml @/in/rows-1.csv",
    "prepare": "prepare --schema @/in/schema.yaml @/in --out @/out.h5",
    "prepare-files": "prepare --format csv --user-column who --item-column what --rating-column stars --items "
                     "@/plain/items.csv.xz --split files --test-input @/plain/test.csv.zst @/plain/a.csv.gz "
                     "@/plain/b.csv --out @/out.h5",
    "prepare-folder": "prepare --format movielens-csv @/movies --out @/out.h5",
    "prepare-lists": "prepare --format lists @/plain/lists.txt --out @/out.h5",
    "prepare-many": "prepare --format lists @/many --out @/out.h5",
    "train": "train @/config.yaml --data @/data.h5 --run @/new",
    "resume": "train @/config.yaml --data @/data.h5 --run @/half --resume",
    "fresh": "train @/config.yaml --data @/data.h5 --run @/half --fresh",
    "warm": "train @/config.yaml --data @/next.h5 --run @/new --warm-start @/run --keep-absent",
    "refit": "refit @/run --run @/new",
    "evaluate": "evaluate --run @/run --json --intervals --per-user @/out.csv",
    "evaluate-train": "evaluate --run @/run --split train --set eval.by=age",
    "evaluate-against": "evaluate --run @/run --against @/other --no-keep --json",
    "predict": "predict --run @/run --pairs @/pairs.csv --out @/out.csv",
    "recommend": "recommend --run @/run --users @/asked.csv --candidates @/candidates.txt --exclude @/exclude.txt "
                 "--exclude-seen --out @/out.jsonl",
    "recommend-all": "recommend --run @/run --all-users --out @/out.h5",
    "recommend-history": "recommend --run @/run --history @/history.txt --system item_neighbors -k 3",
    "neighbors": "neighbors --run @/run --item i3 --format csv",
    "embed": "embed --run @/run --items @/told/items.jsonl --schema @/in/schema.yaml --out @/out.npy",
    "export": "export --run @/run --out @/exported",
    "report": "report @/run @/other --out @/out.html --csv @/csv",
    "receipt": "receipt @/run --out @/out.json",
    "verify": "verify @/receipt.json --data @/data.h5 --run @/new",
    "inspect-data": "inspect @/data.h5",
    "inspect-run": "inspect @/run",
    "inspect-metrics": "inspect --metrics @/run",
    "inspect-checkpoint": "inspect --checksum @/run/checkpoints/step-000000000006.h5",
}
WRITES_RUNS = ("train", "resume", "fresh", "warm", "refit", "verify")

# What depends on the clock in what is said and written.
CLOCK = [(re.compile(pattern), text) for pattern, text in (
    (rb"\d+ examples/s", b"N examples/s"), (rb"\d+\.\d+ s\)", b"N s)"), (rb'"seconds": ?[0-9.e+-]+', b'"seconds": N'),
    (rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?( UTC|Z)?", b"TIME"))]
TIMED = (".html", ".csv", "run.json")


def npy(rows, columns):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)
    values = [i / 4 for i in range(rows * columns)]
    return (b"\x93NUMPY\1\0" + struct.pack("<H", 118) + header.ljust(117) + b"\n"
            + struct.pack(f"<{len(values)}f", *values))


def row(i):
    device = ("phone", "desk", "")[i % 3]
    return f"u{i * 5 % USERS},i{(i * i + i // 3) % ITEMS},{i % 5 + 1},{1700000000 + 5021 * i},{device}\n"


def table(first, count, head="who,what,stars,when,device\n"):
    return head + "".join(row(i) for i in range(first, first + count))


def zstd(text):
    """One frame of a raw block: Python 3.11 has no zstd."""
    return (b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(text))
            + struct.pack("<I", len(text) << 3 | 1)[:3] + text)


def item(i):
    return json.dumps({"id": f"i{i}", "name": f"Thing {i} {WORDS[i % 5]}", "tags": [WORDS[i % 3], WORDS[i % 4]],
                       "price": None if i % 6 == 0 else i * 1.5}) + "\n"


FILES = {
    "in/schema.yaml": SCHEMA,
    "in/rows-1.csv": table(0, ROWS // 2),
    "in/rows-2.csv": table(ROWS // 2, ROWS // 2),
    "in/items.jsonl": "".join(item(i) for i in range(ITEMS)),
    "in/users.tsv": "id\tage\tjob\n" + "".join(f"u{i}\t{18 + i}\t{WORDS[i % 3]}\n" for i in range(USERS)),
    "in/look.npy": npy(ITEMS, 2),
    "plain/a.csv.gz": gzip.compress(table(0, 60).encode(), mtime=0),
    "plain/b.csv": table(60, 60),
    "plain/test.csv.zst": zstd(table(120, 30).encode()),
    "plain/items.csv.xz": lzma.compress(("id,title\n" + "".join(f"i{i},Thing {i}\n" for i in range(ITEMS))).encode()),
    "plain/lists.txt": "".join(f"{i}" + "".join(f" {i * j % 11}" for j in range(1, 7)) + "\n" for i in range(12)),
    "many/a.txt": "1 4 5 6\n2 4 7\n",
    "many/b.txt": "3 4 5 6\n5 6 7 4\n",
    "many/c.txt": "8 9 4 5\n",
    "next/rows-1.csv": table(ROWS // 4, ROWS // 4),
    "next/rows-2.csv": table(ROWS, ROWS // 4),
    "config.yaml": CONFIG,
    "other.yaml": CONFIG.replace("width: 4", "width: 5"),
    "pairs.csv": "user,item,device\n" + "".join(f"u{i % 16},i{i * 5 % 26},phone\n" for i in range(20)),
    "asked.csv": "who,age\n" + "".join(f"u{i},{20 + i}\n" for i in range(0, 18, 2)),
    "candidates.txt": "".join(f"i{i}\n" for i in range(0, ITEMS, 2)),
    "exclude.txt": "i4\nu2\ti8\n",
    "history.txt": "i1\ni2\ni5\n",
    "told/items.jsonl": "".join(item(i) for i in (3, 1, 40)),
    "told/look.npy": npy(3, 2),
}


class Commands:
    """The folder with all files, made by the program itself, and copies of it."""

    def __init__(self, test):
        self.test, self.whole, self.number = test, test.folder / "case-00000", 0
        for name, content in FILES.items():
            file = self.whole / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.make()

    def make(self):
        w, must = self.whole, self.test.must
        for name in ("schema.yaml", "items.jsonl", "users.tsv", "look.npy"):
            shutil.copy(w / "in" / name, w / "next" / name)
        must("synth", "--out", w / "movies", "--users", 20, "--items", 30, "--ratings", 200)
        must("prepare", "--schema", w / "in/schema.yaml", w / "in", "--out", w / "data.h5")
        must("prepare", "--schema", w / "next/schema.yaml", w / "next", "--out", w / "next.h5")
        train = ["train", w / "config.yaml", "--data", w / "data.h5"]
        must(*train, "--run", w / "run")
        must(*train, "--run", w / "other", "--set", "train.seed=7")
        must("receipt", w / "run", "--out", w / "receipt.json")
        must(*train, "--run", w / "half", "--set", "train.epochs=1")

    def copy(self):
        """A new folder with all files, in which paths lead to itself."""
        self.number += 1
        folder = self.test.folder / f"case-{self.number:05}"
        shutil.copytree(self.whole, folder)
        for file in [*folder.glob("*/run.json")]:
            file.write_bytes(file.read_bytes().replace(str(self.whole).encode(), str(folder).encode()))
        return folder

    def arguments(self, name, folder):
        return COMMANDS[name].replace("@", str(folder)).split()

    def run(self, name, folder, **how):
        return self.test.run(*self.arguments(name, folder), **how)


def timeless(text, folder):
    for pattern, word in CLOCK:
        text = pattern.sub(word, text)
    return text.replace(b"<wbr>", b"").replace(str(folder).encode(), b"@")  # where a page lets long names break


def log_lines(content):
    """What does not depend on the clock in a run's log."""
    lines = []
    for line in content.decode(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    lines = [o for o in lines if isinstance(o, dict)]  # a damaged one may be anything
    return [(o["event"], o.get("step"), o.get("loss")) for o in lines if o.get("event") in ("step", "epoch")]


def content_of(file, folder):
    content = file.read_bytes()
    if file.name == "log.jsonl":
        return log_lines(content)
    return timeless(content, folder) if file.name.endswith(TIMED) else content


def files_of(folder):
    """What is in a folder, by name."""
    return {str(file.relative_to(folder)): content_of(file, folder) for file in sorted(folder.rglob("*"))
            if file.is_file() and file.name != "report.html"}


def differences(found, right):
    return sorted(name for name in found.keys() | right.keys() if found.get(name) != right.get(name))
