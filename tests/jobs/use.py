#!/usr/bin/env python3
"""predict, recommend, neighbors and export: one answer on any layout, and the answer that the same
model gives elsewhere.

    use.py TANDEM SERVING LAUNCHER...      SERVING is docs/serving.md
"""
import csv
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from program import SECONDS, Test, environment, left_behind, log_objects, skip, untimed

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

USERS, ITEMS, RATINGS = 80, 700, 5000
BIG = {"train": {"batch_size": 400, "shards": 4, "epochs": 2},
       "model": {"width": 16},
       "query": {"features": ["user", "timestamp_buckets", "timestamp"], "tower": [24, 16],
                 "timestamp_edges": 20},
       "candidate": {"features": ["item", "title_text"], "tower": [16]},
       "rating": {"enabled": True, "hidden": [16, 8]}}
# A query is its user's row beside the mean of what the user had; a candidate its own row plus the sum of
# those of whom it had.
PAST = {"train": {"batch_size": 400, "shards": 4, "epochs": 1}, "model": {"width": 4},
        "features": {"past": {"encoder": "history", "table": "item_table", "last": 5, "where": "rating >= 3"},
                     "fans": {"encoder": "history", "last": 4, "pool": "sum", "width": 8},
                     "long_item": {"field": "item", "width": 8}},
        "query": {"features": ["user", "past"]},
        "candidate": {"features": ["long_item", "fans"], "combine": "sum"}}
PLAIN = {"train": {"batch_size": 400, "shards": 4, "epochs": 2}, "eval": {"ks": [1, 10, 50]}}


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

    def out(self, *arguments, ranks=None, **more):
        return self.test.must(*arguments, ranks=ranks, **more).out

    def expect(self, truth, text):
        self.test.expect(truth, text)

    def same_on_every_layout(self, name, *arguments, **more):
        """What the command prints, the same on 1, 2 and 3 ranks."""
        outs = [self.out(*arguments, ranks=ranks, **more) for ranks in (None, 2, 3)]
        self.expect(outs[0] and outs.count(outs[0]) == 3, f"{name}: ranks differ: {outs}")
        return outs[0]

    def file_on_every_layout(self, name, *arguments):
        """The file that the command writes, the same from 1, 2 and 3 ranks."""
        files = []
        for ranks in (None, 2, 3):
            files.append(self.folder / f"{ranks}-{name}")
            self.test.must(*arguments, "--out", files[-1], ranks=ranks)
        contents = [f.read_bytes() for f in files]
        self.expect(contents.count(contents[0]) == 3, f"{name}: ranks write different files")
        return files[0]

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


