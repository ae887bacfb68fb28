#!/usr/bin/env python3
"""tandem evaluate: what it prints and keeps, and its numbers against an independent computation.

    evaluate.py TANDEM LAUNCHER...
"""
import json
import shutil
from pathlib import Path

from program import Test, checkpoints, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

KS = [1, 5, 10, 50, 100]
SECTIONS = {
    "train": {"batch_size": 400, "shards": 4, "epochs": 3},
    "query": {"tower": [24, 16]},
    "candidate": {"tower": [16]},
    "eval": {"ks": KS, "repeats": "keep", "ties": "optimistic"},
}


def accuracy(result, k):
    return result[f"top_{k}_categorical_accuracy"]


class Model:
    """A checkpoint in float64."""

    def __init__(self, checkpoint):
        with h5py.File(checkpoint) as file:
            self.tensors = {name: file["parameters"][name][...].astype(np.float64)
                            for name in names_of(file["parameters"])}

    def tower(self, side, table):
        """Every row of the table through the dense layers, ReLU between them."""
        x, layer = self.tensors[f"{table}/weight"], 0
        while f"{side}_dense_{layer}/kernel" in self.tensors:
            x = np.maximum(x, 0) if layer > 0 else x
            dense = f"{side}_dense_{layer}"
            x = x @ self.tensors[f"{dense}/kernel"] + self.tensors[f"{dense}/bias"].ravel()
            layer += 1
        return x, layer


def names_of(group):
    names = []
    group.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
    return names


class Data:
    def __init__(self, path):
        with h5py.File(path) as file:
            self.catalogue = file["catalog/item"][...]
            self.counts = np.zeros(self.catalogue.max() + 1, np.int64)
            self.split = {name: self.rows(file[name]) for name in ("train", "test")}
            np.add.at(self.counts, self.split["train"][1], 1)
            self.users = int(file["schema/user"].attrs["vocabulary"]) - 1

    def seen(self):
        """(users + 1, items): the training items of each user."""
        user, item = self.split["train"]
        seen = np.zeros((self.users + 1, len(self.counts)), bool)
        seen[user, item] = True
        return seen

    @staticmethod
    def rows(group):
        offsets, item = group["user_offsets"][...], group["fields/item"][...]
        return np.repeat(np.arange(1, len(offsets)), np.diff(offsets)), item


def hits(scores, item, candidates, seen=None):
    """For rows of scores by item: which of KS have fewer than k candidates above the own item's; seen
    (rows, items) are none, nor is the own item if it is one of them."""
    own = np.take_along_axis(scores, item[:, None], 1)
    beats = scores > own if seen is None else (scores > own) & ~seen
    above = beats[:, candidates].sum(1)
    if seen is not None:
        above[np.take_along_axis(seen, item[:, None], 1)[:, 0]] = max(KS)
    return {k: int((above < k).sum()) for k in KS}


class Evaluation:
    def __init__(self, test):
        self.test = test
        self.data_file = test.make_data("data", users=300, items=700, ratings=6000)
        self.run = test.folder / "run"
        config = test.config(**SECTIONS)
        test.must("train", config, "--data", self.data_file, "--run", self.run, ranks=2)
        self.data = Data(self.data_file)

    def evaluate(self, *more, ranks=None, run=None):
        out = self.test.must("evaluate", "--run", run or self.run, "--json", *more, ranks=ranks).out
        return json.loads(out)

    def compare(self, name, result, candidates, split="test", checkpoint=None, exclude_seen=False):
        """At most one row in a thousand may differ, for float32 against float64."""
        user, item = self.data.split[split]
        seen = self.data.seen()[user] if exclude_seen else None
        model = Model(checkpoint or checkpoints(self.run)[-1])
        (u, deep), (v, _) = model.tower("query", "user_table"), model.tower("candidate", "item_table")
        expect = self.test.expect
        expect(deep == 2, f"{name}: the query tower has {deep} layers: {list(model.tensors)}")
        expect(result["rows"] == len(item) and result["candidates"] == len(candidates),
               f"{name}: {result['rows']} rows, {result['candidates']} candidates")
        found = hits(u[user] @ v.T, item, candidates, seen)
        popular = hits(np.broadcast_to(self.data.counts, (len(item), len(self.data.counts))), item,
                       candidates, seen)
        for k in KS:
            difference = abs(accuracy(result, k) * len(item) - found[k])
            expect(difference <= len(item) / 1000 + 1e-6, f"{name}: top-{k}: {accuracy(result, k)} of "
                   f"{len(item)}, expected {found[k]}")
            expect(abs(accuracy(result["popularity"], k) * len(item) - popular[k]) < 1e-6,
                   f"{name}: popularity's top-{k}: {accuracy(result['popularity'], k)}, expected {popular[k]}")


def is_exact(e):
    # A copy of the own item does not beat it, and a copy of another counts again.
    rows, unique = e.data.catalogue, np.unique(e.data.catalogue)
    e.test.expect(len(rows) > len(unique), "the data have no item of two rows")
    e.compare("rows", e.evaluate(ranks=3), rows)
    e.compare("train", e.evaluate("--split", "train"), rows, split="train")
    e.compare("unique", e.evaluate("--set", "eval.candidates=unique"), unique)
    idle = e.data.users - len(np.unique(e.data.split["test"][0]))
    e.test.expect(idle > 0, "every user has test rows: nobody is passed over")
    for ranks in (1, 3):
        result = e.evaluate("--set", "eval.exclude_seen=train", ranks=ranks)
        e.compare(f"without seen items, {ranks} ranks", result, rows, exclude_seen=True)
    first = checkpoints(e.run)[0]
    result = e.evaluate("--checkpoint", int(first.stem[5:]), ranks=2)
    e.compare("a step", result, rows, checkpoint=first)
    e.test.expect(result["step"] == int(first.stem[5:]), f"a step: {result['step']}")


def is_of_what_is_asked(e):
    """Repeats are dropped and counted, ties are means over their orders, candidates are what training has."""
    (user, item), train = e.data.split["test"], e.data.counts > 0
    seen = e.data.seen()
    repeats, outside = seen[user, item], ~train[item]
    e.test.expect(repeats.any() and outside.any(), f"{repeats.sum()} repeats, {outside.sum()} rows outside")
    chosen = [f"eval.{word}" for word in ("repeats=drop", "ties=expected", "candidates=trained", "exclude_seen=train")]
    sets = [word for key in chosen for word in ("--set", key)]
    results = [e.evaluate(*sets, ranks=ranks) for ranks in (1, 3)]
    e.test.expect(results[0] == results[1], f"asked: ranks differ: {results}")
    user, item, outside = user[~repeats], item[~repeats], outside[~repeats]
    names = ("rows", "users", "repeats", "outside", "candidates", "new_users", "idle_users", "unknown_user_rows")
    tested = np.unique(e.data.split["test"][0])
    counts = (len(item), len(np.unique(user)), repeats.sum(), outside.sum(), train.sum(),
              (~seen[np.unique(user)].any(1)).sum(), len(tested) - len(np.unique(user)), 0)
    found = tuple(results[0][name] for name in names)
    e.test.expect(found == counts, f"asked: {dict(zip(names, found, strict=True))}, expected {counts}")
    listed = train & ~seen[user]
    own = e.data.counts[item][:, None]
    above = ((e.data.counts > own) & listed).sum(1)
    tied = ((e.data.counts == own) & listed).sum(1)
    for k in KS:
        chance = np.where(outside, 0, np.clip((k - above) / np.maximum(tied, 1), 0, 1)).mean()
        value = accuracy(results[0]["popularity"], k)
        e.test.expect(abs(value - chance) < 1e-6, f"asked: popularity's top-{k}: {value}, expected {chance}")
    e.test.must("evaluate", "--run", e.run, *sets, says=f"{repeats.sum()} rows repeat training rows, and are not asked")
    e.test.refuses("a bad condition", ["evaluate", "--run", e.run, "--set", "eval.exclude_seen=liked"],
                   "eval.exclude_seen: column 1 of the condition 'liked'")
    some = e.evaluate("--set", "eval.exclude_seen=rating >= 1")
    e.test.expect(some == {**e.evaluate("--set", "eval.exclude_seen=train"), "settings": some["settings"]},
                  "asked: a condition that all rows satisfy")


