#!/usr/bin/env python3
"""Items without training rows: the split that makes them, evaluation of them alone and among all, and baselines that
know them by their fields, against an independent computation; the same bytes on any number of ranks.

    cold_items.py TANDEM LAUNCHER...
"""
import json

from program import Test, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

SCHEMA = """interactions:
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
items:
  file: items.csv
  key: id
  fields:
    name: {kind: text, role: title}
    maker: {kind: category, missing: '-'}
    sorts: {kind: categories, separator: '|'}
    price: {kind: number, missing: ''}
    look: {kind: vector, width: 2, missing: ''}
"""
USERS, ITEMS, EACH, KS = 60, 700, 12, [1, 5, 20, 100]
WORDS = ["red", "old", "fine", "shoe", "hat", "coat", "long"]
SPLIT = ["--split", "items", "--test-fraction", 0.2, "--validation-fraction", 0.1, "--warm-fraction", 0.2]
FIELDS = ["name", "maker", "sorts", "price", "look"]


def rows():
    """Every user has different items, of which some have many users and the last few none."""
    return [f"u{u},i{(u * 17 + n * n * 5 + n * u) % (ITEMS - 9)}" for u in range(USERS) for n in range(EACH)]


def item_of(i):
    name = f"{WORDS[i % 7]} {WORDS[i * i % 7]}{' ' + WORDS[i % 5] if i % 3 else ''}"
    sorts = "|".join(f"s{k}" for k in range(8) if i * (k + 3) % 5 < 1 + k % 2)
    look = f"{i % 4 - 1} {i % 7 - 2}" if i % 11 else ""
    return f"i{i},{name},{'-' if i % 9 == 4 else f'm{i * i % 13}'},{sorts},{'' if i % 10 == 7 else i * 37 % 101},{look}"


class Cold:
    def __init__(self, test):
        self.test, self.folder = test, test.folder
        self.data, self.run = test.folder / "data.h5", test.folder / "run"
        (test.folder / "schema.yaml").write_text(SCHEMA)
        (test.folder / "items.csv").write_text("id,name,maker,sorts,price,look\n" +
                                               "".join(item_of(i) + "\n" for i in range(ITEMS)))
        self.prepare("rows.csv", rows(), self.data)
        config = test.config(model={"width": 4}, train={"batch_size": 100, "shards": 3, "epochs": 1},
                             features={"item": {"dropout": 0.5}, "sorts": {"pool": "sum"}},
                             candidate={"features": ["item", "title_text", "sorts"], "tower": [4]})
        test.must("train", config, "--data", self.data, "--run", self.run, ranks=2)

    def prepare(self, name, lines, out, *split, ranks=None):
        (self.folder / name).write_text("user,item\n" + "".join(f"{line}\n" for line in lines))
        return self.test.must("prepare", "--schema", self.folder / "schema.yaml", self.folder / name, "--out", out,
                              *(split or SPLIT), ranks=ranks)

    def evaluate(self, *sets, ranks=None, more=()):
        asked = (f"eval.ks={KS}", "eval.exclude_seen=train", *sets)
        return json.loads(self.test.must("evaluate", "--run", self.run, "--json", "--no-keep", *more,
                                         *(w for s in asked for w in ("--set", s)), ranks=ranks).out)