def recommends(u):
    """The table is the file's list; a list of all candidates has each once."""
    lists = u.lists(u.big, "-k", 7)
    u.expect(lists["item"].shape == (len(u.users), 7), f"lists: {lists['item'].shape}")
    u.expect(list(lists["user"]) == list(range(1, len(u.users) + 1)), "lists: users")
    for place in (0, len(u.users) - 1):
        found = table(u.same_on_every_layout("recommend", "recommend", "--run", u.big, "--user",
                                             u.users[place], "-k", 7, "--cold-items", "all"))
        wanted = [(u.items[i - 1], s, r) for i, s, r in
                  zip(*(lists[name][place] for name in ("item", "score", "rating")), strict=True)]
        same = len(found) == len(wanted) == 7 and all(
            a[0] == b[0] and near(a[1], b[1]) and near(a[2], b[2]) for a, b in zip(found, wanted, strict=True))
        u.expect(same, f"recommend: {found}, expected {wanted}")
    found = table(u.out("recommend", "--run", u.big, "--user", u.users[5], "-k", 100000, "--cold-items", "all"))
    u.expect(sorted(f[0] for f in found) == sorted(u.items), "-k above the candidates: not all of them once")
    u.expect(all(a[1] >= b[1] for a, b in itertools.pairwise(found)), "a list that does not fall")
    tsv = u.file_on_every_layout("all.tsv", "recommend", "--run", u.big, "--all-users", "-k", 7, "--cold-items", "all")
    rows = list(csv.reader(tsv.read_text().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    wanted = [[u.users[i], str(k + 1), u.items[lists["item"][i, k] - 1]] for i in range(len(u.users)) for k in range(7)]
    u.expect(rows[0] == ["user", "rank", "item", "title", "score", "rating", "system"], f"tsv: {rows[0]}")
    u.expect([r[:3] for r in rows[1:]] == wanted, "tsv: other lists than in the HDF5 file")
    scores = np.array([r[4:6] for r in rows[1:]], np.float32)
    u.expect(np.array_equal(scores[:, 0], lists["score"].ravel()), "tsv: other scores")
    u.expect(np.array_equal(scores[:, 1], lists["rating"].ravel()), "tsv: other ratings")


def agrees_with_evaluate(u):
    """How often a test row's item is among the first k of the list: top-k accuracy, exactly."""
    result = json.loads(u.out("evaluate", "--run", u.plain, "--json", "--set", "eval.candidates=unique",
                              "--set", "eval.repeats=keep"))
    lists = u.lists(u.plain, "-k", 50)
    u.expect("rating" not in lists, "ratings of a model without head")
    u.expect(result["unknown_user_rows"] == 0, "the data have unknown users")
    for k in (1, 10, 50):
        hits = sum(int(np.isin(items, lists["item"][user, :k]).sum()) for user, items in enumerate(u.test_items))
        accuracy = result[f"top_{k}_categorical_accuracy"]
        u.expect(hits == round(accuracy * result["rows"]) and hits > 0, f"top-{k}: {hits} hits, evaluate: {accuracy}")


def excludes_seen(u):
    every = u.lists(u.plain, "-k", ITEMS)["item"]
    rest = u.lists(u.plain, "-k", ITEMS, "--exclude-seen")
    for user, seen in enumerate(u.seen[:len(u.users)]):
        wanted = [i for i in every[user] if i not in seen]
        wanted += [0] * (every.shape[1] - len(wanted))
        u.expect(len(seen) > 0 and list(rest["item"][user]) == wanted, f"--exclude-seen: user {user}")
        u.expect(np.isnan(rest["score"][user][rest["item"][user] == 0]).all(), "scores of no item")
    rated = u.lists(u.big, "-k", ITEMS, "--exclude-seen")
    u.expect(np.array_equal(np.isnan(rated["rating"]), rated["item"] == 0), "ratings of no item")
    found = table(u.same_on_every_layout("one user's", "recommend", "--run", u.plain, "--user", u.users[3],
                                         "-k", 9, "--exclude-seen", "--cold-items", "all"))
    u.expect([f[0] for f in found] == [u.items[i - 1] for i in rest["item"][3, :9]], f"--exclude-seen: {found}")


def records(text, form):
    """Records as rows of texts, whatever the form."""
    if form == "jsonl":
        return [[str(value) for value in json.loads(line).values()] for line in text.splitlines()]
    lines = text.split("\n")[1:-1]
    if form == "csv":
        return [next(csv.reader([line])) for line in lines]
    letters = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    return [re.sub(r"\\.", lambda found: letters[found[0]], line).split("\t") for line in lines]


def forms(u):
    """The same records in each form, of users that have anything at all in their names."""
    lists = u.lists(u.plain, "-k", 3)
    odd = 'a\\"b",\nc'
    asked = [u.users[7], u.users[8], u.users[2], odd]
    ask = ["recommend", "--run", u.plain, "-k", 3, "--unknown", "allow", "--cold-items", "all",
           *(a for user in asked for a in ("--user", user))]
    unknown = [t for t, _, _ in table(u.out(*ask[:9], "--user", "nobody"))]
    for form in ("tsv", "csv", "jsonl"):
        out = u.same_on_every_layout(form, *ask, "--format", form)
        file = u.file_on_every_layout(f"asked.{form}", *ask, "--format", form)
        u.expect(file.read_text() == out, f"{form}: another file than printed")
        found = records(out, form)
        names = [name for place in (7, 8, 2) for name in (u.items[i - 1] for i in lists["item"][place])] + unknown
        user = odd.replace("\n", " ") if form == "csv" else odd
        wanted = [[user if place == 3 else asked[place], str(k + 1), names[3 * place + k], names[3 * place + k]]
                  for place in range(4) for k in range(3)]
        u.expect([r[:4] for r in found] == wanted, f"{form}: {found}, expected {wanted}")
        scores = np.array([r[4] for r in found[:9]], np.float32)
        u.expect(np.array_equal(scores, lists["score"][[7, 8, 2]].ravel()), f"{form}: other scores")
        u.expect([r[-1] for r in found] == ["model"] * 9 + ["popularity"] * 3, f"{form}: systems: {found}")
    tables = u.out(*ask)
    u.expect(tables.count("place") == 4 and f"user {u.users[8]}\n" in tables, f"tables: {tables}")
    (u.folder / "mine.csv").write_text("user,item\n")
    u.test.refuses("a stranger's file", [*ask, "--out", u.folder / "mine.csv"], "mine.csv", ranks=2)
    item = u.items[u.warm[3]]
    near_csv = records(u.out("neighbors", "--run", u.plain, "--item", item, "-k", 2, "--format", "csv"), "csv")
    shown = table(u.out("neighbors", "--run", u.plain, "--item", item, "-k", 2))
    u.expect([r[:4] for r in near_csv] == [[item, str(k + 1), t, t] for k, (t, _, _) in enumerate(shown)],
             f"neighbors: {near_csv}")
    pair = ["predict", "--run", u.big, "--user", u.users[0], "--item", u.items[1], "--format", "jsonl"]
    one = u.same_on_every_layout("a pair", *pair)
    text = f"item\tuser\n{u.items[1]}\t{u.users[0]}\nqqqqqqqq\tnobody\n"
    many = u.same_on_every_layout("pairs", "predict", "--run", u.big, "--pairs", "-", "--format", "jsonl", text=text)
    u.expect(list(json.loads(one)) == ["user", "item", "title", "score", "rating", "note"] and
             many.splitlines(True)[0] == one and json.loads(many.splitlines()[1])["title"] == "", f"pairs: {many}")


def chooses(u):
    """Stock and what is left out, of everybody or one user, as the whole lists say by hand."""
    every = u.lists(u.plain, "-k", ITEMS)["item"]
    stock, out, mine = (u.folder / f"{name}.txt" for name in ("stock", "out", "mine"))
    have = sorted(int(i) for i in every[0][::3])
    stock.write_text("".join(f"{u.items[i - 1]}\n" for i in have) + "no such item\n\n")
    out.write_text(f"{u.items[have[0] - 1]}\n{u.users[1]}\t{u.items[have[1] - 1]}\nnobody\t{u.items[have[2] - 1]}\n")
    asked = [a for user in (u.users[0], u.users[1], "nobody") for a in ("--user", user)]
    text = u.same_on_every_layout("stock", "recommend", "--run", u.plain, *asked, "-k", ITEMS, "--format", "tsv",
                                  "--unknown", "allow", "--cold-items", "all", "--candidates", stock, "--exclude", out)
    found = records(text, "tsv")
    for user, place, gone in ((u.users[0], 0, {have[0]}), (u.users[1], 1, {have[0], have[1]}),
                              ("nobody", None, {have[0], have[2]})):
        items = [r[2] for r in found if r[0] == user]
        wanted = [u.items[i - 1] for i in (every[place] if place is not None else have) if i in have and i not in gone]
        u.expect((items if place is not None else sorted(items)) == (wanted if place is not None else sorted(wanted)),
                 f"stock: {user}: {items}, expected {wanted}")
    asked += ["--unknown", "allow"]
    said = u.test.run("recommend", "--run", u.plain, *asked, "--candidates", stock).error
    u.expect(f"{stock}: 1 of {len(have) + 1} items" in said and "'no such item'" in said, f"stock: {said}")
    mine.write_text("no such item\n")
    for option in ("--candidates", "--exclude"):
        u.test.refuses(option, ["recommend", "--run", u.plain, *asked, option, mine], str(mine), "none", ranks=2)
        u.test.refuses(option, ["recommend", "--run", u.plain, *asked, option, u.folder / "gone"], "gone: No such file")


def excludes_some_of_the_seen(u):
    with h5py.File(u.data) as file:
        rows = split(file["train"]["user_offsets"], file["train/fields/item"])
        ratings = split(file["train"]["user_offsets"], file["train/fields/rating"])
    every = u.lists(u.plain, "-k", ITEMS)["item"]
    rest = u.lists(u.plain, "-k", ITEMS, "--exclude-seen", "rating >= 4")["item"]
    for user in range(len(u.users)):
        liked = {int(i) for i, r in zip(rows[user], ratings[user], strict=True) if r >= 4}
        wanted = [i for i in every[user] if i not in liked]
        u.expect(0 < len(liked) < len(set(rows[user])) and list(rest[user]) == wanted + [0] * len(liked),
                 f"--exclude-seen 'rating >= 4': user {user}")
    ask = ["recommend", "--run", u.plain, "--user", u.users[3], "--exclude-seen"]
    u.test.refuses("no field", [*ask, "ratings >= 4"], "--exclude-seen", "rating", ranks=2)
    u.test.refuses("no value", ["recommend", "--run", u.plain, "--user", u.users[3], "--exclude-seen", "rating > x"],
                   "--exclude-seen", "'x'")


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


def described(u):
    """Who has a user's fields has the user's list, where the model reads fields alone."""
    u.shop = shop = Shop(u)
    ask = ["recommend", "--run", shop.run, "-k", 5, "--format", "tsv"]

    def lists(*more):
        found = {}
        for row in records(u.same_on_every_layout("described", *ask, *more), "tsv"):
            found.setdefault(row[0], []).append(row[1:])
        return found
    known = lists("--user", "u3", "--user", "u4")
    told = "age=21,job=artist"
    found = lists("--features", told, "--features", "job=artist", "--features", told + ",event=buy")
    u.expect(list(found) == [told, "job=artist", told + ",event=buy"] and found[told] == known["u3"],
             f"described: {found}, expected {known['u3']}")
    u.expect(len({json.dumps(f) for f in found.values()}) == 3, "fields change nothing")
    file = shop.folder / "asked.csv"
    shop.write(file, [["job", "user", "age", "event"], ["artist", "new", "21", ""], ["", "u4", "", ""],
                      ["artist", "u4", "21", ""], ["artist", "5", "21", "buy"]])
    rows = records(u.same_on_every_layout("users", *ask, "--user", "u3", "--users", file), "tsv")
    blocks = [[r[1:] for r in rows[i:i + 5]] for i in range(0, 25, 5)]
    u.expect([rows[i][0] for i in range(0, 25, 5)] == ["u3", "new", "u4", "u4", "5"], "users: other names")
    u.expect(blocks == [known["u3"], known["u3"], known["u4"], known["u3"], found[told + ",event=buy"]],
             f"users: {blocks}")
    for name, more, parts in (("no field", ["--features", "ages=3"], ["'ages'", "age"]),
                              ("no value", ["--features", "job=artst"], ["job", "'artst'", "'artist'"]),
                              ("no number", ["--features", "age=x"], ["age", "'x'"]),
                              ("twice", ["--features", "age=1,age=2"], ["age twice"]),
                              ("no pair", ["--features", "age"], ["FIELD=VALUE", "'age'"]),
                              ("an item's field", ["--features", "brand=Acme"], ["'brand'"]),
                              ("no file", ["--users", shop.folder / "gone"], ["gone"]),
                              ("no field of users", ["--users", shop.folder / "items.csv"], ["items.csv", "'id'"])):
        u.test.refuses(name, [*ask, *more], *parts, ranks=2)


def embeds(u):
    """New rows of a table, against what export has of the data's."""
    shop, file, out = u.shop, u.folder / "new.csv", u.folder / "new.npy"
    u.test.must("export", "--run", shop.run, "--out", u.folder / "shop-export")
    for side, of, rows, new in (("candidate", "items", shop.items, ["cold", "Thing 7", "Bolt", "red/big", "17.5"]),
                                ("query", "users", shop.users, ["cold", "25", "doctor"])):
        exported = np.load(u.folder / "shop-export" / f"{side}_embeddings.npy")
        names = (u.folder / "shop-export" / f"{of}.txt").read_text().split()
        like = names.index("i7" if of == "items" else "u7")
        shop.write(file, [*rows, new, [new[0] + "er", *new[1:-1], ""]])
        written = []
        for ranks in (None, 2, 3):
            u.test.must("embed", "--run", shop.run, f"--{of}", file, "--schema", shop.schema, "--out", out, ranks=ranks)
            written.append((out.read_bytes(), out.with_suffix(".txt").read_text()))
        u.expect(written.count(written[0]) == 3, f"embed {of}: ranks write different files")
        found = np.load(out)
        asked = [row[0] for row in rows[1:]]
        u.expect(written[0][1].split() == [*asked, "cold", "colder"], f"embed {of}: {written[0][1]}")
        u.expect(np.array_equal(found[:-2], exported[[names.index(n) for n in asked]]), f"embed {of}: not as exported")
        u.expect(np.array_equal(found[-2], exported[like]), f"embed {of}: a new one with fields of another differs")
        u.expect(not np.array_equal(found[-1], found[-2]), f"embed {of}: what is missing changes nothing")
    file.write_text(f'item\n"{u.items[2]}"\nno such item\n')
    u.test.must("embed", "--run", u.plain, "--items", file, "--out", out)
    names = (u.folder / "my-notes.txt")
    names.write_text("mine")
    u.test.refuses("a stranger's names", ["embed", "--run", u.plain, "--items", file, "--out",
                                          names.with_suffix(".npy")], "my-notes.txt", "may be somebody's", ranks=2)
    u.expect(names.read_text() == "mine", "embed wrote over a stranger's names")
    u.test.must("export", "--run", u.plain, "--out", u.folder / "embed-export")
    weight = np.load(u.folder / "embed-export" / "item_table.weight.npy")
    u.expect(np.array_equal(np.load(out), weight[[3, 0]]), "embed: ids")
    shop.write(file, [["item", "brand"], ["cold", "Zork"]])
    said = u.test.must("embed", "--run", shop.run, "--items", file, "--out", out).error
    u.expect("1 values that the data lack" in said, f"embed: {said}")
    embed = ["embed", "--run", shop.run]
    u.test.refuses("both", [*embed, "--items", file, "--users", file, "--out", out], "both", status=2)
    u.test.refuses("no npy", [*embed, "--items", file, "--out", u.folder / "new.bin"], ".npy", status=2)
    u.test.refuses("no table", [*embed, "--items", u.folder / "gone", "--out", out], "gone", ranks=2)


def tensor(run, name):
    with h5py.File(sorted((run / "checkpoints").iterdir())[-1]) as file:
        return file[f"parameters/{name}"][...]


def times(u):
    def ask(*more):
        return u.out("recommend", "--run", u.big, "--user", u.users[0], *more)
    now, then = ask(), ask("--at", u.first)
    u.expect(ask("--at", u.last) == now, "the default is not the data's latest time")
    u.expect(then != now, "--at changes nothing")
    day = np.datetime64(u.first, "s")
    u.expect(ask("--at", f"{day}Z") == then and ask("--at", str(day)) == then, "ISO 8601: another list")
    u.test.refuses("no time", ["recommend", "--run", u.big, "--user", 1, "--at", "noon"], "--at", "noon", status=2)


def pairs_table(u, separator):
    """10,000 pairs of all kinds, as text; more than two blocks."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n") if separator == "," else None
    rows = [["item", "note to self", "user", "timestamp"]]
    for i in range(10000):
        rows.append([u.items[i * 31 % len(u.items)], f"row {i}", u.users[i * 7 % len(u.users)],
                     "" if i % 3 else str(u.first + i)])
    for row in rows:
        writer.writerow(row) if writer else text.write(separator.join(row) + "\n")
    return text.getvalue(), rows[1:]


def predicts(u):
    text, rows = pairs_table(u, ",")
    file = u.folder / "pairs.csv"
    file.write_text(text)
    out = u.same_on_every_layout("pairs", "predict", "--run", u.big, "--pairs", file)
    for ranks in (None, 2):
        streamed = u.out("predict", "--run", u.big, "--pairs", "-", text=text, ranks=ranks)
        u.expect(streamed == out, f"standard input, ranks {ranks}: another answer")
    answered, asked = out.splitlines(), text.splitlines()
    u.expect(len(answered) == len(asked) == 10001 and all(map(str.startswith, answered, asked)),
             "pairs: not the same lines in the same order")
    answers = list(csv.reader(io.StringIO(out)))
    u.expect(answers[0][-3:] == ["rating", "score", "note"], f"pairs: {answers[0]}")
    with h5py.File(u.data) as file:
        cold = {u.items[i - 1] for i in np.flatnonzero(file["items/train_counts"][...] == 0) if i > 0}
    u.expect(cold and all((a[-1] == "") == (a[0] not in cold) and ("no training row of the item" in a[-1]) ==
                          (a[0] in cold) for a in answers[1:]), "notes on known pairs")
    for place in (0, 1, 4095, 4096, 9999):
        item, _, user, time = rows[place]
        one = u.same_on_every_layout("predict", "predict", "--run", u.big, "--user", user, "--item", item,
                                     *(["--at", time] if time else []))
        found = dict(line.split(None, 1) for line in one.splitlines())
        same = near(float(found["rating"]), float(answers[place + 1][-3])) and \
            near(float(found["score"]), float(answers[place + 1][-2]))
        u.expect(found["user"] == user and found["item"] == item and same, f"pair {place}: {found}")
    tabs, _ = pairs_table(u, "\t")
    lines = u.out("predict", "--run", u.big, "--pairs", "-", text=tabs).splitlines()
    numbers = [line.split("\t")[-3:-1] for line in lines]
    u.expect(numbers == [a[-3:-1] for a in answers], "tabs: another answer than with commas")


def hand_on(test, command, ranks, wrapper, text):
    """Lets the launcher hand on what comes on standard input. Open MPI 4.1's mpirun may fault as it ends."""
    for _ in range(5):
        done = subprocess.run(test.command(command, ranks, wrapper), capture_output=True, timeout=SECONDS, check=False,
                              input=text, text=True)
        if "orte_iof_hnp_read_local_handler" not in done.stderr:
            break
    return done


def handed_on(u):
    """What a launcher hands on to rank 0: refused under one that may repeat it, else shown by its checksum."""
    test, out = u.test, u.folder / "handed.h5"
    rows = u.folder / "pairs.csv"
    rows.write_text("user,item\n" + "".join(f"{u.users[i % 70]},{i % 90}\n" for i in range(20000)))
    text, cksum = rows.read_text(), subprocess.run(["cksum", rows], capture_output=True, text=True, check=True).stdout
    said = f"tandem: standard input as the launcher handed it on: cksum says {' '.join(cksum.split()[:2])}\n"
    repeats = b"PRTE_LAUNCHED=" in subprocess.run([*test.launcher, "1", "env"], capture_output=True, check=True).stdout
    prrte = test.wrapper("prrte", "export PRTE_LAUNCHED=1")  # what Open MPI 5's launcher tells a rank
    predict = ["predict", "--run", u.big, "--pairs"]
    for command, ranks in (([*predict, "-"], 1), ([*predict, "-"], 2), ([*predict, "/dev/stdin"], 2),
                           (["prepare", "--format", "csv", "--out", out, "-"], 1), (["prepare", "--describe", "-"], 1)):
        for wrapper in ((), prrte):
            done = hand_on(test, command, ranks, wrapper, text)
            name = f"{command}, {ranks} ranks, {wrapper}: {done.returncode} {done.stderr}"
            if wrapper or repeats:
                u.expect(done.returncode == 2 and done.stderr.count("error: ") == 1 and "named pipe" in done.stderr and
                         "without a launcher" in done.stderr and not done.stdout and not out.exists(),
                         f"refused: {name}")
            else:
                u.expect(done.returncode == 0 and untimed(done.stderr).count(said) == 1, f"expected {said}; {name}")
                out.unlink(missing_ok=True)
    alone = test.must(*predict, "-", text=text)
    u.expect("handed" not in alone.error, f"without a launcher: {alone.error}")
    pipe = u.folder / "pairs.fifo"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(pipe.write_text, text)
        named = test.run(*predict, pipe, ranks=2, wrapper=prrte)
        writing.result()
    u.expect(named.out == alone.out and "handed" not in named.error, f"a named pipe: {named.status} {named.error}")


def pairs_of_lists(u):
    """A list's scores and ratings are those of its pairs, bit by bit."""
    lists = u.lists(u.big, "-k", 7)
    text = "user\titem\n" + "".join(f"{u.users[i]}\t{u.items[item - 1]}\n"
                                    for i in range(len(u.users)) for item in lists["item"][i])
    lines = u.out("predict", "--run", u.big, "--pairs", "-", text=text, ranks=3).splitlines()[1:]
    numbers = np.array([line.split("\t")[2:4] for line in lines], np.float32)
    u.expect(np.array_equal(numbers[:, 0], lists["rating"].ravel()), "ratings of lists and pairs differ")
    u.expect(np.array_equal(numbers[:, 1], lists["score"].ravel()), "scores of lists and pairs differ")


def unknown(u):
    title = next(t for t in u.items if len(t) > 12)
    wrong = title[:4] + "#" + title[5:]
    ask = ["predict", "--run", u.big, "--user", u.users[0], "--item"]
    allow = ["--unknown", "allow"]
    out = u.same_on_every_layout("misspelt", *ask, wrong, *allow)
    u.expect(f"unknown item '{wrong}'" in out and f"'{title}'" in out and "mean of the trained" in out and
             "rating" in out, f"misspelt: {out}")
    other = u.out(*ask, "qqqqqqqqqqqqqqqq", *allow)
    numbers = [[line for line in text.splitlines() if line.startswith(("rating", "score"))] for text in (other, out)]
    u.expect(numbers[0] == numbers[1], "unknown items differ")
    u.test.refuses("misspelt", [*ask, wrong], wrong, title, "--unknown allow", ranks=3)
    u.test.refuses("misspelt", [*ask, wrong, "--unknown", "refuse"], wrong, title)
    u.test.refuses("neighbors of nothing", ["neighbors", "--run", u.big, "--item", wrong], wrong, title, ranks=2)
    u.test.refuses("nobody", ["recommend", "--run", u.big, "--user", "nobody"], "nobody", "--unknown allow", ranks=3)
    with h5py.File(u.data) as file:
        had = [u.items[i - 1] for i in np.flatnonzero(file["items/train_counts"][...])[:2]]
    text = f"user,item\n{u.users[0]},{had[0]}\nnobody,{wrong}\n{u.users[1]},{had[1]}\n"
    done = u.test.must("predict", "--run", u.big, "--pairs", "-", text=text, ranks=2)
    rows = list(csv.reader(io.StringIO(done.out)))
    u.expect([len(r) for r in rows] == [5] * 4 and "'nobody'" in rows[2][4] and title in rows[2][4] and
             rows[1][4] == rows[3][4] == "", f"notes: {rows}")
    u.expect("1 of 3 pairs have users that" in done.error and "1 of 3 pairs have items that" in done.error,
             f"counts: {done.error}")
    result = u.test.run("predict", "--run", u.big, "--pairs", "-", "--unknown", "refuse", text=text, ranks=2)
    u.expect(result.status == 1 and "standard input:3" in result.error and "nobody" in result.error and
             len(result.out.splitlines()) == 2, f"--unknown refuse: {result.text()}")


def popular(u):
    """Of whom nothing is known gets what was had most often, by the rows that train retrieval."""
    with h5py.File(u.data) as file:
        rows = file["items/train_counts"][1:]
    done = u.test.must("recommend", "--run", u.big, "--user", "nobody", "--unknown", "allow", "-k", ITEMS,
                       "--cold-items", "all")
    found = table(done.out)
    u.expect("unknown user 'nobody'" in done.out and "most popular" in done.out and "  rows" in done.out and
             "1 of 1 users" in done.error, f"nobody: {done.text()}")
    u.expect([f[1] for f in found] == sorted(rows, reverse=True) and
             all(f[1] == rows[u.items.index(f[0])] for f in found), f"nobody: {found}")
    shop = u.shop  # whose retrieval trains on the rows before a time
    with h5py.File(shop.data) as file:
        names = strings(file["vocabularies/item"])
        rows = file["train/fields/item"][...][file["train/fields/time"][...] < 1700000400]
    bought = dict(zip(names, np.bincount(rows, minlength=len(names) + 1)[1:].tolist(), strict=True))
    file = shop.folder / "some.csv"
    shop.write(file, [["user", "age", "job"], ["new", "", ""], ["newer", "", "artist"], ["u4", "", ""],
                      ["newest", "", "nothing"], ["late", "", ""]])
    lists = shop.folder / "some.h5"
    ask = ["recommend", "--run", shop.run, "--users", file, "-k", 5]
    text = u.same_on_every_layout("some", *ask, "--format", "jsonl")
    found = [json.loads(line) for line in text.splitlines()]
    u.expect([f["system"] for f in found[::5]] == ["popularity", "model", "model", "popularity", "model"],
             f"some: {found}")
    best = sorted(bought.values(), reverse=True)[:5]
    u.expect([f["score"] for f in found[:5]] == best and all(bought[f["item"]] == f["score"] for f in found[:5]),
             f"some: {found[:5]}, expected {best}")
    done = u.test.must(*ask, "--out", lists, ranks=2)
    with h5py.File(lists) as content:
        u.expect(list(content["system"]) == [1, 0, 0, 1, 0] and list(content["score"][0]) == best, "some: HDF5")
    u.expect("2 of 5 users" in done.error and "1 values that the data lack" in done.error, f"some: {done.error}")
    late, like = (u.out("recommend", "--run", shop.run, "--user", user) for user in ("late", "u3"))
    u.expect("without training rows: 'late'" in late and table(late) == table(like), f"late: {late}, u3: {like}")
    pairs = shop.folder / "late.csv"
    shop.write(pairs, [["user", "item"]] + [[user, item] for item in names for user in ("late", "u3", "nobody")])
    done = u.same_on_every_layout("late", "predict", "--run", shop.run, "--pairs", pairs, "--score-only")
    scores = [line.split(",")[2] for line in done.splitlines()[1:]]
    u.expect(scores[::3] == scores[1::3] and scores[::3] != scores[2::3], f"pairs of late: {scores}")
    one = u.out("predict", "--run", shop.run, "--user", "late", "--item", names[0], "--score-only")
    u.expect(near(float(one.split("score")[1].split()[0]), float(scores[0])), f"late: {one}, {scores[0]}")
    shop.write(pairs, [["user"], ["late"], ["u3"]])
    u.test.must("embed", "--run", shop.run, "--users", pairs, "--out", shop.folder / "late.npy", ranks=2)
    both = np.load(shop.folder / "late.npy")
    u.expect(np.array_equal(both[0], both[1]), "late is embedded otherwise than u3")


def weights_of_systems(had):
    """What each training item adds to every other one's score, in float64."""
    both, each = had.T @ had, np.maximum(had.sum(0), 1)
    ease = np.linalg.inv(both + 20 * np.eye(len(each)))
    weights = {"ease": -ease / ease.diagonal(),
               "item_neighbors": both / np.sqrt(np.outer(each, each)),
               "rp3beta": (had.T / np.maximum(had.sum(1), 1)) @ had / each[:, None] / each**0.6}
    return {name: np.where(np.eye(len(each)), 0, w) for name, w in weights.items()}


def systems(u):
    """Lists of baselines are their scores by formula, of what users had or are told to have had."""
    had = np.zeros((len(u.users), len(u.items) + 1))
    for i, items in enumerate(u.seen[:len(u.users)]):
        had[i, items] = 1
    u.expect(had.any(1).all(), "a user has no training rows")
    with h5py.File(u.data) as file:
        counts = file["items/train_counts"][...]
    weights = weights_of_systems(had)
    told, number = u.folder / "bought.txt", {"popularity": 1, "item_neighbors": 3, "rp3beta": 4, "ease": 5}
    told.write_text("".join(u.items[i - 1] + "\n" for i in (30, 7, 30, 12)))
    for system, code in number.items():
        sets = ("-k", ITEMS, "--system", system, "--set", "baseline.l2=20", "--set", "baseline.neighbors=1000")
        scores = had @ weights[system] if system in weights else np.broadcast_to(counts, had.shape)
        lists = u.lists(u.plain, *sets)
        found = np.zeros(scores.shape)
        np.put_along_axis(found, lists["item"], lists["score"], 1)
        u.expect(np.abs(found - scores)[:, 1:].max() < 1e-5 * max(1, scores.max()), f"{system}: other scores")
        u.expect(set(lists["system"]) == {code} and "rating" not in lists, f"{system}: {set(lists['system'])}")
        rows = records(u.same_on_every_layout(system, "recommend", "--run", u.plain, *sets, "--cold-items", "all",
                                              "--history", told, "--format", "tsv", "--exclude-seen"), "tsv")
        scores = weights[system][[7, 12, 30]].sum(0) if system in weights else counts
        u.expect(len(rows) == len(u.items) - 3 and {r[-1] for r in rows} == {system} and all(
            abs(float(r[4]) - scores[u.items.index(r[2]) + 1]) < 1e-5 * max(1, scores.max()) for r in rows),
            f"{system}: of a history: {rows[:3]}")
    ask = ("recommend", "--run", u.plain, "--user", "nobody", "--unknown", "allow", "--system")
    u.expect("no history is told: these are the most popular" in u.out(*ask, "rp3beta"), "rp3beta: of nobody")
    u.expect("most popular" not in u.out(*ask, "popularity"), "popularity: of nobody")
    u.test.refuses("no lists", [*ask, "biases"], "--system biases", "rp3beta", status=2)
    u.test.refuses("no system", [*ask, "best"], "--system best", "ease", ranks=2, status=2)
    u.test.refuses("another model", [*ask, "ease", "--set", "model.width=3"], "baseline.*")


def cold(u):
    """Items without training rows are listed where anything is known of them: by default in a model that reads
    titles, not in one that reads ids alone."""
    warm, lists = {u.items[i] for i in u.warm}, {}
    for name, run in (("plain", u.plain), ("big", u.big)):
        for choice in (None, "none", "all"):
            done = u.test.must("recommend", "--run", run, "--user", u.users[0], "-k", 100000,
                               *(("--cold-items", choice) if choice else ()), ranks=2 if choice == "none" else None)
            lists[name, choice] = [f[0] for f in table(done.out)]
            gone = len(u.items) - len(lists[name, choice])
            said = f"{gone} of {len(u.items)} items are left out"
            u.expect((said in done.error) == (gone > 0), f"cold: {done.error}")
    u.expect(len(warm) < len(u.items) and set(lists["plain", None]) == set(lists["plain", "none"]) == warm and
             set(lists["plain", "all"]) == set(u.items), "cold: ids alone")
    u.expect(lists["plain", None] == [i for i in lists["plain", "all"] if i in warm], "cold: another order")
    u.expect(warm < set(lists["big", None]) and set(lists["big", "none"]) == warm, "cold: with titles")
    unknown = next(i for i in u.items if i not in warm)
    file = u.folder / "cold.txt"
    file.write_text(unknown + "\n")
    u.test.refuses("cold alone", ["recommend", "--run", u.plain, "--user", u.users[0], "--candidates", file],
                   "all 1 items", "no training row")
    u.test.refuses("near to cold", ["neighbors", "--run", u.plain, "--item", unknown], unknown, "no training row",
                   ranks=2)


def alive(u):
    """What lists may have at a time, by the two times of each item."""
    folder, data, run, start = u.folder / "alive", u.folder / "alive.h5", u.folder / "alive-run", 1700000000
    shutil.copytree(u.shop.folder, folder)
    (folder / "schema.yaml").write_text(SHOP + "    launched: {kind: time, role: alive_from}\n"
                                               "    gone: {kind: time, role: alive_until}\n")
    span = {f"i{i}": (start + 100 * i if i < 10 else None, start + 50 * i if i % 5 == 0 and i else None)
            for i in range(24)}
    u.shop.write(folder / "items.csv", [[*row, *(("launched", "gone") if row[0] == "id" else
                                                 ("" if t is None else str(t) for t in span[row[0]]))]
                                        for row in u.shop.items])
    u.test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data)
    u.test.must("train", u.folder / "shop.yaml", "--data", data, "--run", run)
    with h5py.File(data) as file:
        latest = int(file["schema/time"].attrs["high"])

    def at(time):
        return sorted(i for i, (begin, end) in span.items()
                      if (begin is None or begin <= time) and (end is None or time < end))
    ask = ["recommend", "--run", run, "-k", 100, "--format", "jsonl"]

    def lists(*more, **layout):
        found = {}
        for line in u.out(*ask, *more, **layout).splitlines():
            one = json.loads(line)
            found.setdefault(one["user"], []).append(one["item"])
        return {user: sorted(items) for user, items in found.items()}
    u.expect(0 < len(at(start + 250)) < len(at(latest)) < len(span), "alive: the times tell nothing apart")
    for more, time in (((), latest), (("--at", start + 250), start + 250), (("--at", start + 500), start + 500)):
        for ranks in (None, 2):
            found = lists("--user", "u3", "--user", "nobody", "--unknown", "allow", *more, ranks=ranks)
            u.expect(found == {"u3": at(time), "nobody": at(time)}, f"alive at {time}: {found}, expected {at(time)}")
        near = u.out("neighbors", "--run", run, "--item", "i1", "-k", 100, "--format", "jsonl", *more)
        near = sorted(json.loads(line)["item"] for line in near.splitlines())
        u.expect(near == [i for i in at(time) if i != "i1"], f"alive at {time}: near {near}")
    file = folder / "asked.csv"
    u.shop.write(file, [["user", "time"], ["u1", str(start + 250)], ["u2", ""], ["u3", str(start + 899)]])
    expected = {"u1": at(start + 250), "u2": at(start + 500), "u3": at(start + 899)}
    u.expect(lists("--users", file, "--at", start + 500, ranks=2) == expected, f"alive: told times: {expected}")
    stock = folder / "stock.txt"
    stock.write_text("i9\n")
    u.test.refuses("none alive", [*ask, "--user", "u3", "--candidates", stock], "none of 1 items", "--at", ranks=2)
    said = u.test.must(*ask, "--user", "u3").error
    u.expect(f"{24 - len(at(latest))} of 24 items are not alive" in said, f"alive: {said}")


def keys_and_titles(u):
    """Items are found by id and by title, whichever names them; a title of several items names none."""
    with h5py.File(u.data) as file:
        ids, item = strings(file["catalog/id"]), int(file["catalog/item"][0])
    ask = ["predict", "--user", u.users[0]]
    by_id, by_title = (u.out(*ask, "--run", u.big, "--item", name) for name in (ids[0], u.items[item - 1]))
    u.expect(by_id.splitlines()[2:] == by_title.splitlines()[2:], f"by id: {by_id}, by title: {by_title}")
    rows, items, data, run = (u.folder / name for name in ("shop.csv", "shop-items.csv", "shop.h5", "shop"))
    rows.write_text("".join(f"u{i % 5},{7000 + i * i % 4}\n" for i in range(60)), encoding="utf-8")
    items.write_text("7000,shirt\n7001,shirt\n7002,sock\n7003,7000\n", encoding="utf-8")
    u.test.must("prepare", "--format", "delimited", rows, "--items", items, "--out", data)
    u.test.must("train", u.folder / "config.yaml", "--data", data, "--run", run)
    ask[2:] = ["u1", "--run", run, "--score-only", "--item"]
    score = {name: u.out(*ask, name).splitlines()[-1] for name in ("sock", "7002", "7000", "7003")}
    u.expect(score["sock"] == score["7002"] and score["7000"] != score["7003"], f"by titles and ids: {score}")
    u.test.refuses("a shared title", [*ask, "shirt"],
                   "several items have the title 'shirt'; name one by its id: '7000', '7001'")
    items.write_text("sock\nnothing\nshirt\nshirt\n", encoding="utf-8")
    for option in ("--candidates", "--exclude"):
        u.test.refuses(f"shared titles after {option}", ["recommend", "--run", run, "--user", "u1", option, items],
                       "shop-items.csv: 2 of 4 lines are titles that several items have, such as 'shirt'; name these "
                       "by their ids", ranks=2)


def without_training_rows(u):
    """Users whose rows are all test rows have names, but no id."""
    data, run = u.folder / "few.h5", u.folder / "few"
    u.test.must("prepare", "--format", "movielens-csv", u.folder / "data", "--test-fraction", 0.97, "--out", data)
    u.test.must("train", u.folder / "config.yaml", "--data", data, "--run", run)
    with h5py.File(data) as file:
        names, known = strings(file["vocabularies/user"]), int(file["schema/user"].attrs["vocabulary"]) - 1
    u.expect(known < len(names), "every user has a training row")
    out = u.out("recommend", "--run", run, "--user", names[-1], "--exclude-seen")
    nobody = u.out("recommend", "--run", run, "--user", "nobody", "--unknown", "allow")
    u.expect("without training rows" in out and table(out) == table(nobody), f"a user without id: {out}")
    listed = list(u.lists(run, "-k", 1, "--exclude-seen")["user"])
    u.expect(listed == list(range(1, known + 1)), "lists of users without id")


def neighbors(u):
    export = u.folder / "for-neighbors"
    u.test.must("export", "--run", u.big, "--out", export)
    v = np.load(export / "candidate_embeddings.npy").astype(np.float64)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    offsets, tokens = (np.load(export / f"title_{name}.npy") for name in ("offsets", "tokens"))
    words = [set(tokens[offsets[i + 1]:offsets[i + 2]].tolist()) - {1} for i in range(len(u.items))]
    learned = set().union(*(words[i] for i in u.warm))
    known = np.array([i in u.warm or bool(words[i] & learned) for i in range(len(u.items))])
    for item in (u.warm[0], u.warm[300]):
        found = table(u.same_on_every_layout("neighbors", "neighbors", "--run", u.big, "--item", u.items[item],
                                             "-k", 5))
        cosines = v @ v[item]
        cosines[item] = -2
        cosines = np.where(known, cosines, -2)
        best = np.sort(cosines)[:-6:-1]
        u.expect(len(found) == 5 and all(near(f[1], c) and near(f[1], cosines[u.items.index(f[0])])
                                         for f, c in zip(found, best, strict=True)), f"neighbors: {found}")


def is_in_use(found, values):
    """A tensor of a checkpoint, but that the rows which no training row named are the mean of the others."""
    same = (found == values).all(axis=1)
    means = found[~same]
    return same.all() or (np.array_equal(means, np.tile(means[0], (len(means), 1))) and
                          np.allclose(means[0], values[same].mean(axis=0, dtype=np.float64), rtol=0, atol=1e-6))


def exports(u):
    folders = [u.folder / f"export-{ranks}" for ranks in (None, 2, 3)]
    for folder, ranks in zip(folders, (None, 2, 3), strict=True):
        u.test.must("export", "--run", u.big, "--out", folder, ranks=ranks)
    files = [{f.name: f.read_bytes() for f in folder.iterdir()} for folder in folders]
    u.expect(files[0] == files[1] == files[2], "export: ranks write different files")
    for name, names in (("users", u.users), ("items", u.items), ("titles", u.items)):
        found = (folders[0] / f"{name}.txt").read_bytes().decode().split("\n")
        u.expect(found == [*names, ""], f"export: {name}.txt")
    with h5py.File(sorted((u.big / "checkpoints").iterdir())[-1]) as file:
        tensors = {}
        file["parameters"].visititems(lambda name, node: tensors.__setitem__(name, node[...])
                                      if isinstance(node, h5py.Dataset) else None)
    for name, values in tensors.items():
        found = np.load(folders[0] / f"{name.replace('/', '.')}.npy")
        u.expect(is_in_use(found, values) and found.dtype == np.float32, f"export: {name}")
    tokens = (folders[0] / "tokens.txt").read_bytes().decode().split("\n")
    offsets, ids = (np.load(folders[0] / f"title_{name}.npy") for name in ("offsets", "tokens"))
    first = [tokens[i] for i in ids[offsets[1]:offsets[2]]]
    u.expect(first == re.sub(r"[^a-z0-9 ]", "", u.items[0].lower()).split(), f"export: tokens {first} of {u.items[0]}")
    plain = u.folder / "export-plain"
    u.test.must("export", "--run", u.plain, "--out", plain, ranks=2)
    for side, table_name in (("query", "user"), ("candidate", "item")):
        weight = np.load(plain / f"{table_name}_table.weight.npy")
        u.expect(np.array_equal(np.load(plain / f"{side}_embeddings.npy"), weight[1:]), f"export: {side}")
    unknown_query = np.load(plain / "unknown_query_embedding.npy")
    users = np.load(plain / "user_table.weight.npy")
    u.expect(np.array_equal(unknown_query, users[:1]), "export: unknown query")
    mean = users[1:].mean(axis=0, dtype=np.float64)
    u.expect(np.allclose(unknown_query[0], mean, rtol=0, atol=1e-7), "export: the mean of the trained users")


def pooled(table_rows, ids, divides):
    """The chain of float32 sums that the encoder makes."""
    total = np.zeros(table_rows.shape[1], np.float32)
    for i in ids:
        total += table_rows[i]
    return total / np.float32(len(ids)) if divides and len(ids) else total


def tells_histories(u, run, users, items, queries):
    """Histories that are told, by hand: the last five of them, whatever the rule's conditions."""
    told, out, had = u.folder / "told.jsonl", u.folder / "told.npy", [3, 8, 5, 3, 20, 7]
    lines = (("new", [u.items[i - 1] for i in had]), (u.users[1], [u.items[4]]), (u.users[2], []), ("nobody", []))
    told.write_text("".join(json.dumps({"user": user, "history": items}) + "\n" for user, items in lines))
    u.test.must("embed", "--run", run, "--users", told, "--out", out, ranks=2)
    expected = [np.concatenate([users[0], pooled(items, had[-5:], True)]),
                np.concatenate([users[2], pooled(items, [5], True)]),
                queries[2], np.concatenate([users[0], pooled(items, [], True)])]
    u.expect(np.array_equal(np.load(out), expected), "histories that are told: embed")
    ask = ["recommend", "--run", run, "-k", ITEMS, "--cold-items", "all", "--format", "tsv"]
    rows = records(u.same_on_every_layout("told", *ask, "--users", told), "tsv")
    named = u.folder / "had.txt"
    named.write_text("".join(u.items[i - 1] + "\n" for i in had))
    one = records(u.same_on_every_layout("had", *ask, "--history", named, "--exclude-seen"), "tsv")
    left = [r[1:] for r in rows if r[0] == "new" and r[2] not in {u.items[i - 1] for i in had}]
    u.expect([r[2:] for r in one] == [r[1:] for r in left], "--history: another list than of a table")
    plain = [i for i in u.items if "," not in i][:2]
    both = records(u.out(*ask, "--history", ",".join(plain)), "tsv")
    named.write_text("\n".join(plain))
    u.expect([r[1:] for r in both] == [r[1:] for r in records(u.out(*ask, "--history", named), "tsv")], "--history A,B")
    u.test.refuses("no item", [*ask, "--history", "qqqqqqqq"], "history", "'qqqqqqqq'", ranks=2)
    told.write_text('{"users": 3}\n')
    u.test.refuses("no field", [*ask, "--users", told], str(told), "'users'", "user")


def histories(u):
    """What users had, and whom items had, found again in the rows of the data file."""
    run, folder = u.folder / "past", u.folder / "export-past"
    u.test.must("train", u.test.config(**PAST), "--data", u.data, "--run", run, ranks=3)
    with h5py.File(u.data) as file:
        offsets = file["train/user_offsets"][...]
        item, time, rating = (file[f"train/fields/{name}"][...] for name in ("item", "timestamp", "rating"))
        row = file["train/row"][...]
    user = np.repeat(np.arange(1, len(offsets)), np.diff(offsets))
    order = np.lexsort((row, time))
    middle = int(np.median(time))
    for at in (middle, None):
        u.test.must("export", "--run", run, "--out", folder, *([] if at is None else ["--at", at]), ranks=2)
        users, items, long_items, fans = (np.load(folder / f"{name}_table.weight.npy")
                                          for name in ("user", "item", "long_item", "fans"))
        queries, candidates = (np.load(folder / f"{side}_embeddings.npy") for side in ("query", "candidate"))
        counts = set()
        for one in range(1, len(u.users) + 1):
            had = [item[r] for r in order if user[r] == one and rating[r] >= 3 and (at is None or time[r] < at)][-5:]
            counts.add(len(had))
            expected = np.concatenate([users[one], pooled(items, had, True)])
            u.expect(np.array_equal(queries[one - 1], expected), f"history at {at}: of user {one}: {had}")
        u.expect(at is None or {0, 5} <= counts, f"history at {at}: lists of {counts}")
        for one in range(1, len(u.items) + 1):
            had = [user[r] for r in order if item[r] == one][-4:]
            expected = long_items[one] + pooled(fans, had, False)
            u.expect(np.array_equal(candidates[one - 1], expected), f"history: of item {one}: {had}")
    told = [{**o, "step": 0} for o in log_objects(run) if o["event"] == "feature" and o["feature"] in ("past", "fans")]
    past, fans = len({*user[rating >= 3]}), len({*item})
    expected = [{"event": "feature", "step": 0, "feature": name, "field": field, "of": of, "values": n,
                 "missing": n - had}
                for name, field, of, n, had in (("past", "item", "user", len(u.users), past),
                                                ("fans", "user", "item", len(u.items), fans))]
    u.expect(told == expected and fans < len(u.items), f"log: {told}, expected {expected}")
    tells_histories(u, run, users, items, queries)
    pairs = u.folder / "past.csv"
    lines = [f'{u.users[i]},"{u.items[5 * i]}",{middle}' for i in range(9)]
    pairs.write_text("\n".join(["user,item,timestamp", *lines, ""]))
    u.same_on_every_layout("history, pairs", "predict", "--run", run, "--pairs", pairs, "--score-only")
    u.lists(run)
    u.same_on_every_layout("history, evaluate", "evaluate", "--run", run, "--json")


HEADS_SCHEMA = """
interactions:
  file: rows.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label}
    device: {kind: category}
    price: {kind: number}
    slot: {kind: category}
"""
HEADS = {"train": {"batch_size": 200, "shards": 2, "epochs": 3}, "model": {"width": 4},
         "features": {"device": {"width": 2}, "price": {}, "slot": {"width": 2, "serve": "s1"}},
         "rating": {"enabled": True, "hidden": []},
         "tasks": {"rating": {"features": ["device", "price", "slot"]}},
         "eval": {"metrics": ["root_mean_squared_error"]}}


def heads_of_classes(u):
    """Probabilities, of the rating head as of every other: those that `evaluate` measures."""
    rows, run, data = u.folder / "classes.csv", u.folder / "classes-run", u.folder / "classes.h5"
    events = [(f"u{i % 20}", f"i{i * 7 % 23}", int(i * i % 5 > 1)) for i in range(400)]
    Shop.write(rows, [["user", "item", "rating"], *([a, b, str(y)] for a, b, y in events)])
    u.test.must("prepare", "--rating-column", "rating", rows, "--out", data)
    config = u.test.config("classes.yaml", train={"batch_size": 100, "shards": 2, "epochs": 9}, model={"width": 4},
                           rating={"enabled": True, "hidden": [8]},
                           tasks={"rating": {"loss": "bce"},
                                  "hit": {"kind": "classification", "label": "rating = 1", "hidden": [4]},
                                  "half": {"label": "rating", "hidden": []}},
                           eval={"ks": [1], "repeats": "keep", "metrics": ["log_loss", "mean_absolute_error"]})
    u.test.must("train", config, "--data", data, "--run", run, ranks=2)
    measured = json.loads(u.out("evaluate", "--run", run, "--json"))
    with h5py.File(data) as file:
        asked = [events[i] for i in file["test/row"][...]]
    text, label = "user,item\n" + "".join(f"{a},{b}\n" for a, b, _ in asked), np.array([y for _, _, y in asked])
    found = {}
    for task in ("rating", "hit", "half"):
        out = u.same_on_every_layout(task, "predict", "--run", run, "--pairs", "-", "--task", task, text=text)
        found[task] = np.array([float(line.split(",")[2]) for line in out.splitlines()[1:]])
        u.expect(out.startswith("user,item,prediction,score,note\n"), f"predict --task: {out.splitlines()[0]}")
    for task, name in (("rating", "log_loss"), ("hit", "hit_log_loss")):
        loss = -np.log(np.where(label == 1, found[task], 1 - found[task])).mean()
        u.expect(abs(loss - measured[name]) < 1e-5, f"predict --task {task}: {loss}, evaluated {measured[name]}")
    error = np.abs(found["half"] - label).mean()
    u.expect(abs(error - measured["half_mean_absolute_error"]) < 1e-5, f"predict --task half: {error}, {measured}")
    pair = ["predict", "--run", run, "--user", asked[0][0], "--item", asked[0][1]]
    u.expect(f"rating  {found['rating'][0]:.4f}" in u.out(*pair), "predict: another rating")
    u.expect(f"prediction {found['hit'][0]:.4f}" in u.out(*pair, "--task", "hit"), "predict --task: another prediction")
    listed = records(u.out("recommend", "--run", run, "--user", asked[0][0], "-k", 23, "--format", "tsv"), "tsv")
    rated = {line[2]: float(line[5]) for line in listed}
    u.expect(abs(rated[asked[0][1]] - found["rating"][0]) < 1e-6, f"recommend rates otherwise: {rated}")
    u.test.refuses("no such head", [*pair, "--task", "hits"], "no head of a task 'hits'; its heads: rating, half, hit")
    u.test.refuses("a task and none", [*pair, "--task", "hit", "--score-only"], "--task or --score-only", status=2)


def heads(u):
    """A linear head: what fields of the row add to a rating, by hand; in pairs, lists and evaluations."""
    folder, run, data = u.folder / "heads", u.folder / "heads-run", u.folder / "heads.h5"
    folder.mkdir()
    (folder / "schema.yaml").write_text(HEADS_SCHEMA)
    rows = [(f"u{i % 20}", f"i{i * 7 % 23}", i * 3 % 5 + 1, ("phone", "desk", "")[i % 3],
             "" if i % 7 == 0 else 10 + i % 11, f"s{i % 2}") for i in range(400)]
    Shop.write(folder / "rows.csv", [["user", "item", "rating", "device", "price", "slot"],
                                     *([str(cell) for cell in row] for row in rows)])
    u.test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data)
    u.test.must("train", u.test.config("heads.yaml", **HEADS), "--data", data, "--run", run, ranks=2)
    with h5py.File(sorted((run / "checkpoints").iterdir())[-1]) as file, h5py.File(data) as of:
        kernel = file["parameters/head_0/kernel"][...].ravel()
        devices = file["parameters/device_table/weight"][...]
        names = ["", *strings(of["vocabularies/device"])]
        mean, variance = (of["schema/price"].attrs[name] for name in ("mean", "variance"))
    u.expect(len(kernel) == 4 + 4 + 2 + 1 + 2, f"heads: inputs of the head: {len(kernel)}")

    def adds(device, price):
        """Besides what a phone at the mean price does; a missing price is the mean."""
        of_device = (devices[names.index(device)] - devices[names.index("phone")]) @ kernel[8:10]
        return of_device + (0 if price == "" else kernel[10] * (price - mean) / variance ** 0.5)

    def row(*cells):
        return ",".join(map(str, cells)) + "\n"
    header, cases = "device,user,other,price,slot,item\n", [("phone", ""), ("desk", ""), ("phone", 20), ("", 11.5)]
    text = header + "".join(row(device, user, "x", price, slot, "i3")
                            for user, slot in (("u1", "s0"), ("u2", "s1"), ("u2", "")) for device, price in cases)
    out = u.same_on_every_layout("heads", "predict", "--run", run, "--pairs", "-", text=text)
    ratings = [float(line.split(",")[6]) for line in out.splitlines()[1:]]
    for user in range(3):
        found = np.array(ratings[4 * user:4 * user + 4]) - ratings[4 * user]
        u.expect(np.allclose(found, [adds(*case) for case in cases], rtol=0, atol=1e-5) and
                 len(set(found.round(3))) == 4, f"heads: {found}, expected {[adds(*case) for case in cases]}")
    u.expect(ratings[4:8] == ratings[8:12], "heads: a served field was read")
    one = u.out("predict", "--run", run, "--user", "u2", "--item", "i3", "--features", "price=20,device=phone")
    u.expect(f"rating  {ratings[6]:.4f}" in one, f"heads: {one}, expected {ratings[6]}")
    asked = folder / "asked.csv"
    Shop.write(asked, [["user", "price"], ["u2", ""], ["u2", "20"]])
    lists = records(u.out("recommend", "--run", run, "-k", 23, "--format", "tsv", "--users", asked, ranks=2), "tsv")
    plain, told = ({r[2]: float(r[5]) for r in part} for part in (lists[:23], lists[23:]))
    u.expect(len(lists) == 46 and all(abs(told[i] - plain[i] - adds("", 20) + adds("", "")) < 1e-5 for i in plain) and
             abs(plain["i3"] - ratings[4] - adds("", "")) < 1e-5, f"heads: lists {plain} and {told}")
    with h5py.File(data) as file:
        rated = [rows[i] for i in file["test/row"][...]]
    out = u.out("predict", "--run", run, "--pairs", "-", text=header + "".join(
        row(r[3], r[0], "", r[4], r[5], r[1]) for r in rated))
    errors = [float(line.split(",")[6]) - r[2] for line, r in zip(out.splitlines()[1:], rated, strict=True)]
    found = json.loads(u.out("evaluate", "--run", run, "--json", ranks=3))
    rmse = float(np.sqrt(np.mean(np.square(errors))))
    u.expect(abs(rmse - found["root_mean_squared_error"]) < 1e-5, f"heads: rmse {rmse}, found {found}")
    bad = header + row("desk", "u1", "", 20, "", "i3") + row("tablet", "u1", "", "", "", "i4")
    result = u.test.run("predict", "--run", run, "--pairs", "-", "--unknown", "refuse", text=bad, ranks=2)
    u.expect(result.status == 1 and "standard input:3: device: the data have no 'tablet'" in result.error and
             len(result.out.splitlines()) == 2, f"heads: {result.text()}")
    said = u.test.must("predict", "--run", run, "--pairs", "-", text=bad, ranks=2).error
    u.expect("standard input: 1 values that the data lack" in said, f"heads: {said}")
    result = u.test.run("predict", "--run", run, "--pairs", "-", text=bad.replace("20", "2O"), ranks=2)
    u.expect(result.status == 1 and "standard input:2: expected" in result.error and "'2O'" in result.error,
             f"heads: {result.text()}")
    u.test.refuses("no field", ["predict", "--run", run, "--user", "u1", "--item", "i3", "--features", "prize=1"],
                   "'prize'", "price")


