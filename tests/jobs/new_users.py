#!/usr/bin/env python3
"""tandem evaluate of users without a training row, of whom a table tells fields: what `recommend` says of them.

    new_users.py TANDEM LAUNCHER...
"""
import itertools
import json
import random

from program import Test, checkpoints, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

KNOWN, NEW, ITEMS, KS = 40, 12, 30, [1, 3, 10]
SCHEMA = """
interactions:
  file: events.csv
  split: {rule: time, test_from: %d}
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    stars: {kind: number, role: label}
    time: {kind: time, role: time}
users:
  file: users.csv
  key: id
  fields:
    age: {kind: number}
    job: {kind: category}
    likes: {kind: categories, separator: '|', weighted: yes}
    face: {kind: vector, width: 2}
"""
# The first is computed again below; the second has an encoder of every kind.
PLAIN = {"query": {"features": ["age", "job"], "tower": [8]}, "features": {"age": {}, "job": {}},
         "rating": {"enabled": True, "hidden": [8]},
         "tasks": {"young": {"kind": "classification", "label": "users.age < 30", "hidden": [4]}}}
EVERY = {"query": {"features": ["user", "years", "of_job", "decade", "job", "likes", "face", "past"], "tower": [16, 8]},
         "features": {"user": {"dropout": 0.3}, "years": {"field": "age", "transform": "log", "flag": True},
                      "of_job": {"field": "age", "within": "job"}, "job": {}, "likes": {"pool": "sqrt"}, "face": {},
                      "decade": {"field": "age", "transform": "quantile", "buckets": 4},
                      "past": {"encoder": "history"}}}


def write(folder):
    """Users k0, k1, .. have events before those of the test, n0, n1, .. have none; some of either lack fields."""
    chance = random.Random(7)
    names = [f"k{i}" for i in range(KNOWN)] + [f"n{i}" for i in range(NEW)]
    users = ["id,age,job,likes,face"]
    for i, name in enumerate(names):
        age, job = "" if i % 11 == 5 else str(18 + i * 7 % 40), "" if i % 13 == 4 else "abc"[i % 3]
        users.append(f"{name},{age},{job},{'x:0.5|y' if i % 2 else 'z:2'},{'' if i % 9 == 0 else f'{i % 5} {-i % 3}'}")
    events, time = ["user,item,stars,time"], 1700000000
    for name in [n for n in names[:KNOWN] for _ in range(10)] + [n for n in names[KNOWN - 9:] for _ in range(3)]:
        time += 60
        events.append(f"{name},i{chance.randrange(ITEMS)},{chance.randrange(1, 6)},{time}")
    (folder / "users.csv").write_text("\n".join(users) + "\n")
    (folder / "events.csv").write_text("\n".join(events) + "\n")
    (folder / "schema.yaml").write_text(SCHEMA % (1700000000 + 60 * KNOWN * 10 + 1))


def strings(group):
    texts = group["bytes"][...].tobytes()
    return [texts[a:b].decode() for a, b in itertools.pairwise(group["offsets"][...])]