def is_of_users(e):
    """Recall and NDCG of users against float64, and the same on other ranks."""
    rows, (user, item) = e.data.catalogue, e.data.split["test"]
    model = Model(checkpoints(e.run)[-1])
    (u, _), (v, _) = model.tower("query", "user_table"), model.tower("candidate", "item_table")
    chosen = ("--set", "eval.metrics=[recall_at_k, ndcg_at_k]")
    found = e.evaluate(*chosen)
    e.test.expect(found == e.evaluate(*chosen, ranks=3), "of users: ranks differ")
    for scores, of in ((u[user] @ v.T, found), (np.broadcast_to(e.data.counts, (len(item), len(v))),
                                                found["popularity"])):
        own = np.take_along_axis(scores, item[:, None], 1)
        ranks = 1 + (scores > own)[:, rows].sum(1)
        for k in KS:
            recall, ndcg = np.mean([of_user(item[user == a], ranks[user == a], k) for a in np.unique(user)], 0)
            e.test.expect(abs(of[f"recall_at_{k}"] - recall) < 1e-3 and abs(of[f"ndcg_at_{k}"] - ndcg) < 1e-3,
                          f"of users at {k}: {of}, expected {recall} and {ndcg}")


def of_user(items, ranks, k):
    """Recall@k and NDCG@k; an item counts with its first row, and equal ranks follow one another."""
    places = np.sort(ranks[np.unique(items, return_index=True)[1]])
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + 1)
    ideal = (1 / np.log2(np.arange(2, 2 + min(k, len(places))))).sum()
    hit = places[places <= k]
    return len(hit) / len(places), (1 / np.log2(hit + 1)).sum() / ideal


def is_of_baselines(e):
    """Each baseline's hits against its formula in float64, with ties in expectation; the same on other ranks."""
    (user, item), items = e.data.split["test"], len(e.data.counts)
    had, counts = e.data.seen()[1:].astype(np.float64), e.data.counts
    both, each = had.T @ had, np.maximum(had.sum(0), 1)
    cosine = both / (np.sqrt(np.outer(each, each)) + 2)
    walks = (had.T * np.maximum(had.sum(1), 1)**-0.7) @ had * each[:, None]**-0.7 * each**-0.3
    with h5py.File(e.data_file) as file:
        times, rows = file["train/fields/timestamp"][...], file["train/fields/item"][...]
        recent = np.bincount(rows[times >= times.max() - 90 * 86400], minlength=items)
    for weights in (cosine, walks):
        np.fill_diagonal(weights, 0)
        weights[0] = weights[:, 0] = 0
    walks /= np.maximum(walks.sum(1, keepdims=True), 1e-300)
    ease = np.linalg.inv(both + 20 * np.eye(items))
    ease = np.where(np.eye(items), 0, -ease / ease.diagonal())
    scores = {"recent_popularity": np.broadcast_to(recent, (len(item), items)),
              "item_neighbors": (had @ cosine)[user - 1], "rp3beta": (had @ walks)[user - 1],
              "ease": (had @ ease)[user - 1]}
    sets = ["eval.systems=[popularity, recent_popularity, item_neighbors, rp3beta, ease]", "baseline.days=90",
            "baseline.neighbors=10000", "baseline.shrink=2", "eval.candidates=unique", "eval.ties=expected",
            "baseline.l2=20"]
    more = ["baseline.normalize=true", "baseline.alpha=0.7", "baseline.beta=0.3"]
    plain = e.evaluate(*(w for s in sets for w in ("--set", s)))
    found = e.evaluate(*(w for s in sets + more for w in ("--set", s)))
    e.test.expect(found == e.evaluate(*(w for s in sets + more for w in ("--set", s)), ranks=3), "ranks differ")
    for system, score in scores.items():
        own, near = score[np.arange(len(item)), item][:, None], 1e-6 * np.abs(score)
        above = (score > own + near)[:, counts.clip(0) >= 0][:, 1:].sum(1)
        tied = (np.abs(score - own) <= near)[:, 1:].sum(1)
        result = plain if system == "item_neighbors" else found
        for k in KS:
            chance = np.clip((k - above) / tied, 0, 1).mean()
            value = accuracy(result[system], k)
            e.test.expect(abs(value - chance) < 2e-3, f"{system}: top-{k}: {value}, expected {chance}")
    predicts_by_biases(e)
    e.test.refuses("ease of too many items", ["evaluate", "--run", e.run, "--set", "eval.systems=[ease]", "--set",
                                              "baseline.ease_items=9"],
                   f"ease: {(counts > 0).sum()} items have training rows, and baseline.ease_items is 9", "GB", ranks=2)
    sets[2] = "baseline.neighbors=1"
    few = e.evaluate(*(w for s in sets for w in ("--set", s)))
    e.test.expect(few["item_neighbors"] != plain["item_neighbors"] and few["rp3beta"] != plain["rp3beta"],
                  "one neighbor is as good as all")


ALIVE = """interactions:
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    time: {kind: time, role: time, missing: ''}
items:
  file: items.csv
  key: id
  fields:
    born: {kind: time, role: alive_from}
    gone: {kind: time, role: alive_until}
"""
START, DAY = 1700000000, 86400


class Alive:
    """A log of hours whose items come and go, some of which are had while they are not there."""
    def __init__(self, e, name, split, hole=False):
        self.test, folder = e.test, e.test.folder / name
        folder.mkdir()
        self.data, self.run = folder / "data.h5", folder / "run"
        (folder / "schema.yaml").write_text(ALIVE)
        (folder / "items.csv").write_text("id,born,gone\n" + "".join(
            f"i{i:02},{START + i % 10 * DAY if i % 4 else ''},{START + (i % 10 + 20) * DAY if i % 3 else ''}\n"
            for i in range(40)))
        (folder / "log.csv").write_text("user,item,time\n" + "".join(
            f"u{n % 30:02},i{(n * n // 7 + n // 30) % 40:02},{'' if hole and n == 5 else START + n * 3600}\n"
            for n in range(900)))
        e.test.must("prepare", "--schema", folder / "schema.yaml", folder / "log.csv", "--out", self.data, *split)
        if not hole:
            config = e.test.config("alive.yaml", model={"width": 4},
                                   train={"batch_size": 100, "shards": 3, "epochs": 1})
            e.test.must("train", config, "--data", self.data, "--run", self.run)

    def evaluate(self, *sets, ranks=None):
        asked = ("eval.candidates=alive", "eval.systems=[popularity, recent_popularity, item_neighbors, rp3beta]",
                 "eval.metrics=[top_k_categorical_accuracy, auc, popularity_at_k]", f"eval.ks={KS}", *sets)
        return json.loads(self.test.must("evaluate", "--run", self.run, "--json",
                                         *(w for s in asked for w in ("--set", s)), ranks=ranks).out)

    def places(self, seen_out):
        """Of each test row by popularity: candidates above, those tied with it, all, whether it is one, and the
        training rows of all, the most popular first."""
        with h5py.File(self.data) as file:
            count = file["items/train_counts"][...]
            born, gone = (file[f"items/fields/{name}"][...] for name in ("born", "gone"))
            (user, item), time = Data.rows(file["test"]), file["test/fields/time"][...]
            seen = np.zeros((user.max() + 1, len(count)), bool)
            seen[Data.rows(file["train"])] = True
        new = ~seen[user, item]
        user, item, time = user[new], item[new], time[new]
        gone[gone == np.iinfo(np.int64).min] = np.iinfo(np.int64).max
        listed = (born <= time[:, None]) & (time[:, None] < gone) & (np.arange(len(count)) > 0)
        if seen_out:
            listed &= ~seen[user]
        own = count[item][:, None]
        return (((count > own) & listed).sum(1), ((count == own) & listed).sum(1) - 1, listed.sum(1),
                listed[np.arange(len(item)), item], -np.sort(-np.where(listed, count, -1)))