def serves(u, serving):
    """The lines of docs/serving.md, run as they stand there for another user."""
    code = re.findall(r"```python\n(.*?)```", Path(serving).read_text(), re.DOTALL)[0]
    u.expect(len(code.splitlines()) == 5 and '"42"' in code, f"serving: {code}")
    folder = u.folder / "serving"
    folder.mkdir()
    u.test.must("export", "--run", u.big, "--out", folder / "export")
    for user in u.users[:3]:
        done = subprocess.run([sys.executable, "-c", code.replace('"42"', repr(user))], cwd=folder,
                              capture_output=True, text=True, check=False)
        found = table(u.out("recommend", "--run", u.big, "--user", user, "-k", 10, "--cold-items", "all"))
        u.expect(done.stdout.splitlines() == [f[0] for f in found],
                 f"serving: {done.stdout}{done.stderr}, expected {found}")


def replaces_exports_only(u):
    mine, export = u.folder / "mine", u.folder / "export-again"
    mine.mkdir()
    u.test.must("export", "--run", u.big, "--out", mine)  # an empty folder may be filled
    u.test.must("export", "--run", u.plain, "--out", f"{mine}/", ranks=2)
    u.expect(not (mine / "head_0.kernel.npy").exists(), "files of the older export are left")
    shutil.copytree(mine, export)
    (export / "index.faiss").write_text("mine")
    u.test.refuses("a stranger's file", ["export", "--run", u.big, "--out", export], "index.faiss", ranks=2)
    (export / "index.faiss").rename(export / "notes.txt")
    u.test.refuses("a stranger's notes", ["export", "--run", u.big, "--out", export], "notes.txt", ranks=2)
    (export / "notes.txt").unlink()
    (export / "export.json").write_text('{"format": "mine"}')
    u.test.refuses("a stranger's export.json", ["export", "--run", u.big, "--out", export], "no export")
    (mine / "export.json").unlink()
    before = sorted(f.name for f in mine.iterdir())
    u.test.refuses("no export", ["export", "--run", u.big, "--out", mine], str(mine), "no export", ranks=3)
    u.test.refuses("a file", ["export", "--run", u.big, "--out", u.data], str(u.data), "Not a directory")
    u.test.refuses("nowhere", ["export", "--run", u.big, "--out", u.folder / "no" / "where"], "No such file", ranks=2)
    u.expect(sorted(f.name for f in mine.iterdir()) == before, "a refused folder changed")