class Users:
    def __init__(self, test):
        self.test, folder = test, test.folder / "data"
        folder.mkdir()
        write(folder)
        self.data = test.folder / "data.h5"
        test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", self.data)
        with h5py.File(self.data) as file:
            self.names, self.items = (strings(file[f"vocabularies/{name}"]) for name in ("user", "item"))
            self.known = int(file["schema/user"].attrs["vocabulary"]) - 1
            rows = np.diff(file["test/user_offsets"][...])
            self.user = np.repeat(np.arange(len(rows)), rows)
            self.item, self.stars = file["test/fields/item"][...], file["test/fields/stars"][...].astype(float)
            self.age, self.job = file["users/fields/age"][...].astype(float), file["users/fields/job"][...]
            said = file["schema/age"].attrs
            self.scaled = np.nan_to_num((self.age - said["mean"]) / np.sqrt(said["variance"]))
        test.expect(self.known == KNOWN and (self.user >= KNOWN).sum() == 3 * NEW, "not the users without an id")

    def evaluate(self, name, sections, *more):
        """Trains, and returns the run and what an evaluation on one, two and four ranks says."""
        run = self.test.folder / name
        config = self.test.config(f"{name}.yaml", model={"width": 8}, candidate={"features": ["item"]},
                                  train={"batch_size": 100, "shards": 4, "epochs": 4},
                                  eval={"ks": KS, "repeats": "keep",
                                        "metrics": ["top_k_categorical_accuracy", "root_mean_squared_error",
                                                    "log_loss", "recall_at_k"]}, **sections)
        self.test.must("train", config, "--data", self.data, "--run", run, ranks=2)
        found = [json.loads(self.test.must("evaluate", "--run", run, "--json", *more, ranks=r).out) for r in (1, 2, 4)]
        self.test.expect(found[1:] == found[:1] * 2, f"{name}: ranks differ: {found}")
        return run, found[0]


def is_exact(users):
    """In float64. (Training rows of users without a job have trained the row of the missing one.)"""
    run, found = users.evaluate("plain", PLAIN)
    with h5py.File(checkpoints(run)[-1]) as file:
        def of(name):
            return file[f"parameters/{name}"][...].astype(float)

        def head(name, x):
            hidden = np.maximum(x @ of(f"{name}_0/kernel") + of(f"{name}_0/bias"), 0)
            return (hidden @ of(f"{name}_1/kernel") + of(f"{name}_1/bias")).ravel()
        jobs, items = of("job_table/weight"), of("item_table/weight")
        u = np.hstack([users.scaled[:, None], jobs[users.job]]) @ of("query_dense_0/kernel") + of("query_dense_0/bias")
        u, v = u[users.user], items[users.item]
        pairs = np.hstack([u, v])
        rating, young = head("head", pairs), 1 / (1 + np.exp(-head("young_head", pairs)))
    scores, age = u @ items[1:].T, users.age[users.user]
    above = (scores > scores[np.arange(len(u)), users.item - 1][:, None]).sum(1)
    has = ~np.isnan(age)
    expected = {"root_mean_squared_error": np.sqrt(np.mean((rating - users.stars)**2)),
                "young_log_loss": -np.log(np.where(age < 30, young, 1 - young))[has].mean(),
                **{f"top_{k}_categorical_accuracy": (above < k).mean() for k in KS}}
    for name, value in expected.items():
        users.test.expect(abs(found[name] - value) < 1e-5, f"{name}: {found[name]}, expected {value}")


def is_as_recommended(users):
    """Each new user's rows ask the list that `recommend` has of that user, whatever the encoder."""
    run, _ = users.evaluate("every", EVERY, "--per-user", users.test.folder / "users.csv")
    told = [line.split(",") for line in (users.test.folder / "users.csv").read_text().splitlines()]
    column = told[0].index("model/top_3_categorical_accuracy")
    values = {line[0]: float(line[column]) for line in told[1:]}
    new = users.names[KNOWN:]
    asked = [word for name in new for word in ("--user", name)]
    time = users.test.must("recommend", "--run", run, *asked, "-k", 3, "--format", "tsv", "--cold-items", "all")
    lists = {}
    for line in time.out.splitlines()[1:]:
        lists.setdefault(line.split("\t")[0], []).append(line.split("\t")[2])
    users.test.expect(len({json.dumps(one) for one in lists.values()}) > 1, f"the same list for all: {lists}")
    for place, name in enumerate(new, KNOWN):
        of = [users.items[i - 1] in lists[name] for i in users.item[users.user == place]]
        users.test.expect(abs(values[name] - np.mean(of)) < 1e-6, f"{name}: {values[name]}, expected {of}")


def main():
    with Test() as test:
        users = Users(test)
        is_exact(users)
        is_as_recommended(users)


main()
