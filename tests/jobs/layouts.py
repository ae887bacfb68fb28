#!/usr/bin/env python3
"""The same bits on any layout: files and checksums of a run on ranks x threads, by instruction set.

    layouts.py TANDEM LAUNCHER...
"""
import json

from program import Test, checkpoints, left_behind, result_files

LAYOUTS = [(1, 2), (2, 1), (3, 1), (4, 1), (2, 2), (4, 2)]

# Steps of several row tiles and column tiles; checkpoints within an epoch and at its end.
PLAIN = {
    "train": {"batch_size": 1100, "shards": 8, "epochs": 2},
    "checkpoint": {"every_steps": 2},
    "eval": {"every_epochs": 1},
}
# What ranks do not divide, and dense layers on both sides.
TOWERS = {
    "query": {"tower": [16, 8]},
    "candidate": {"tower": [8]},
    "train": {"batch_size": 300, "shards": 7, "item_ranges": 5, "epochs": 2, "reshuffle": True},
    "eval": {"every_epochs": 2},
}
# Three groups of shards, which two and four ranks cut.
GROUPS = {"negatives": "group", "group_rows": 100}
# What else a row's negatives may be; users have rows enough for items of their own to be met.
NEGATIVES = {
    "model": {"normalize": "training"},
    "train": {"batch_size": 700, "shards": 6, "item_ranges": 5, "epochs": 2, "reshuffle": True},
    "checkpoint": {"every_steps": 2},
    "retrieval": {"log_q": "negatives", "log_q_strength": 0.7, "mask_own": True},
}
OTHER_LOSSES = {
    "bsl": {"loss": "bsl", "negative_weight": 0.8},
    "ccl": {"loss": "ccl", "negative_weight": 20, "margin": 0.2},
    "bpr": {"loss": "bpr"},
    "alone": {"negatives": "uniform", "uniform_negatives": 200},
    "besides": {"uniform_negatives": 200, "log_q": "all"},
    "grouped": {**GROUPS, "uniform_negatives": 50},
}
OPENBLAS = {**TOWERS, "math": {"kernels": "openblas"}}
# Dense layers of one input: the time's, those after a layer of one unit. Nothing that memory happened
# to hold may count.
ONE_INPUT = {
    **OPENBLAS,
    "model": {"width": 1},
    "query": {"features": ["timestamp"], "tower": [1, 3, 1]},
    "candidate": {"tower": [1]},
    "rating": {"enabled": True, "weight": 1, "hidden": [8, 1]},
}


# Fields of every kind, of which some values are missing.
SCHEMA = """
interactions:
  file: rows.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label}
    time: {kind: time, role: time}
    device: {kind: category}
    comment: {kind: text}
items:
  file: items.csv
  key: id
  fields:
    price: {kind: number}
    sort: {kind: categories, path: /}
    first: {column: sort, kind: category, prefix: 1}
    mix: {kind: categories, separator: '|', weighted: yes}
    brand: {kind: category, hash_buckets: 50}
    picture: {kind: vector, width: 3}
users:
  file: users.csv
  key: id
  fields: {age: {kind: number}, bio: {kind: text}}
"""
# All at once: every kind of field through every transform and encoder, histories of both sides, tables
# that features share, hidden ids; tasks that rows train by their labels, weights and conditions beside one
# that all do, one head with features of its own; negatives in groups and of users.
EVERYTHING = {
    **TOWERS,
    "query": {"tower": [16, 8], "features": ["user", "timestamp", "age", "generation", "bio", "hour", "weekday",
                                              "device", "comment", "past"]},
    "candidate": {"tower": [8], "features": ["item", "price", "level", "sort", "mix", "brand", "picture", "since",
                                             "first", "fans"]},
    "features": {"user": {"dropout": 0.3}, "item": {"dropout": 0.2},
                 "past": {"encoder": "history", "table": "item_table", "last": 6, "where": "device != desk"},
                 "fans": {"encoder": "history", "table": "user_table", "pool": "sqrt"},
                 "age": {"flag": True, "transform": "log"},
                 "generation": {"field": "age", "buckets": 5, "transform": "quantile", "width": 4},
                 "bio": {"pool": "sqrt", "width": 6, "table": "words"},
                 "hour": {"field": "time", "transform": "hour", "zone": "+05:30", "width": 3, "table": "clock"},
                 "hour_utc": {"field": "time", "transform": "hour", "width": 3, "table": "clock"},
                 "weekday": {"field": "time", "transform": "weekday", "width": 3},
                 "device": {"serve": "phone", "width": 2}, "comment": {"width": 5},
                 "price": {"within": "first"}, "level": {"field": "price", "buckets": 6, "width": 3},
                 "sort": {"pool": "sum", "width": 4}, "mix": {"width": 4}, "brand": {"width": 4},
                 "picture": {"transform": "normalized", "flag": True}, "first": {"width": 2},
                 "since": {"field": "time", "transform": "age"}},
    "retrieval": {**GROUPS, "log_q": True},
    "rating": {"enabled": True, "hidden": [8]},
    "eval": {"every_epochs": 2, "systems": ["popularity", "biases", "base_rate"],
             "metrics": ["top_k_categorical_accuracy", "root_mean_squared_error", "log_loss", "row_auc",
                         "coverage_at_k", "gini_at_k", "popularity_at_k"]},
    "tasks": {"like": {"label": "rating >= 4", "kind": "classification", "hidden": [8],
                       "where": "device = phone or users.age < 30", "features": ["hour_utc", "comment"]},
              "score": {"label": "rating", "weight": 0.5, "hidden": [4, 4], "loss": "huber"},
              "retrieval": {"where": "items.first is not missing", "negatives": "rating <= 2",
                            "weight_field": "rating"},
              "rating": {"weight_field": "none", "input": "both", "bias": ["user", "item", "global"],
                         "features": ["device", "timestamp"]}},
}