def errors(u):
    pair = ["--user", u.users[0], "--item", u.items[0]]
    u.test.refuses("no rating head", ["predict", "--run", u.plain, *pair], "rating head", "rating.enabled",
                   "--score-only", str(u.plain), ranks=3)
    out = u.out("predict", "--run", u.plain, *pair, "--score-only")
    u.expect("score" in out and "rating" not in out, f"--score-only: {out}")
    out = u.out("predict", "--run", u.plain, "--pairs", "-", "--score-only", text="user,item\na,b\n")
    u.expect(out.startswith("user,item,score,note\na,b,"), f"--score-only: {out}")
    other = u.test.make_data("other", users=USERS, items=ITEMS, ratings=RATINGS, seed=2)
    none = u.folder / "none"
    for name, more in (("predict", pair), ("recommend", ["--user", u.users[0]]),
                       ("neighbors", ["--item", u.items[0]]), ("export", ["--out", none])):
        u.test.refuses(f"{name}: other data", [name, "--run", u.big, "--data", other, *more], str(u.big),
                       str(other), "other data", ranks=2)
        u.test.refuses(f"{name}: no run", [name, "--run", none, *more], f"{none} is no run", ranks=2)
        u.test.refuses(f"{name}: no run named", [name, *more], "--run", status=2)
        u.test.refuses(f"{name}: no such step", [name, "--run", u.big, "--checkpoint", 3, *more], "step-000000000003")
    u.expect(not none.exists(), "a refused export left something")
    run = ["--run", u.big]
    u.test.refuses("an empty name", ["recommend", "--run", "", "--user", 1], "--run", status=2)
    u.test.refuses("-k 0", ["recommend", *run, "--user", 1, "-k", 0], "-k", status=2)
    u.test.refuses("nobody", ["recommend", *run], "--user", status=2)
    u.test.refuses("no file", ["recommend", *run, "--all-users"], "--out", status=2)
    u.test.refuses("no item", ["predict", *run, "--user", 1], "--item", status=2)
    u.test.refuses("--unknown", ["predict", *run, *pair, "--unknown", "x"], "--unknown", "allow", status=2)
    for name in ("lists.h5", "lists.tsv"):
        u.test.refuses(name, ["recommend", *run, "--all-users", "--out", none / name], "No such file", ranks=2)
    u.test.refuses("no pairs", ["predict", *run, "--pairs", none], f"{none}: No such file", ranks=2)
    u.test.refuses("a folder of pairs", ["predict", *run, "--pairs", u.folder], "a folder", ranks=2)