def is_of_what_is_alive(e):
    """Each row's list is of what is alive at its time, whoever scores; the rest are misses, and counted."""
    for name, split in (("alive", ["--split", "leave_last"]),
                        ("alive-time", ["--split", "time", "--test-fraction", 0.3])):
        alive = Alive(e, name, split)
        for seen in ("none", "train"):
            found = alive.evaluate(f"eval.exclude_seen={seen}")
            for ranks in (1, 3):
                e.test.expect(found == alive.evaluate(f"eval.exclude_seen={seen}", ranks=ranks), "alive: ranks differ")
            above, tied, candidates, inside, counts = alive.places(seen == "train")
            e.test.expect(found["rows"] == len(above) and found["outside"] == (~inside).sum() > 0,
                          f"{name}: {found['outside']} of {found['rows']} rows outside, expected {(~inside).sum()}")
            for k in KS:
                chance = (inside * np.clip((k - above) / np.maximum(tied + 1, 1), 0, 1)).mean()
                value = accuracy(found["popularity"], k)
                e.test.expect(abs(value - chance) < 1e-6, f"{name}: popularity's top-{k}: {value}, expected {chance}")
            systems = [found] + [found[s] for s in ("recent_popularity", "item_neighbors", "rp3beta")]
            every = [accuracy(s, 50) for s in systems]
            e.test.expect(np.allclose(every, inside.mean()), f"{name}: of 40 items not all are in 50 places: {every}")
            if name == "alive":  # one row a user, which is a pair with each other candidate
                auc = (inside * (candidates - 1 - above - tied / 2) / (candidates - 1)).mean()
                value = found["popularity"]["auc"]
                e.test.expect(abs(value - auc) < 1e-6, f"auc {value}, not {auc}")
                listed = counts[:, :5][counts[:, :5] >= 0].mean()
                value = found["popularity"]["popularity_at_5"]
                e.test.expect(abs(value - listed) < 1e-6, f"lists of what is alive: popularity {value}, not {listed}")
    e.test.refuses("no times of items", ["evaluate", "--run", e.run, "--set", "eval.candidates=alive"],
                   "eval.candidates: alive needs a field of items with the role alive_from or alive_until")
    hole = Alive(e, "hole", ["--split", "rows"], hole=True)
    config = e.test.config("hole.yaml", model={"width": 4}, eval={"candidates": "alive"})
    e.test.refuses("no time of a row", ["train", config, "--data", hole.data, "--run", hole.run],
                   "eval.candidates: alive needs a time of every row, but time is missing in 1")


def predicts_by_biases(e):
    with h5py.File(e.data_file) as file:
        rating = {name: file[f"{name}/fields/rating"][...].astype(np.float64) for name in ("train", "test")}
    (user, item), y = e.data.split["train"], rating["train"]
    of_item, of_user = np.zeros(len(e.data.counts)), np.zeros(e.data.users + 1)
    np.add.at(of_item, item, y - y.mean())
    of_item /= np.bincount(item, minlength=len(of_item)) + 5
    np.add.at(of_user, user, y - y.mean() - of_item[item])
    of_user /= np.bincount(user, minlength=len(of_user)) + 5
    (user, item), left = e.data.split["test"], rating["test"]
    rmse = np.sqrt(np.mean((y.mean() + of_user[user] + of_item[item] - left)**2))
    chosen = ("--set", "eval.systems=[biases]", "--set", "baseline.damping=5", "--set", "eval.metrics=[auc, "
              "root_mean_squared_error]")
    found = e.evaluate(*chosen)
    e.test.expect(found == e.evaluate(*chosen, ranks=3), "biases: ranks differ")
    e.test.expect(abs(found["biases"]["root_mean_squared_error"] - rmse) < 1e-6 and "auc" not in found["biases"],
                  f"biases: {found['biases']}, expected {rmse}")
    near = np.clip(y.mean() + of_user[user] + of_item[item], y.min(), y.max())
    e.test.expect((near == y.max()).any(), "no prediction is beyond the labels")
    rmse, found = np.sqrt(np.mean((near - left)**2)), e.evaluate(*chosen, "--set", "eval.clip=true")
    e.test.expect(abs(found["biases"]["root_mean_squared_error"] - rmse) < 1e-6, f"clipped: {found['biases']}, {rmse}")
    e.test.expect(found["settings"].endswith(",clip=true"), found["settings"])


HEADS = {**SECTIONS, "model": {"untrained_rows": "initial"}, "rating": {"enabled": True, "hidden": []},
         "tasks": {"like": {"label": "rating >= 4", "kind": "classification", "hidden": [], "where": "rating != 3"},
                   "score": {"label": "rating", "hidden": [], "input": "product"}},
         "eval": {"systems": ["biases", "base_rate"], "repeats": "keep",
                  "metrics": ["auc", "mean_absolute_error", "root_mean_squared_error", "log_loss", "row_auc"]}}