def make_shop(test):
    """The data file of SCHEMA: some values are missing, some users and items have no row."""
    folder = test.folder / "shop"
    folder.mkdir()
    words = ["good", "old", "bad", "new", "fine"]
    (folder / "schema.yaml").write_text(SCHEMA)
    (folder / "rows.csv").write_text("user,item,rating,time,device,comment\n" + "".join(
        f"u{i * 7 % 90},i{i * i % 61},{i % 5 + 1},{880000000 + 50021 * i},{['phone', 'desk', ''][i % 3]},"
        f"{words[i % 5]} {words[i * i % 5] if i % 4 else ''}\n" for i in range(2400)))
    (folder / "items.csv").write_text("id,price,sort,mix,brand,picture\n" + "".join(
        f"i{i},{i * 3.5 if i % 6 else ''},{'abc'[i % 3]}/{'xy'[i % 2]},{words[i % 5]}:0.{i % 9 + 1}|{words[i % 4]},"
        f"brand{i % 13},{'' if i % 8 == 0 else f'{i / 7:.3f} -{i} 1'}\n" for i in range(70)))
    (folder / "users.csv").write_text("id,age,bio\n" + "".join(
        f"u{i},{i * i % 70 if i % 9 else ''},{' '.join(words[:i % 5])}\n" for i in range(95)))
    data = test.folder / "shop.h5"
    test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data, ranks=3)
    return data


class Layouts:
    """The runs of one configuration on one data file."""

    def __init__(self, test, name, data, sections):
        self.test, self.name, self.data = test, name, data
        self.config = test.config(f"{name}.yaml", **sections)
        self.run = self.train("1x1", 1, 1)
        self.files = result_files(self.run)

    def train(self, layout, ranks, threads, *more):
        run = self.test.folder / f"{self.name}-{layout}"
        self.test.must("train", self.config, "--data", self.data, "--run", run, "--threads", threads,
                       *more, ranks=ranks)
        return run

    def compare(self, layout, *how):
        run = self.train(layout, *how)
        files = result_files(run)
        differ = [f for f in {*files, *self.files} if files.get(f) != self.files.get(f)]
        self.test.expect(not differ, f"{self.name} {layout}: not the bytes of 1x1: {differ}")
        self.test.expect(not left_behind(run), f"{self.name} {layout}: {left_behind(run)}")
        return run


    def resume(self):
        """An epoch on two ranks, each with rows of its own, and the other on three that have all."""
        self.train("resumed", 2, 1, "--set", "train.epochs=1", *tables("owned"))
        self.compare("resumed", 3, 1, "--resume", *tables("replicated"))