def many_alone(u):
    """Short commands at once, none under a launcher: they share nothing that one could take away."""
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: u.test.run("inspect", "--checksum", u.plain), range(300)))
    wrong = [d.text() for d in done if d.status != 0 or d.error or d.out != done[0].out]
    u.test.expect(not wrong, f"{len(wrong)} of 300 commands at once failed, the first: {wrong[:1]}")


def movielens(test):
    """Real titles: what people look at first."""
    data = environment("TANDEM_DATA")
    if not data or not (data / "ml-100k").is_dir():
        print("without real titles: TANDEM_DATA has no ml-100k")
        return
    file, run = test.folder / "ml-100k.h5", test.folder / "movies"
    test.must("prepare", "--format", "movielens-100k", data / "ml-100k", "--out", file)
    test.must("train", test.config(train={"epochs": 8}), "--data", file, "--run", run)
    out = test.must("neighbors", "--run", run, "--item", "Star Wars (1977)", ranks=2).out
    titles = {t for t, _, _ in table(out)}
    test.expect(titles & {"Empire Strikes Back, The (1980)", "Return of the Jedi (1983)"}, f"neighbors: {out}")
    wolfs = ["--item", "Dances with Wolfs (1990)", "--score-only"]
    test.refuses("a misspelt title", ["predict", "--run", run, "--user", 42, *wolfs], "'Dances with Wolves (1990)'")


def main():
    serving = sys.argv.pop(2)
    with Test() as test:
        movielens(test)
        use = Use(test)
        for case in (recommends, agrees_with_evaluate, forms, chooses, excludes_seen,
                     excludes_some_of_the_seen, described, embeds, times, predicts, handed_on,
                     pairs_of_lists, unknown, popular,
                     systems, cold, alive, keys_and_titles, without_training_rows, neighbors, exports, histories, heads,
                     heads_of_classes,                     replaces_exports_only, errors, many_alone):
            case(use)
        serves(use, serving)
        test.expect(not left_behind(test.folder), f"half-written: {left_behind(test.folder)}")


main()
