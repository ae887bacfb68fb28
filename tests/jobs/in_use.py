"""A model in use under test: two runs of one data set, a shop, and what the commands print, read back.

The tests use_lists.py, use_pairs.py and use_exports.py share it.
"""
import csv
import functools
import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from program import Test, left_behind, skip

try:
    import h5py
except ImportError as error:
    skip(f"Python 3 with h5py is needed ({error})")

USERS, ITEMS, RATINGS = 80, 700, 5000
BIG = {"train": {"batch_size": 400, "shards": 4, "epochs": 2},
       "model": {"width": 16},
       "query": {"features": ["user", "timestamp_buckets", "timestamp"], "tower": [24, 16],
                 "timestamp_edges": 20},
       "candidate": {"features": ["item", "title_text"], "tower": [16]},
       "retrieval": {"item_bias": True, "learn_temperature": True},
       "rating": {"enabled": True, "hidden": [16, 8]}}
PLAIN = {"train": {"batch_size": 400, "shards": 4, "epochs": 2}, "eval": {"ks": [1, 10, 50]}}
SHOP = """
interactions:
  file: events.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    event: {kind: category}
    time: {kind: time, role: time}
users:
  file: users.csv
  key: id
  fields:
    age: {kind: number}
    job: {kind: category, missing: none}
items:
  file: items.csv
  key: id
  fields:
    name: {kind: text, role: title}
    brand: {kind: category}
    tags: {kind: categories, separator: '/'}
    price: {kind: number}
"""
JOBS, BRANDS = ("artist", "doctor", "lawyer"), ("Acme", "Bolt")


@contextmanager
def at_once():
    """Gives a function that makes a call in a thread, of which all have ended behind the with: commands wait for
    processes most of their time."""
    calls = []
    with ThreadPoolExecutor(3) as pool:
        yield lambda call, *arguments, **more: calls.append(pool.submit(call, *arguments, **more))
    for call in calls:
        call.result()


class Use:
    def __init__(self, test):
        self.test, self.folder = test, test.folder
        self.data = test.make_data("data", users=USERS, items=ITEMS, ratings=RATINGS)
        self.big, self.plain = test.folder / "big", test.folder / "plain"
        test.must("train", test.config(**BIG), "--data", self.data, "--run", self.big, ranks=2)
        test.must("train", test.config(**PLAIN), "--data", self.data, "--run", self.plain, ranks=2)
        with h5py.File(self.data) as file:
            self.users, self.items = (strings(file[f"vocabularies/{kind}"]) for kind in ("user", "item"))
            self.seen = split(file["users/seen/offsets"], file["users/seen/values"])
            self.test_items = split(file["test"]["user_offsets"], file["test/fields/item"])
            self.last = int(file["schema/timestamp"].attrs["high"])
            self.first = int(file["schema/timestamp"].attrs["low"])
            counts = file["items/train_counts"][...]
        self.warm = [i for i, count in enumerate(counts[1:]) if count > 0]  # places of items with training rows

    @functools.cached_property
    def shop(self):
        return Shop(self)

    def out(self, *arguments, ranks=None, **more):
        return self.test.must(*arguments, ranks=ranks, **more).out

    def expect(self, truth, text):
        self.test.expect(truth, text)

    def same_on_every_layout(self, name, *arguments, **more):
        """What the command prints, the same on 1, 2 and 3 ranks."""
        with ThreadPoolExecutor(3) as pool:
            outs = list(pool.map(lambda ranks: self.out(*arguments, ranks=ranks, **more), (None, 2, 3)))
        self.expect(outs[0] and outs.count(outs[0]) == 3, f"{name}: ranks differ: {outs}")
        return outs[0]

    def file_on_every_layout(self, name, *arguments):
        """The file that the command writes, the same from 1, 2 and 3 ranks."""
        files = {ranks: self.folder / f"{ranks}-{name}" for ranks in (None, 2, 3)}
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda ranks: self.test.must(*arguments, "--out", files[ranks], ranks=ranks), files))
        contents = [f.read_bytes() for f in files.values()]
        self.expect(contents.count(contents[0]) == 3, f"{name}: ranks write different files")
        return files[None]

    def lists(self, run, *more):
        """The lists of all users: a dictionary of arrays."""
        file = self.file_on_every_layout(f"{run.name}.h5", "recommend", "--run", run, "--all-users",
                                      "--cold-items", "all", *more)
        with h5py.File(file) as content:
            return {name: content[name][...] for name in content}