def tables(placement):
    """The settings that place the rows of users and items."""
    return [word for name in ("user", "item") for word in ("--set", f"placement.{name}_table={placement}")]


def embed_what_is_known(test, layouts):
    """Items that a table tells again are those of the data, whatever their fields are made into."""
    shop, out = test.folder / "shop", test.folder / "export"
    test.must("export", "--run", layouts.run, "--out", out)
    head, *lines = (shop / "items.csv").read_text().splitlines()
    (shop / "told.csv").write_text("\n".join([head, *sorted(lines, key=lambda line: line.split(",")[0])]) + "\n")
    for ranks in (None, 3):
        told = test.folder / f"told-{ranks}.npy"
        test.must("embed", "--run", layouts.run, "--items", shop / "told.csv", "--schema", shop / "schema.yaml",
                  "--out", told, ranks=ranks)
        test.expect(told.read_bytes() == (out / "candidate_embeddings.npy").read_bytes(),
                    f"embed on {ranks} ranks: not the items of the export")


def checksum(test, run, *more, ranks=None):
    return test.must("inspect", "--checksum", *more, run, ranks=ranks).out


def compare_checksums(test, a, b):
    """Files' bytes have been compared: this is about inspect, on ranks of its own."""
    for part in ([], ["--metrics"]):
        one, other = checksum(test, a, *part), checksum(test, b, *part, ranks=3)
        test.expect(one == other and len(one) == 17, f"checksum {part}: '{one}' and '{other}'")


def evaluate_everywhere(test, plain, layouts=((3, 1), (2, 2)), more=(), split="train"):
    """Evaluating merges into one metrics file: whoever does it, its bytes and what is printed stay."""
    chosen = ("evaluate", "--run", plain.run, "--split", split, "--json", *more)
    out = test.must(*chosen).out
    before = result_files(plain.run)
    for ranks, threads in layouts:
        found = test.must(*chosen, "--threads", threads, ranks=ranks).out
        test.expect(result_files(plain.run) == before, f"evaluate on {ranks}x{threads}: other bytes")
        test.expect(found == out, f"evaluate on {ranks}x{threads}: {found}, not {out}")
    return json.loads(out)


METRICS = ["top_k_categorical_accuracy", "row_mrr_at_k", "row_ndcg_at_k", "recall_at_k", "recall_min_at_k",
           "precision_at_k", "hit_rate_at_k", "mrr_at_k", "map_min_at_k", "ndcg_at_k", "auc", "root_mean_squared_error",
           "mean_absolute_error", "log_loss", "row_auc", "coverage_at_k", "gini_at_k", "popularity_at_k"]
SYSTEMS = ["popularity", "recent_popularity", "item_neighbors", "rp3beta", "biases", "base_rate"]
# Every choice of eval.* once, in three evaluations.
CHOICES = [
    ["candidates=unique", "exclude_seen=train", "repeats=drop", "ties=expected", "by=users.age", "sample=0"],
    ["candidates=trained", "exclude_seen=device = phone", "repeats=keep", "ties=pessimistic", "by=device", "clip=true"],
    ["candidates=rows", "exclude_seen=train+validation", "repeats=keep", "ties=optimistic", "by=popularity",
     "sample=300"],
]


def measures_everything(test, run, layouts):
    """All metrics by all systems but ease (its bits are a CPU's), with intervals and differences."""
    for choice in CHOICES:
        sets = [f"eval.{word}" for word in (*choice, "ks=[1, 10]", f"metrics=[{', '.join(METRICS)}]",
                                             f"systems=[{', '.join(SYSTEMS)}]")]
        more = ("--intervals", *(w for s in sets for w in ("--set", s)))
        found = evaluate_everywhere(test, run, layouts, more, split="test")
        missing = [m for m in METRICS if not any(m.replace("_k", "_10") in k or m in k for k in found)]
        test.expect(not missing and all(s in found for s in SYSTEMS), f"everything: {missing}: {list(found)}")
        test.expect(all(f"{m}_interval" in found for m in ("recall_at_10", "like_row_auc", "gini_at_10")) and
                    found["differences"] and found["groups"], f"everything: {found}")