def is_of_heads(e):
    """Every head by its task's name, of the task's rows, in float64; the baselines likewise."""
    run = e.test.folder / "heads"
    e.test.must("train", e.test.config("heads.yaml", **HEADS), "--data", e.data_file, "--run", run, ranks=2)
    found = e.evaluate(run=run)
    e.test.expect(found == e.evaluate(run=run, ranks=3), "heads: ranks differ")
    with h5py.File(e.data_file) as file:
        y, trained = (file[f"{name}/fields/rating"][...].astype(np.float64) for name in ("test", "train"))
    (user, item), model = e.data.split["test"], Model(checkpoints(run)[-1])
    u, v = model.tower("query", "user_table")[0][user], model.tower("candidate", "item_table")[0][item]

    def head(name, x):
        return (x @ model.tensors[f"{name}_0/kernel"] + model.tensors[f"{name}_0/bias"]).ravel()
    near = {"": head("head", np.hstack([u, v])), "score_": head("score_head", u * v)}
    for task, p in near.items():
        expected = (np.abs(p - y).mean(), np.sqrt(np.mean((p - y)**2)))
        values = (found[f"{task}mean_absolute_error"], found[f"{task}root_mean_squared_error"])
        e.test.expect(np.allclose(values, expected, 1e-5), f"heads: {task}: {values}, expected {expected}")
    e.test.expect(found["root_mean_squared_error"] != found["score_root_mean_squared_error"], "heads: all the same")
    likes, of_task = y >= 4, y != 3
    e.test.expect(0 < (likes & of_task).sum() < of_task.sum() < len(y), "heads: the task has all rows, or one label")
    rate = (trained[trained != 3] >= 4).mean()
    likely = 1 / (1 + np.exp(-head("like_head", np.hstack([u, v]))))
    for name, p, of in (("model", likely, found), ("base_rate", np.full(len(y), rate), found["base_rate"])):
        entropy = -np.log(np.where(likes, p, 1 - p))[of_task].mean()
        above = np.sign(p[of_task & likes][:, None] - p[of_task & ~likes])
        e.test.expect(abs(of["like_log_loss"] - entropy) < 1e-5 and abs(of["like_row_auc"] - (1 + above.mean()) / 2) <
                      1e-4, f"heads: {name}: {of}, expected {entropy}, {(1 + above.mean()) / 2}")
    areas_are_certain(e, run, likely[of_task], likes[of_task], user[of_task])
    says = e.test.must("evaluate", "--run", run, "--intervals").out
    lines = [f"log loss {found['like_log_loss']:.4f}, AUC of rows {found['like_row_auc']:.4f} of like",
             f"log loss {found['base_rate']['like_log_loss']:.4f}, AUC of rows 0.5000 of like by base_rate"]
    e.test.expect(all(line in says.splitlines() for line in lines) and "like log loss" in says and
                  any(line.split()[:5] == ["like", "AUC", "of", "rows", "model"] for line in says.splitlines()) and
                  any(line.split()[7:9] == ["-", "-"] for line in says.splitlines() if "AUC of rows" in line),
                  f"heads: {says}")
    e.evaluate("--per-user", e.test.folder / "heads.csv", run=run)
    columns = (e.test.folder / "heads.csv").read_text().splitlines()[0].split(",")
    e.test.expect("model/like_log_loss" in columns and not any("row_auc" in c for c in columns), f"heads: {columns}")
    with h5py.File(run / "metrics.h5") as file:
        (table,) = file["test"].values()
        e.test.expect(abs(table["model/like_row_auc"][-1] - found["like_row_auc"]) < 1e-12,
                      f"heads: {list(table['model'])}")
    e.test.refuses("no class", ["evaluate", "--run", e.run, "--set", "eval.systems=[base_rate]"],
                   "base_rate needs a task of kind classification")
    e.test.refuses("nothing", ["evaluate", "--run", e.run, "--set", "eval.metrics=[log_loss]"], "name another")
    never = ["train", e.run / "config.yaml", "--data", e.data_file, "--run", e.test.folder / "never", "--set"]
    for change, words in (("eval.systems=[base_rate]", "base_rate needs a task"),
                          ("eval.metrics=[log_loss]", "name another"),
                          ("eval.systems=[ease] baseline.ease_items=9", "baseline.ease_items is 9")):
        e.test.refuses(f"train: {change}", never + " --set ".join(change.split()).split(), words, ranks=2)
    e.test.expect(not (e.test.folder / "never").exists(), "a run was begun that cannot be evaluated")
    alone = e.evaluate("--set", "eval.metrics=[root_mean_squared_error]", "--set", "eval.systems=[biases]")
    e.test.expect("root_mean_squared_error" not in alone, f"heads: the model has none: {alone}")


def area(p, ones, weight):
    """The AUC of rows for each column of weight (rows, resamples)."""
    _, rank = np.unique(p, return_inverse=True)
    one, zero = (np.zeros((rank.max() + 1, weight.shape[1])) for _ in range(2))
    np.add.at(one, rank, weight * ones[:, None])
    np.add.at(zero, rank, weight * ~ones[:, None])
    return (one * (np.cumsum(zero, 0) - zero / 2)).sum(0) / (one.sum(0) * zero.sum(0))


def areas_are_certain(e, run, p, ones, user):
    """Resamples of the users, in each of which a row counts as often as its user; and groups of users."""
    asked = ("--intervals", "--against", run, "--set", "eval.by=activity", "--set", "eval.metrics=[row_auc]")
    found = e.evaluate(*asked, run=run)
    e.test.expect(found == e.evaluate(*asked, run=run, ranks=3), "areas: ranks differ")
    low, high = np.sort(area(p, ones, drawn(user - 1)))[[25, -26]]
    e.test.expect(np.allclose(found["like_row_auc_interval"], (low, high), 0, 1e-4) and
                  found["base_rate"]["like_row_auc_interval"] == [0.5, 0.5], f"areas: {found}, not {low} to {high}")
    of_rate, itself = found["differences"]
    values = (of_rate["difference"], of_rate["low"], of_rate["high"])
    e.test.expect(np.allclose(values, (found["like_row_auc"] - 0.5, low - 0.5, high - 0.5), 0, 1e-4) and
                  of_rate["system"] == "base_rate" and of_rate["better"] is None, f"areas: {of_rate}")
    e.test.expect([itself[n] for n in ("difference", "low", "high", "worse")] == [0, 0, 0, None], f"areas: {itself}")
    by_user = np.bincount(e.data.split["train"][0], minlength=e.data.users + 1)
    group, _ = quantiles(by_user[user], by_user[1:][by_user[1:] > 0])
    for g, of in enumerate(found["groups"], 1):
        here = group == g
        expected = area(p[here], ones[here], np.ones((here.sum(), 1)))[0]
        e.test.expect(abs(of["like_row_auc"] - expected) < 1e-4, f"areas: {of}, expected {expected}")


def of_counts(times, popularity):
    """Coverage, Gini and popularity for each row of times (resamples, candidates)."""
    n = times.shape[1]
    gini = np.sort(times, 1) @ (2 * np.arange(1, n + 1) - n - 1) / ((n - 1) * times.sum(1))
    return np.stack([(times > 0).mean(1), gini, times @ popularity / times.sum(1)], 1)