class Truth:
    """What the file holds, and what NumPy makes of it."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.counts = file["items/train_counts"][...]
            self.rows = {}
            for split in ("train", "validation", "test"):
                offsets, item = file[f"{split}/user_offsets"][...], file[f"{split}/fields/item"][...]
                self.rows[split] = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)), item
            users = max(user.max() for user, _ in self.rows.values()) + 1
            self.had = np.zeros((users, len(self.counts)), bool)
            self.had[self.rows["train"]] = True
            values = {name: file[f"items/fields/{name}"] for name in FIELDS if name not in ("name", "sorts")}
            self.values = {name: of[...] for name, of in values.items()}
            self.lists = {name: self.sets(file[f"items/fields/{name}"], least)
                          for name, least in (("name", 2), ("sorts", 1))}

    def sets(self, group, least):
        """(items + 1, ids): which ids an item has."""
        offsets, ids = group["offsets"][...], group["values"][...]
        has = np.zeros((len(self.counts), ids.max() + 1), bool)
        has[np.repeat(np.arange(len(self.counts)), np.diff(offsets)), ids] = True
        has[:, :least] = False
        return has

    def likeness(self, fields):
        parts = []
        for name in fields:
            if name in self.lists:
                has = self.lists[name]
                many = has.sum(0)
                idf = np.where(many > 0, np.log(has.any(1).sum() / np.maximum(many, 1)), 0)
                parts.append(cosine(has * idf))
            elif name == "maker":
                maker = self.values[name]
                parts.append((maker[:, None] == maker) & (maker > 0)[:, None])
            elif name == "price":
                price = self.values[name].astype(np.float64)
                near = 1 - np.abs(price[:, None] - price) / np.nanstd(price)
                parts.append(np.maximum(np.nan_to_num(near, nan=0), 0))
            else:
                parts.append(np.maximum(cosine(np.nan_to_num(self.values[name].astype(np.float64))), 0))
        return sum(part.astype(np.float64) for part in parts) / len(parts)

    def content(self, fields, normalize=False):
        """(users, items + 1), all neighbors kept."""
        like = self.likeness(fields)
        np.fill_diagonal(like, 0)
        like *= (self.counts > 0)[:, None]
        like[:, 0] = 0
        if normalize:
            like /= np.maximum(like.sum(0), 1e-300)
        return self.had @ like

    def categories(self, fields):
        total, number = np.zeros(len(self.counts)), np.zeros(len(self.counts))
        for name in fields:
            has = self.lists[name] if name in self.lists else np.eye(self.values[name].max() + 1)[self.values[name]]
            has[:, 0] = 0
            trained = has * (self.counts > 0)[:, None]
            mean = (trained * self.counts[:, None]).sum(0) / np.maximum(trained.sum(0), 1)
            total, number = total + has @ mean, number + has.sum(1)
        return total / np.maximum(number, 1)

    def accuracy(self, scores, split, rows, candidates, k):
        """The mean chance of a row's item, among those of equal scores, to be in the first k."""
        user, item = self.rows[split]
        cold = self.counts[item] == 0
        asked = {"all": cold | True, "cold": cold, "trained": ~cold}[rows] & ~self.had[user, item]
        user, item = user[asked], item[asked]
        is_candidate = (np.arange(len(self.counts)) > 0) & {
            "unique": True, "cold": self.counts == 0, "trained": self.counts > 0}[candidates]
        listed = is_candidate & ~self.had[user]
        score = scores[user] if scores.ndim == 2 else np.broadcast_to(scores, (len(user), len(scores)))
        own = score[np.arange(len(item)), item][:, None]
        near = 1e-6 * np.abs(own)
        above = ((score > own + near) & listed).sum(1)
        tied = ((np.abs(score - own) <= near) & listed).sum(1)
        inside = listed[np.arange(len(item)), item]
        return (inside * np.clip((k - above) / np.maximum(tied, 1), 0, 1)).mean(), len(item), (~inside).sum()


def cosine(x):
    norm = np.sqrt((x * x).sum(1))
    return x @ x.T / np.maximum(np.outer(norm, norm), 1e-300)