def has_everything(test, found):
    """What was compared: every head by its name, lists, and groups."""
    test.expect([group["group"] for group in found["groups"]][:2] == ["missing", "to 11"] and
                all(group["popularity"]["top_10_categorical_accuracy"] >= 0 and group["like_log_loss"] > 0
                    for group in found["groups"]), f"groups: {found}")
    lists = ("coverage_at_10", "gini_at_10", "popularity_at_10")
    test.expect(all(found[name] > 0 and found["popularity"][name] > 0 for name in lists), f"lists: {found}")
    model = ("like_log_loss", "like_row_auc", "score_root_mean_squared_error", "root_mean_squared_error")
    test.expect(all(found[name] > 0 for name in model) and "like_root_mean_squared_error" not in found and
                list(found["biases"]) == ["root_mean_squared_error", "score_root_mean_squared_error"] and
                list(found["base_rate"]) == ["like_log_loss", "like_row_auc"], f"heads: {found}")


def see_a_difference(test, plain):
    """A comparison of nothing would find everything equal."""
    steps = [int(f.stem[5:]) for f in checkpoints(plain.run)]
    test.expect(steps == [2, 3, 4, 6], f"checkpoints at steps {steps}")
    other = test.folder / "other-seed"
    test.must("train", plain.config, "--data", plain.data, "--run", other, "--set", "train.seed=1")
    for part in ([], ["--metrics"]):
        test.expect(checksum(test, other, *part) != checksum(test, plain.run, *part),
                    f"another seed, the same checksum {part}")


def main():
    with Test() as test:
        data = test.make_data("data", users=1100, items=1300, ratings=4000)
        plain = Layouts(test, "plain", data, PLAIN)
        for ranks, threads in LAYOUTS:
            run = plain.compare(f"{ranks}x{threads}", ranks, threads)
        compare_checksums(test, plain.run, run)
        see_a_difference(test, plain)
        towers = Layouts(test, "towers", data, TOWERS)
        for isa in test.instruction_sets():
            plain.compare(f"1x1-{isa}", 1, 1, "--isa", isa)
            towers.compare(f"2x1-{isa}", 2, 1, "--isa", isa)
        openblas = Layouts(test, "openblas", data, OPENBLAS)
        for layouts in (towers, openblas):
            layouts.compare("3x1", 3, 1)
            layouts.compare("2x2", 2, 2)
        one_input = Layouts(test, "one-input", data, ONE_INPUT)
        for name, ranks, threads in (("again", 1, 1), ("once-more", 1, 1), ("2x2", 2, 2)):
            one_input.compare(name, ranks, threads)
        groups = Layouts(test, "groups", data, {**TOWERS, "retrieval": GROUPS})
        test.expect(checksum(test, groups.run) != checksum(test, towers.run), "groups were not used")
        negatives = Layouts(test, "negatives", test.make_data("few", users=90, items=300, ratings=4000), NEGATIVES)
        for ranks, threads in ((1, 2), (2, 1), (3, 1), (4, 2)):
            negatives.compare(f"{ranks}x{threads}", ranks, threads)
        negatives.resume()
        found = {"negatives": checksum(test, negatives.run)}
        for name, more in OTHER_LOSSES.items():
            section = {**NEGATIVES, "retrieval": {**NEGATIVES["retrieval"], **more}}
            other = Layouts(test, name, negatives.data, section)
            other.compare("3x1", 3, 1)
            found[name] = checksum(test, other.run)
        other.resume()
        test.expect(len(set(found.values())) == len(found), f"losses that are alike: {found}")
        everything = Layouts(test, "everything", make_shop(test), EVERYTHING)
        for ranks, threads in ((1, 2), (2, 2), (3, 1), (6, 1)):  # more ranks than item ranges, too
            everything.compare(f"{ranks}x{threads}", ranks, threads)
        everything.resume()
        has_everything(test, evaluate_everywhere(test, everything, [(1, 2), (2, 1), (3, 1), (4, 2)],
                                                  ("--set", "eval.by=users.age")))
        measures_everything(test, everything, [(1, 2), (3, 1), (4, 2)])
        embed_what_is_known(test, everything)
        evaluate_everywhere(test, plain)
        test.expect(towers.files != openblas.files, "openblas was not used")


if __name__ == "__main__":
    main()