def is_of_lists(e):
    """Of all lists together, from those that recommend writes for the users who are asked; one list a user."""
    sets = ["eval.metrics=[coverage_at_k, gini_at_k, popularity_at_k]", "eval.ks=[3, 10]", "eval.candidates=trained",
            "eval.exclude_seen=train"]
    chosen = [word for key in sets for word in ("--set", key)]
    chosen += ["--intervals", "--set", "eval.by=activity"]
    found = e.evaluate(*chosen)
    e.test.expect(found == e.evaluate(*chosen, ranks=3), "lists: ranks differ")
    by_user, kept = np.bincount(e.data.split["train"][0], minlength=e.data.users + 1), {}
    asked = np.zeros(e.data.users + 1, bool)
    asked[e.data.split["test"][0]] = True
    candidates = int((e.data.counts > 0).sum())
    for system, of in (("model", found), ("popularity", found["popularity"])):
        out = e.test.folder / f"{system}.h5"
        e.test.must("recommend", "--run", e.run, "--all-users", "-k", 10, "--exclude-seen", "--cold-items", "none",
                    "--system", system, "--out", out)
        with h5py.File(out) as file:
            user = file["user"][...]
            lists, user = file["item"][...][asked[user]], user[asked[user]]
        e.test.expect(len(lists) == found["users"], f"lists: {len(lists)} lists of {found['users']} users")
        for k in (3, 10):
            times = np.bincount(lists[:, :k].ravel(), minlength=len(e.data.counts))[e.data.counts > 0]
            gini = np.abs(times[:, None] - times).sum() / (2 * (candidates - 1) * times.sum())
            expected = ((times > 0).mean(), gini, e.data.counts[lists[:, :k]].mean())
            names = [f"{name}_at_{k}" for name in ("coverage", "gini", "popularity")]
            values = [of[name] for name in names]
            e.test.expect(np.allclose(values, expected, 1e-12, 0), f"lists: {system}: {values}, expected {expected}")
            had = np.zeros((len(lists), len(e.data.counts)))
            np.put_along_axis(had, lists[:, :k], 1, 1)
            had, popularity = had[:, e.data.counts > 0], e.data.counts[e.data.counts > 0]
            resamples = of_counts(drawn(user - 1).T @ had, popularity)
            resamples = np.clip(resamples - resamples.mean(0) + expected, 0, (1, 1, np.inf))
            kept[system, k] = resamples
            bounds = np.sort(resamples, 0)[[25, -26]].T
            e.test.expect(np.allclose([of[f"{name}_interval"] for name in names], bounds, 1e-9, 0),
                          f"lists: {system}: {of}, not {bounds}")
            group, _ = quantiles(by_user[user], by_user[1:][by_user[1:] > 0])
            for g, whole in enumerate(found["groups"], 1):
                one = whole if system == "model" else whole["popularity"]
                expected = of_counts(had[group == g].sum(0)[None], popularity)[0]
                e.test.expect(np.allclose([one[name] for name in names], expected, 1e-12, 0),
                              f"lists: {system}: group {g}: {one}, expected {expected}")
    for d in found["differences"]:
        name, k = d["metric"].rsplit("_at_", 1)
        less = (kept["model", int(k)] - kept["popularity", int(k)])[:, ("coverage", "gini", "popularity").index(name)]
        e.test.expect(np.allclose((d["low"], d["high"]), np.sort(less)[[25, -26]], 1e-9, 0) and
                      d["better"] is d["worse"] is None, f"lists: {d}")
    e.test.expect(len(found["differences"]) == 6, f"lists: {found['differences']}")
    by_items = e.evaluate(*chosen, "--set", "eval.by=popularity")["groups"]
    e.test.expect(all(set(g) <= {"group", "users", "rows"} for g in by_items), f"lists: by item: {by_items}")
    e.test.expect("coverage@10" in e.test.must("evaluate", "--run", e.run, *chosen).out, "lists: no table")