def holds_items_out(c):
    """All rows of an item, by its number in the list: whatever the ranks and the order of the rows."""
    for ranks in (2, 4):
        other = c.folder / f"ranks-{ranks}.h5"
        said = c.prepare("rows.csv", rows(), other, ranks=ranks).error
        c.test.expect(other.read_bytes() == c.data.read_bytes(), f"{ranks} ranks: other bytes")
    with_rows = len({line.split(",")[1] for line in rows()})
    tests, others = round(0.2 * with_rows), round(0.1 * with_rows)
    words = f"split items: of {with_rows} items {tests} are for testing, {others} for validation"
    c.test.expect(words in said, f"expected '{words}': {said}")
    truth = Truth(c.data)
    cold = {s: set(truth.rows[s][1][truth.counts[truth.rows[s][1]] == 0]) for s in ("validation", "test")}
    warm = {s: (truth.counts[truth.rows[s][1]] > 0).sum() for s in cold}
    c.test.expect(len(cold["test"]) >= tests and len(cold["validation"]) >= others and all(warm.values()),
                  f"{ {s: len(v) for s, v in cold.items()} } cold items, {warm} warm rows")
    items = c.folder / "items.h5"
    c.prepare("rows.csv", rows(), items, *SPLIT[:-2])
    plain = Truth(items)
    sets = [set(plain.rows[s][1]) for s in ("train", "validation", "test")]
    c.test.expect([len(s) for s in sets[1:]] == [others, tests] and not sets[0] & (sets[1] | sets[2]) and
                  not sets[1] & sets[2], f"items of several parts: {[len(s) for s in sets]}")
    turned = c.folder / "turned.h5"
    c.prepare("turned.csv", rows()[::-1], turned, *SPLIT[:-2])
    again = Truth(turned)
    held = [set(again.rows[s][1]) for s in ("train", "validation", "test")]
    c.test.expect(held == sets, "the order of the rows tells which items are held out")
    c.prepare("rows.csv", rows(), turned, *SPLIT[:-2], "--seed", 7)
    c.test.expect(set(Truth(turned).rows["test"][1]) != sets[2], "another seed holds the same items out")


def asks(c, truth):
    """Who is asked among what, by every system, on any number of ranks."""
    systems = "eval.systems=[popularity, category_popularity, content_neighbors, rp3beta]"
    scores = {"popularity": truth.counts.astype(np.float64),
              "category_popularity": truth.categories(["maker", "sorts"]),
              "content_neighbors": truth.content(FIELDS)}
    asked = {}
    for split in ("test", "validation"):
        for rows_of, candidates in (("cold", "cold"), ("trained", "unique"), ("all", "trained"), ("cold", "unique")):
            sets = (systems, f"eval.rows={rows_of}", f"eval.candidates={candidates}", "baseline.neighbors=1000")
            found = c.evaluate(*sets, more=("--split", split))
            name = f"{split}, rows {rows_of}, candidates {candidates}"
            for ranks in (2, 4) if (split, candidates) == ("test", "cold") else (3,) if split == "test" else ():
                c.test.expect(found == c.evaluate(*sets, more=("--split", split), ranks=ranks), f"{name}: ranks differ")
            c.test.expect(found["settings"].endswith("" if rows_of == "all" else f",rows={rows_of}") and
                          (",rows=" in found["settings"]) == (rows_of != "all"), found["settings"])
            number = {"cold": (truth.counts[1:] == 0).sum(), "trained": (truth.counts > 0).sum(), "unique": ITEMS}
            c.test.expect(found["candidates"] == number[candidates], f"{name}: {found['candidates']} candidates")
            for system, score in scores.items():
                for k in KS:
                    chance, n, outside = truth.accuracy(score, split, rows_of, candidates, k)
                    value = found[system][f"top_{k}_categorical_accuracy"]
                    c.test.expect(abs(value - chance) < 1e-3 and found["rows"] == n and found["outside"] == outside,
                                  f"{name}: {system}: top-{k} {value} of {found['rows']}, expected {chance} of {n}")
            asked[split, rows_of] = found["rows"]
            c.test.expect(candidates != "cold" or found["content_neighbors"] != found["popularity"] == found["rp3beta"],
                          f"{name}: told apart by what has no row of them, or not by their fields")
        c.test.expect(asked[split, "cold"] + asked[split, "trained"] == asked[split, "all"], f"{split}: {asked}")