def strings(group):
    offsets, content = group["offsets"][...], group["bytes"][...].tobytes()
    return [content[a:b].decode() for a, b in itertools.pairwise(offsets)]


def split(offsets, values):
    offsets, values = offsets[...], values[...]
    return [values[a:b] for a, b in itertools.pairwise(offsets)]


def table(text):
    """(title, score, rating or None) of the lines of a printed list."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("place"))
    number = r"\s+(-?\d+(?:\.\d{4})?)"
    pattern = r"\s*(\d+)  (.*?)" + number * (2 if "rating" in lines[start] else 1) + "$"
    rows = [re.match(pattern, line).groups() for line in lines[start + 1:]]
    assert [int(r[0]) for r in rows] == list(range(1, len(rows) + 1)), text
    return [(r[1], float(r[2]), float(r[3]) if len(r) > 3 else None) for r in rows]


def near(a, b):
    return abs(a - b) < 6e-5  # four digits are printed


def records(text, form):
    """Records as rows of texts, whatever the form."""
    if form == "jsonl":
        return [[str(value) for value in json.loads(line).values()] for line in text.splitlines()]
    lines = text.split("\n")[1:-1]
    if form == "csv":
        return [next(csv.reader([line])) for line in lines]
    letters = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    return [re.sub(r"\\.", lambda found: letters[found[0]], line).split("\t") for line in lines]


class Shop:
    """Users and items with fields, and a model that reads fields alone."""
    def __init__(self, u):
        folder = u.folder / "shop"
        folder.mkdir()
        self.schema = folder / "schema.yaml"
        self.schema.write_text(SHOP)
        self.users = [["id", "age", "job"]] + [[f"u{i}", str(18 + i), JOBS[i % 3]] for i in range(20)]
        self.items = [["id", "name", "brand", "tags", "price"]] + [
            [f"i{i}", f"Thing {i}", BRANDS[i % 2], "red/big" if i % 3 else "blue", f"{10 + i}.5"] for i in range(24)]
        events = [["user", "item", "event", "time"]] + [
            [f"u{i % 20}", f"i{(i * 7 + i // 20) % 24}", "buy" if i % 4 else "view", str(1700000000 + i)]
            for i in range(600)]
        late = [["late", "21", "artist"]]  # as u3, without an event
        for name, rows in (("users", self.users + late), ("items", self.items), ("events", events)):
            self.write(folder / f"{name}.csv", rows)
        self.data, self.run, self.folder = u.folder / "shop.h5", u.folder / "shop-run", folder
        u.test.must("prepare", "--schema", self.schema, folder, "--out", self.data)
        names = ("age", "job", "event", "name", "brand", "tags", "price")
        config = u.test.config("shop.yaml", train={"batch_size": 200, "shards": 2, "epochs": 2}, model={"width": 8},
                               query={"features": ["age", "job", "event"], "tower": [8]},
                               candidate={"features": ["name", "brand", "tags", "price"], "tower": [8]},
                               features={name: {"field": name} for name in names},
                               tasks={"retrieval": {"where": "time < 1700000400"}})
        u.test.must("train", config, "--data", self.data, "--run", self.run)

    @staticmethod
    def write(file, rows):
        file.write_text("".join(",".join(row) + "\n" for row in rows))


def run_cases(cases):
    """Lets each case have a model in use."""
    with Test() as test:
        use = Use(test)
        for case in cases:
            case(use)
        test.expect(not left_behind(test.folder), f"half-written: {left_behind(test.folder)}")