def quantiles(numbers, of):
    """The group, from 1, of each of some numbers: four, cut after numbers 1/4, 2/4 and 3/4 of those of training."""
    of = np.sort(of)
    last = [of[-(-b * len(of) // 4) - 1] for b in (1, 2, 3)]
    return 1 + np.searchsorted(last, numbers), last


def is_of_groups(e):
    """Users by activity from each user's values, rows by their items' popularity; the same on other ranks."""
    user, item = e.data.split["test"]
    by_user = np.bincount(e.data.split["train"][0], minlength=e.data.users + 1)
    chosen = ("--set", "eval.metrics=[recall_at_k, row_mrr_at_k, top_k_categorical_accuracy]", "--set", "eval.ks=[10]")
    found = e.evaluate(*chosen, "--set", "eval.by=activity", "--per-user", e.test.folder / "groups.csv")
    e.test.expect(found == e.evaluate(*chosen, "--set", "eval.by=activity", "--per-user", e.test.folder / "g.csv",
                                      ranks=3), "groups: ranks differ")
    values = np.loadtxt(e.test.folder / "groups.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    asked, rows = np.unique(user, return_counts=True)
    group, last = quantiles(by_user[asked], by_user[1:][by_user[1:] > 0])
    names = [f"to {last[0]}", f"above {last[0]} to {last[1]}", f"above {last[1]} to {last[2]}", f"above {last[2]}"]
    e.test.expect([g["group"] for g in found["groups"]] == names and found["by"] == "activity", f"{found}, not {names}")
    for g, of in enumerate(found["groups"], 1):
        here = group == g
        mrr = np.average(values[here, 1], weights=rows[here])
        expected = (here.sum(), rows[here].sum(), values[here, 0].mean(), mrr)
        numbers = (of["users"], of["rows"], of["recall_at_10"], of["row_mrr_at_10"])
        e.test.expect(np.allclose(numbers, expected, 1e-6) and of["popularity"]["recall_at_10"] >= 0,
                      f"groups: {of}, expected {expected}")
    found = e.evaluate(*chosen, "--set", "eval.by=popularity")
    counts = e.data.counts
    group, _ = quantiles(counts[item], counts[counts > 0])
    group[counts[item] == 0] = 0
    above = (counts[e.data.catalogue] > counts[item][:, None]).sum(1)
    e.test.expect((group == 0).any() and found["groups"][0]["group"] == "no training row", f"groups: {found}")
    for of, g in zip(found["groups"], np.unique(group), strict=True):
        here = group == g
        expected = (len(np.unique(user[here])), here.sum(), (above[here] < 10).mean())
        numbers = (of["users"], of["rows"], of["popularity"]["top_10_categorical_accuracy"])
        e.test.expect(np.allclose(numbers, expected, 1e-6) and "recall_at_10" not in of,
                      f"groups: {of}, expected {expected}")
    lines = e.test.must("evaluate", "--run", e.run, *chosen, "--set", "eval.by=popularity").out.splitlines()
    at = [i for i, line in enumerate(lines) if line.split() == ["top-10", "users", "rows", "model", "popularity"]]
    e.test.expect(len(at) == 1 and lines[at[0] + 1].startswith("no training row") and "by popularity" in lines and
                  not any(line.startswith("recall@10") and "users" in line for line in lines), f"groups: {lines}")
    with h5py.File(e.run / "metrics.h5") as file:
        e.test.expect(not any("by" in name for name in file["test"]), f"groups: {list(file['test'])}")
    for by, says in (("age", "which the data have not"), ("items.user", "which the data have not"),
                     ("title_text", "a category or a number")):
        e.test.refuses(by, ["evaluate", "--run", e.run, "--set", f"eval.by={by}"], "eval.by: expected activity", says)


GROUPS_SCHEMA = """
interactions:
  file: rows.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label}
    device: {kind: category}
users:
  file: users.csv
  key: id
  fields:
    job: {kind: category}
    age: {kind: number}
    born: {kind: number}
    never: {kind: number}
    words: {kind: text}
"""


def is_of_fields(e):
    """By fields of users and rows, as the tables have them, whether the users have training rows or not."""
    folder, run = e.test.folder / "fields", e.test.folder / "fields-run"
    folder.mkdir()
    (folder / "schema.yaml").write_text(GROUPS_SCHEMA)
    rows = [(i * 7 % 61 if i < 500 else i, i * i % 43, i % 5 + 1, ("phone", "desk", "")[i % 3]) for i in range(510)]
    job = {u: ("artist", "clerk, no 2\x9b", "", "none")[u % 4] for u in range(510)}
    age = {u: "" if u % 5 == 0 else 20 + u % 37 for u in range(510)}
    (folder / "rows.csv").write_text("user,item,rating,device\n" + "".join(
        f"u{u},i{i},{y},{d}\n" for u, i, y, d in rows))
    born = {u: "" if age[u] == "" else 2000000 + age[u] for u in age}  # %g tells none from another
    (folder / "users.csv").write_text("id,job,age,born,never,words\n" + "".join(
        f'u{u},"{job[u]}",{age[u]},{born[u]},,a b\n' for u in [*range(61), *range(500, 510)]), encoding="utf-8")
    e.test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", folder / "data.h5")
    e.test.must("train", e.test.config("fields.yaml", train={"shards": 2, "epochs": 1}), "--data", folder / "data.h5",
                "--run", run)
    with h5py.File(folder / "data.h5") as file:
        asked, trained = ([rows[i] for i in file[f"{name}/row"][...]] for name in ("test", "train"))
    known = {u for u, *_ in trained}
    e.test.expect(any(u not in known for u, *_ in asked), "fields: every user has training rows")

    def group_of_number(number, u):
        numbers = np.sort([number[u] for u in known if number[u] != ""])
        last = [numbers[-(-b * len(numbers) // 4) - 1] for b in (1, 2, 3)]
        names = [f"to {last[0]}", f"above {last[0]} to {last[1]}", f"above {last[1]} to {last[2]}", f"above {last[2]}"]
        return "missing" if number[u] == "" else names[sum(number[u] > edge for edge in last)]
    for by, group_of in (("users.job", lambda row: job[row[0]] or "missing"),
                         ("age", lambda row: group_of_number(age, row[0])),
                         ("born", lambda row: group_of_number(born, row[0])),
                         ("device", lambda row: row[3] or "missing"), ("never", lambda row: "missing")):
        results = [e.evaluate("--set", f"eval.by={by}", "--set", "eval.metrics=[recall_at_k]", "--set",
                              "eval.repeats=keep", run=run, ranks=ranks) for ranks in (1, 3)]
        e.test.expect(results[0] == results[1], f"fields: {by}: ranks differ")
        found = {g["group"]: (g["rows"], g["users"]) for g in results[0].get("groups", [])}
        expected = {}
        for row in asked:
            expected.setdefault(group_of(row), []).append(row[0])
        expected = {name: (len(users), len(set(users))) for name, users in expected.items()}
        e.test.expect(found == expected, f"fields: {by}: {found}, expected {expected}")
    says = e.test.must("evaluate", "--run", run, "--set", "eval.by=users.job", "--set", "eval.repeats=keep").out
    e.test.expect(r"clerk, no 2\u{9b} " in says and "\x9b" not in says, f"fields: names as they are: {says}")
    e.test.refuses("a text", ["evaluate", "--run", run, "--set", "eval.by=users.words"], "of kind text")


def is_null_of_nothing(e):
    """Of a single candidate there is no AUC and no Gini coefficient: null, in differences too."""
    folder = e.test.folder / "single"
    folder.mkdir()
    (folder / "rows.csv").write_text("user,item,rating\n" + "".join(f"u{i % 40},x,{i % 5}\n" for i in range(80)))
    e.test.must("prepare", "--format", "delimited", "--user-column", "user", "--item-column", "item",
                "--rating-column", "rating", folder / "rows.csv", "--out", folder / "data.h5")
    e.test.must("train", e.test.config("single.yaml", train={"epochs": 1}), "--data", folder / "data.h5", "--run",
                folder / "run")
    found = e.evaluate("--set", "eval.metrics=[auc, gini_at_k, recall_at_k]", "--set", "eval.ks=[1]", "--set",
                       "eval.repeats=keep", "--intervals", run=folder / "run")
    e.test.expect([found[name] for name in ("auc", "gini_at_1", "recall_at_1")] == [None, None, 1], f"nothing: {found}")
    differences = {d["metric"]: d["p"] for d in found["differences"]}
    e.test.expect(differences == {"auc": None, "gini_at_1": None, "recall_at_1": 1}, f"nothing: p of {differences}")


def philox(key, index, stream, blocks):
    """The four words of Philox 4x32-10 for each index and block: (indices, blocks, 4)."""
    low, shape, index = np.uint64(0xffffffff), (len(index), blocks), np.asarray(index).astype(np.uint64)[:, None]
    x = [np.broadcast_to(v.astype(np.uint64), shape) for v in
         (index & low, index >> np.uint64(32), np.arange(blocks)[None], np.array([[stream]]))]
    key = [np.uint64(key & 0xffffffff), np.uint64(key >> 32)]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> np.uint64(32)) ^ x[1] ^ key[0], b & low, (a >> np.uint64(32)) ^ x[3] ^ key[1], a & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return np.stack(x, 2)


def drawn(place):
    """How often each of 1,000 resamples has the user at each place: (places, 1000)."""
    chance = np.floor(2.0**32 * np.cumsum(np.exp(-1) / np.cumprod([1, *range(1, 12)]))).astype(np.uint64)
    return np.searchsorted(chance, philox(0, place, 6, 250), "right").reshape(len(place), 1000)


def is_certain(e):
    """Intervals and differences from each user's values, resampled here; the same on other ranks."""
    other, names = e.test.folder / "other", ("recall_at_10", "row_mrr_at_10", "mrr_at_10")
    e.test.must("train", e.test.config("other.yaml", **{**SECTIONS, "train": {**SECTIONS["train"], "seed": 7}}),
                "--data", e.data_file, "--run", other)
    chosen = ("--set", "eval.metrics=[recall_at_k, row_mrr_at_k, mrr_at_k]", "--set", "eval.ks=[10]", "--intervals",
              "--against", other)
    found = e.evaluate(*chosen, "--per-user", e.test.folder / "users.tsv")
    e.test.expect(found == e.evaluate(*chosen, "--per-user", e.test.folder / "more.tsv", ranks=3), "ranks differ")
    users = (e.test.folder / "users.tsv").read_text()
    e.test.expect(users == (e.test.folder / "more.tsv").read_text(), "each user's values: ranks differ")
    lines = [line.split("\t") for line in users.splitlines()]
    e.test.expect(lines[0] == ["user"] + [f"{s}/{n}" for s in ("model", "popularity") for n in names],
                  f"each user's values: {lines[0]}")
    values = np.array([line[1:] for line in lines[1:]], np.float64)
    with h5py.File(e.data_file) as file:
        rows = np.diff(file["test/user_offsets"][...])
        offsets, text = file["vocabularies/user/offsets"][...], bytes(file["vocabularies/user/bytes"][...])
    place = np.flatnonzero(rows)
    e.test.expect([line[0] for line in lines[1:]] == [text[offsets[p]:offsets[p + 1]].decode() for p in place],
                  "each user's values: of other users")
    times = drawn(place)
    weight = np.stack([np.ones(len(place)), rows[place], np.ones(len(place))] * 2, 1)
    means = times.T @ (weight * values) / (times.T @ weight)
    for i, name in enumerate(names):
        low, high = np.sort(means[:, i])[[25, -26]]
        e.test.expect(np.allclose(found[f"{name}_interval"], (low, high), 0, 1e-6), f"{name}: not {low} to {high}")
        (d,) = (d for d in found["differences"] if d["metric"] == name and d.get("system") == "popularity")
        low, high = np.sort(means[:, i] - means[:, i + 3])[[25, -26]]
        better, worse = (values[:, i] > values[:, i + 3]).mean(), (values[:, i] < values[:, i + 3]).mean()
        e.test.expect(np.allclose((d["low"], d["high"], d["better"], d["worse"]), (low, high, better, worse), 0, 1e-6),
                      f"{name}: the difference {d}, not {low} to {high}, {better}, {worse}")
    alone = e.evaluate(*chosen[:4], run=other)
    for d in (d for d in found["differences"] if "system" not in d):
        e.test.expect(d["other"] == alone[d["metric"]] and d["low"] <= d["difference"] <= d["high"], f"runs: {d}")
    says = e.test.must("evaluate", "--run", e.run, "--intervals", *chosen[:4], "--set",
                       "eval.systems=[popularity, recent_popularity]").out.splitlines()
    e.test.expect([line for line in says if line.startswith("less ")] == ["less popularity", "less recent_popularity"],
                  f"differences, system by system: {says}")
    same = e.evaluate(*chosen[:4], "--against", e.run)["differences"]
    e.test.expect(all(d["low"] == d["high"] == d["better"] == 0 and d["p"] == 1 for d in same), f"itself: {same}")


def values_of(e, run, chosen):
    """Of each user, the metric by the run's model alone."""
    file = e.test.folder / "values.tsv"
    e.evaluate(*chosen, "--per-user", file, run=run)
    return np.array([line.split("\t")[1] for line in file.read_text().splitlines()[1:]], np.float64)


def drawn_runs(side, runs):
    """(1000, runs): how often each resample has each run, of all one less than there are."""
    word = philox(0, np.arange(1000), 7, 2)[:, side, :max(runs - 1, 1)]
    return (((word * np.uint64(runs)) >> np.uint64(32))[:, :, None] == np.arange(runs, dtype=np.uint64)).sum(1)


def is_of_several_runs(e):
    """Means over runs of several seeds, users and runs resampled together; each run keeps its own values."""
    train = SECTIONS["train"]
    ours = [e.run, *(e.test.folder / name for name in ("other", "third"))]  # is_certain's is the second
    theirs = [e.test.folder / name for name in ("wide", "wider")]
    e.test.must("train", e.test.config("third.yaml", **{**SECTIONS, "train": {**train, "seed": 8}}), "--data",
                e.data_file, "--run", ours[2])
    for seed, run in enumerate(theirs):
        wide = {**SECTIONS, "candidate": {"tower": [24, 16]}, "train": {**train, "seed": seed}}
        e.test.must("train", e.test.config(f"{run.name}.yaml", **wide), "--data", e.data_file, "--run", run)
    chosen = ("--set", "eval.metrics=[recall_at_k]", "--set", "eval.ks=[10]")
    options = [word for run in ours[1:] for word in ("--run", run)]
    against = [word for run in theirs for word in ("--against", run)]
    found = e.evaluate(*options, *against, *chosen, "--intervals", "--set", "eval.by=activity")
    e.test.expect(found == e.evaluate(*options, *against, *chosen, "--intervals", "--set", "eval.by=activity", ranks=3),
                  "several runs: ranks differ")
    alone = [e.evaluate(*chosen, "--set", "eval.by=activity", run=run) for run in ours]
    e.test.expect([r["recall_at_10"] for r in found["runs"]] == [r["recall_at_10"] for r in alone] and
                  [r["run"] for r in found["runs"]] == [str(run) for run in ours], f"several runs: {found['runs']}")
    for g, group in enumerate(found["groups"]):
        mean = np.mean([r["groups"][g]["recall_at_10"] for r in alone])
        e.test.expect(abs(group["recall_at_10"] - mean) < 1e-12, f"several runs: {group}, not {mean}")
    sides = [np.array([values_of(e, run, chosen) for run in side]) for side in (ours, theirs)]
    with h5py.File(e.data_file) as file:
        times = drawn(np.flatnonzero(np.diff(file["test/user_offsets"][...])))
    resamples = []
    for number, values in enumerate(sides):
        runs, means = drawn_runs(number, len(values)), values @ times / times.sum(0)
        resamples.append((runs.T * means).sum(0) / runs.sum(1))
    low, high = np.sort(resamples[0])[[25, -26]]
    e.test.expect(np.allclose([found["recall_at_10"], *found["recall_at_10_interval"]], (sides[0].mean(), low, high), 0,
                              1e-6), f"several runs: {found}, not {sides[0].mean()}, {low} to {high}")
    of_system, of_runs = found["differences"]
    a, b = (side.mean(0) for side in sides)
    low, high = np.sort(resamples[0] - resamples[1])[[25, -26]]
    expected = (a.mean() - b.mean(), low, high, (a > b + 1e-7).mean(), (a < b - 1e-7).mean())
    values = [of_runs[name] for name in ("difference", "low", "high", "better", "worse")]
    e.test.expect("system" not in of_runs and np.allclose(values, expected, 0, 1e-6), f"{of_runs}, not {expected}")
    p, both = [], [np.asarray(e.evaluate(*options, *more, *chosen)["differences"][0]["p"]) for more in
                   (against, ("--intervals",))]
    p = [min(1, 2 * min(both)), max(2 * min(both), *both)]
    e.test.expect(np.allclose(sorted(d["p"] for d in (of_system, of_runs)), sorted(p)), f"Holm: {found}, not {p}")
    with h5py.File(ours[1] / "metrics.h5") as file:
        (table,) = file["test"].values()
        e.test.expect(abs(table["model/recall_at_k"][-1][0] - alone[1]["recall_at_10"]) < 1e-12, "not its own values")
    longer = e.test.folder / "longer"
    e.test.must("train", e.test.config("longer.yaml", **{**SECTIONS, "train": {**train, "seed": 9}}), "--data",
                e.data_file, "--run", longer, "--set", f"train.epochs={train['epochs'] + 1}")
    e.test.refuses("trained longer", ["evaluate", "--run", e.run, "--run", longer, *chosen], "expected train.epochs",
                   ranks=2)
    kept = (ours[1] / "metrics.h5").read_bytes()
    said = e.test.must("evaluate", "--run", e.run, *options, *chosen, "--set", "eval.sample=20").error
    e.test.expect(said.count("does not keep values of another run's sample") == 2 and
                  kept == (ours[1] / "metrics.h5").read_bytes(), f"another run's sample: {said}")
    says = e.test.must("evaluate", "--run", e.run, *options, *against, *chosen, "--intervals").out.splitlines()
    line = ["recall@10", *(f"{r['recall_at_10']:.4f}" for r in found["runs"])]
    e.test.expect(line in [s.split() for s in says] and f"less {theirs[0]}, {theirs[1]}" in says and
                  "values of the model are means over 3 runs" in says, f"several runs: {says}")
    run = ["evaluate", "--run", e.run, *chosen]
    for name, more, words in (("itself", ["--run", e.run], "expected another train.seed than that of"),
                              ("itself later", [*options, "--run", ours[1]], f"--run {ours[1]}: expected another"),
                              ("unlike", ["--run", theirs[1]], "these keys differ, too"),
                              ("unlike there", ["--against", theirs[0], "--against", ours[1]], f"--against {ours[1]}:"),
                              ("each user", ["--run", ours[1], "--per-user", e.test.folder / "u.csv"], "one --run")):
        status = 2 if name == "each user" else 1
        e.test.refuses(f"several runs: {name}", run + more, words, status=status, ranks=2)


def is_of_a_sample(e):
    """The rows of the smallest (philox, row), on any layout; the same for what training evaluates."""
    with h5py.File(e.data_file) as file:
        numbers = file["test/row"][...]
    rows, n = e.data.catalogue, 500
    e.test.expect(len(numbers) > n, f"only {len(numbers)} test rows")
    chosen = np.sort(sorted(range(len(numbers)), key=lambda i: (sample_key(42, int(numbers[i])), i))[:n])
    whole = e.data.split["test"]
    e.data.split["sample"] = tuple(column[chosen] for column in whole)
    results = [e.evaluate("--set", f"eval.sample={n}", "--set", f"eval.exclude_seen={seen}", ranks=ranks)
               for seen in ("none", "train") for ranks in (1, 2, 3, 4)]
    e.test.expect(results[0]["split_rows"] == len(numbers), f"a sample: {results[0]['split_rows']} rows in all")
    e.test.expect(results[:4] == results[:1] * 4 and results[4:] == results[4:5] * 4,
                  f"a sample: ranks differ: {results}")
    e.compare("a sample", results[0], rows, split="sample")
    e.compare("a sample without seen items", results[4], rows, split="sample", exclude_seen=True)
    with h5py.File(e.run / "metrics.h5") as file:
        kept = {name: list(table["rows"]) for name, table in file["test"].items() if f"sample={n}," in name}
        e.test.expect(list(kept.values()) == [[n], [n]], f"a sample: metrics of {kept} rows")
    e.test.must("evaluate", "--run", e.run, "--set", f"eval.sample={n}", says=f" {n} of {len(numbers)} test rows")
    out = e.test.must("evaluate", "--run", e.run, "--set", f"eval.sample={n}").out
    e.test.expect(f"a sample of the rows, of which accuracies are within {n ** -0.5:.4f} of those of all" in out and
                  "a sample" not in e.test.must("evaluate", "--run", e.run).out, f"a sample: {out}")
    trained = e.test.folder / "sampled"
    config = e.test.config("sampled.yaml", **{**SECTIONS, "eval": {**SECTIONS["eval"], "sample": n, "every_epochs": 1}})
    said = e.test.must("train", config, "--data", e.data_file, "--run", trained, ranks=3).error
    e.test.expect(f"eval.sample: {n} of {len(numbers)} test rows choose the best" in said, f"a sample: train: {said}")
    with h5py.File(trained / "metrics.h5") as file:
        (table,) = file["test"].values()
        e.test.expect(list(table["rows"]) == [n] * 3, f"training: metrics of {list(table['rows'])} rows")
        last = list(table["model/top_k_categorical_accuracy"][-1])
    e.test.expect(last == [accuracy(results[0], k) for k in KS], f"training's own sample: {last}")
    said = e.test.must("evaluate", "--run", trained, "--checkpoint", "best").error
    e.test.expect(f"a sample of {n} test rows chose it" in said, f"a sample: best: {said}")
    said = e.test.must("evaluate", "--run", trained, "--set", "eval.sample=0", "--checkpoint", "best").error
    e.test.expect("a sample of" in said, f"a sample: best, not yet of all rows: {said}")
    said = e.test.must("evaluate", "--run", trained, "--checkpoint", "best").error
    e.test.expect("a sample of" not in said, f"a sample: best by all rows: {said}")


def sample_key(seed, row):
    """The first 64 bits of Philox 4x32-10 (Salmon et al. 2011), stream 4 of docs/formats.md."""
    low = 0xffffffff
    x, key = [row & low, row >> 32, 0, 4], [seed & low, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [b >> 32 ^ x[1] ^ key[0], b & low, a >> 32 ^ x[3] ^ key[1], a & low]
        key = [(key[0] + 0x9E3779B9) & low, (key[1] + 0xBB67AE85) & low]
    return x[1] << 32 | x[0]


def table(e):
    result = e.evaluate()
    lines = e.test.must("evaluate", "--run", e.run, ranks=2).out.splitlines()
    for k in KS:
        words = f"top-{k} {accuracy(result, k):.4f} {accuracy(result['popularity'], k):.4f}".split()
        e.test.expect([line.split() for line in lines].count(words) == 1, f"table: no line of {words}: {lines}")


def metrics(e):
    """Evaluations merge by step and k; what was not computed is NaN. best is by the largest k, and by
    values under the same settings."""
    run = e.test.folder / "copy"
    shutil.copytree(e.run, run)
    (run / "metrics.h5").unlink()
    steps = [int(f.stem[5:]) for f in checkpoints(run)]
    results = {s: e.evaluate("--checkpoint", s, run=run, ranks=r)
               for s, r in zip(reversed(steps), (1, 2, 3), strict=True)}
    best = max(steps, key=lambda s: (accuracy(results[s], KS[-1]), -s))
    e.test.expect(e.evaluate("--checkpoint", "best", run=run)["step"] == best, "best: another step")
    at = {s: [accuracy(results[s], k) for k in KS] for s in steps}
    expect_metrics(e, run, steps, KS, [at[s] for s in steps])
    other = e.evaluate("--checkpoint", steps[1], "--set", "eval.ks=[7, 50, 200]", run=run)
    ks = sorted({*KS, 7, 200})
    nan = float("nan")
    rows = [[dict(zip(KS, at[s], strict=True)).get(k, nan) for k in ks] for s in steps]
    rows[1] = [accuracy(other, k) if k in (7, 200) else r for k, r in zip(ks, rows[1], strict=True)]
    expect_metrics(e, run, steps, ks, rows)
    e.evaluate("--checkpoint", min(steps, key=lambda s: accuracy(results[s], KS[-1])), "--set",
               "eval.exclude_seen=train", run=run)
    e.test.expect(e.evaluate("--checkpoint", "best", run=run)["step"] == best,
                  "best: by what is known of one checkpoint alone")
    expect_metrics(e, run, steps, ks, rows)
    keeps_baselines_apart(e, run)


def keeps_baselines_apart(e, run):
    """A baseline that learned by other settings has columns of its own."""
    found = {neighbors: e.evaluate("--set", "eval.systems=[item_neighbors]", "--set", f"baseline.neighbors={neighbors}",
                                   "--set", "baseline.shrink=0.5", run=run)["item_neighbors"] for neighbors in (1, 30)}
    e.test.expect(found[1] != found[30], f"one neighbor is as good as thirty: {found}")
    with h5py.File(run / "metrics.h5") as file:
        table = file["test/candidates=rows,exclude_seen=none,repeats=keep,sample=0,ties=optimistic"]
        for neighbors, result in found.items():
            column = f"item_neighbors,neighbors={neighbors},shrink=0.5,normalize=false/top_k_categorical_accuracy"
            values = dict(zip(table["k"][...].tolist(), table[column][-1].tolist(), strict=True))
            e.test.expect(all(abs(values[k] - accuracy(result, k)) < 1e-12 for k in KS),
                          f"{column}: {values}, expected {result}")


def expect_metrics(e, run, steps, ks, rows):
    with h5py.File(run / "metrics.h5") as file:
        group = file["test"]["candidates=rows,exclude_seen=none,repeats=keep,sample=0,ties=optimistic"]
        e.test.expect(list(group["step"]) == steps, f"metrics: steps {list(group['step'])}")
        e.test.expect(list(group["k"]) == ks, f"metrics: ks {list(group['k'])}")
        found = group["model/top_k_categorical_accuracy"][...]
        e.test.expect(np.allclose(found, rows, 1e-14, 0, equal_nan=True), f"metrics: {found}, expected {rows}")


def moved_data(e):
    before, elsewhere = e.evaluate(), e.test.folder / "moved" / "file.h5"
    elsewhere.parent.mkdir()
    shutil.move(e.data_file, elsewhere)
    e.test.refuses("data gone", ["evaluate", "--run", e.run], f"{e.data_file}: No such file", ranks=3)
    e.test.expect(e.evaluate("--data", elsewhere, ranks=2) == before, "moved data: another result")
    shutil.move(elsewhere, Path(e.data_file))


def main():
    with Test() as test:
        evaluation = Evaluation(test)
        for case in (is_exact, is_of_what_is_asked, is_of_users, is_of_baselines, is_of_heads, is_of_lists,
                     is_of_groups, is_of_fields, is_null_of_nothing, is_of_what_is_alive, is_certain,
                     is_of_several_runs, is_of_a_sample, table, metrics, moved_data):
            case(evaluation)


main()