def reads_fields(c, truth):
    """Those that baseline.fields names, and the strongest neighbors alone."""
    sets = ("eval.systems=[content_neighbors, category_popularity]", "eval.candidates=unique", "eval.rows=cold")
    for told, fields in (("sorts, price", ["sorts", "price"]), ("look sorts", ["look", "sorts"])):
        found = c.evaluate(*sets, f"baseline.fields={told}", "baseline.neighbors=1000", "baseline.normalize=true")
        for system, score in (("content_neighbors", truth.content(fields, True)),
                              ("category_popularity", truth.categories(["sorts"]))):
            for k in KS:
                chance = truth.accuracy(score, "test", "cold", "unique", k)[0]
                value = found[system][f"top_{k}_categorical_accuracy"]
                c.test.expect(abs(value - chance) < 1e-3, f"{told}: {system}: top-{k} {value}, expected {chance}")
    few, many = (c.evaluate(*sets, f"baseline.neighbors={n}") for n in (3, 1000))
    c.test.expect(few["content_neighbors"] != many["content_neighbors"], "three neighbors are as good as all")
    lists = [c.test.must("recommend", "--run", c.run, "--user", "u1", "--system", "content_neighbors", "-k", ITEMS,
                         "--format", "tsv", ranks=ranks).out for ranks in (1, 3)]
    named = {line.split("\t")[2] for line in lists[0].splitlines()[1:]}
    c.test.expect(lists[0] == lists[1] and len(named) > (truth.counts > 0).sum(),
                  f"recommend lists {len(named)} items, no new ones")


def boosts(c):
    """A boost above all scores puts new items before the others, in their own order; one below behind them."""
    among_new = c.evaluate("eval.rows=cold", "eval.candidates=cold")
    sets = ("eval.rows=cold", "eval.candidates=unique")
    first, last = (c.evaluate(*sets, f"candidate.new_item_boost={b}") for b in (8, -8))
    c.test.expect(first == c.evaluate(*sets, "candidate.new_item_boost=8", ranks=3), "boost: ranks differ")
    c.test.expect(",new_item_boost=8,rows=cold" in first["settings"], first["settings"])
    for k in KS:
        name = f"top_{k}_categorical_accuracy"
        c.test.expect(abs(first[name] - among_new[name]) < 2e-3 and last[name] == 0,
                      f"boost: {name} {first[name]} and {last[name]}, expected {among_new[name]} and 0")
    old = c.evaluate("eval.rows=trained", "eval.candidates=unique", "candidate.new_item_boost=-8")
    plain = c.evaluate("eval.rows=trained", "eval.candidates=trained")
    c.test.expect(all(abs(old[n] - plain[n]) < 2e-3 for n in (f"top_{k}_categorical_accuracy" for k in KS)),
                  f"boost: {old}, expected {plain}")


def refuses(c):
    def refused(name, data_run, change, *words):
        c.test.refuses(name, ["evaluate", "--run", data_run, *(w for s in change for w in ("--set", s))], *words,
                       ranks=2)
    refused("no such field", c.run, ["eval.systems=[content_neighbors]", "baseline.fields=sorts, color"],
            "baseline.fields: expected fields of items for content_neighbors, found 'color'")
    refused("no category", c.run, ["eval.systems=[category_popularity]", "baseline.fields=price"],
            "category_popularity needs a category of items, which baseline.fields lacks")
    source, data, run = (c.folder / name for name in ("plain.csv", "plain.h5", "plain"))
    source.write_text("user,item\n" + "".join(f"u{i % 7},i{i % 5}\n" for i in range(35)))
    c.test.must("prepare", "--format", "csv", source, "--out", data, "--split", "user_rows", "--test-fraction", 0.3)
    config = c.test.config("plain.yaml", model={"width": 2}, train={"batch_size": 10, "epochs": 1})
    c.test.must("train", config, "--data", data, "--run", run)
    refused("no fields", run, ["eval.systems=[content_neighbors]"],
            "content_neighbors needs a field of items, which the data have not; leave it out")
    refused("no categories", run, ["eval.systems=[category_popularity]"],
            "category_popularity needs a category of items, which the data have not; leave it out")
    refused("no cold items", run, ["eval.candidates=cold"],
            "eval.candidates: cold needs items without training rows, which the data have not")
    said = c.test.run("evaluate", "--run", run, "--set", "eval.rows=cold", ranks=2)
    c.test.expect(said.status == 1 and "none is of an item that has no training row (eval.rows)" in said.error and
                  "there is nothing to evaluate" in said.error, f"no cold rows: {said.text()}")


def main():
    with Test() as test:
        c = Cold(test)
        truth = Truth(c.data)
        holds_items_out(c)
        asks(c, truth)
        reads_fields(c, truth)
        boosts(c)
        refuses(c)


main()
