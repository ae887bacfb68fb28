#!/usr/bin/env python3
"""A run that begins with what another one has learned: which rows, by names; the same on all layouts.

    warm_start.py TANDEM LAUNCHER...
"""
import json
import shutil

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

from program import Test, checkpoints, log_objects, result_files, skip

SECTIONS = {
    "query": {"features": ["user", "timestamp_buckets", "timestamp"], "timestamp_edges": 20, "tower": [16]},
    "candidate": {"features": ["item", "title_text"], "tower": [16]},
    "rating": {"enabled": True, "hidden": [8]},
    "train": {"batch_size": 240, "shards": 8, "epochs": 2, "seed": 5},
}
# Table, names of its rows in a data file, and the first row that has one.
TABLES = {"user_table": "user", "item_table": "item", "token_table": "title"}


def tensors(checkpoint, group="parameters"):
    with h5py.File(checkpoint, "r") as file:
        found = {}
        file[group].visititems(lambda name, item: found.update({name: item[()]})
                               if isinstance(item, h5py.Dataset) else None)
    return found


def rows_of_names(data, table):
    """Row of each name that has one."""
    field = TABLES[table]
    with h5py.File(data, "r") as file:
        text = bytes(file[f"vocabularies/{field}/bytes"][()])
        at = file[f"vocabularies/{field}/offsets"][()]
        ids = int(file[f"schema/{field}"].attrs["vocabulary"])
    names = {text[at[i - 1]:at[i]]: i for i in range(1, ids)}
    return names | {b"": 0} if field == "title" else names  # the row of padding


class Warm:
    def __init__(self, test):
        self.test = test
        test.make_data("data")
        self.data = self.extend("data", items=0, ratings=10)
        self.config = test.config(**SECTIONS)
        shutil.copytree(test.folder / "data", test.folder / "grown")
        self.grown = self.extend("grown", items=30, ratings=600)
        self.old = self.train("old", self.data)

    def extend(self, name, items, ratings):
        """Adds users and items, whose names come before and between the others'. A user with one
        rating may have no row in the table: it may be a test row."""
        source, file = self.test.folder / name, self.test.folder / f"{name}.h5"
        with open(source / "movies.csv", "a", encoding="utf-8") as movies:
            movies.writelines(f"{1000 + i},Another Aardvark {i} (1990),Drama\n" for i in range(items))
        with open(source / "ratings.csv", "a", encoding="utf-8") as file_of_ratings:
            begin = 900000000 if items else 840000000
            file_of_ratings.writelines(
                f"{500 + i % 20},{1000 + i % items if items else 1 + i},{1 + i % 5}.0,{begin + i}\n"
                for i in range(ratings))
        self.test.must("prepare", "--format", "movielens-csv", source, "--out", file)
        return file

    def arguments(self, run, data, *more):
        return ["train", self.config, "--data", data, "--run", run, *more]

    def train(self, name, data, *more, says="", **layout):
        run = self.test.folder / name
        self.test.must(*self.arguments(run, data, *more), says=says, **layout)
        return run

    def compare(self, what, found, expected):
        self.test.expect(found.shape == expected.shape and numpy.array_equal(found, expected),
                         f"{what}: other values")


def same_names(warm):
    """Another seed, but every row is the other run's: parameters and accumulators."""
    run = warm.train("same", warm.data, "--warm-start", warm.old, "--set", "train.seed=9", ranks=2,
                     says="user_table/weight: ")
    for group in ("parameters", "optimizer/accumulator"):
        found, old = tensors(checkpoints(run)[0], group), tensors(checkpoints(warm.old)[-1], group)
        warm.test.expect(found.keys() == old.keys() and "bucket_table/weight" in found, "other tensors")
        for name, values in old.items():
            warm.compare(f"same: {group}/{name}", found[name], values)
    warm.test.expect(checkpoints(run)[0].stem == "step-000000000000", "no checkpoint at step 0")
    origin = {"run": str(warm.old.resolve()), "step": int(checkpoints(warm.old)[-1].stem[5:]), "updates": 0}
    warm.test.expect(json.loads((run / "run.json").read_text())["warm_start"] == origin, "run.json")
    event = [o for o in log_objects(run) if o["event"] == "warm_start"]
    warm.test.expect(event == [{"event": "warm_start", "step": 0, "run": origin["run"],
                                "from_step": origin["step"]}], f"log.jsonl: {event}")


def without_a_row(warm):
    with h5py.File(warm.data, "r") as file:
        return int(file.attrs["file_users"]) - int(file["schema/user"].attrs["vocabulary"]) + 1


def times(file):
    with h5py.File(file, "r") as data:
        return data["schema/timestamp"].attrs["low"], data["schema/timestamp"].attrs["high"]


def cold_tables(warm):
    """The start of the seed: nothing can be taken from tables of another width."""
    narrow = warm.train("narrow", warm.data, "--set", "model.width=8")
    run = warm.train("cold", warm.grown, "--warm-start", narrow, says="none, it has 32 columns here and 8")
    return tensors(checkpoints(run)[0]), tensors(checkpoints(run)[0], "optimizer/accumulator")


def grown_catalogue(warm):
    run = warm.test.folder / "more"
    warm.said = warm.test.must(*warm.arguments(run, warm.grown, "--warm-start", warm.old), ranks=3).error
    cold = cold_tables(warm)
    warm.test.expect(times(warm.data) != times(warm.grown), "the edges of times agree")
    warm.test.expect(without_a_row(warm) > 0, "every user has a row: nothing to be told apart")
    for group, start in zip(("parameters", "optimizer/accumulator"), cold, strict=True):
        found, old = tensors(checkpoints(run)[0], group), tensors(checkpoints(warm.old)[-1], group)
        for table in TABLES:
            name = f"{table}/weight"
            ours, theirs = rows_of_names(warm.grown, table), rows_of_names(warm.data, table)
            expected, taken = start[name].copy(), 0
            expected[0] = old[name][0]
            for text, row in ours.items():
                if text in theirs:
                    expected[row] = old[name][theirs[text]]
                    taken += 1
            warm.compare(f"grown: {group}/{name}", found[name], expected)
            warm.test.expect(0 < taken < len(ours), f"{name}: nothing to be told apart")
        warm.compare(f"grown: {group}/buckets", found["bucket_table/weight"], start["bucket_table/weight"])
        for name in found:
            if name.split("/")[0] not in TABLES and not name.startswith("bucket"):
                warm.compare(f"grown: {group}/{name}", found[name], old[name])
    return run


def edges_that_differ(warm):
    run = warm.train("edges", warm.data, "--warm-start", warm.old, "--set", "query.timestamp_edges=30",
                     says="bucket_table/weight: 0 of 31 rows")
    warm.test.expect((tensors(checkpoints(run)[0], "optimizer/accumulator")["bucket_table/weight"] ==
                      numpy.float32(0.1)).all(), "edges: accumulators of fresh rows")
    run = warm.train("head", warm.data, "--warm-start", warm.old, "--set", "optimizer.kind=adam",
                     "--set", "optimizer.learning_rate=0.001", "--set", "rating.hidden=[4]",
                     says="the optimizer's state begins anew")
    warm.test.expect(not tensors(checkpoints(run)[0], "optimizer/m")["user_table/weight"].any(),
                     "Adam: moments of a run that had none")


def keeps_the_optimizer(warm):
    """Adam with its moments and its count of steps goes on as one run does, where epochs are alike."""
    adam = ("--set", "optimizer.kind=adam", "--set", "optimizer.learning_rate=0.001", "--set", "train.reshuffle=false")
    whole = warm.train("adam-4", warm.data, *adam, "--set", "train.epochs=4")
    old = warm.train("adam-2", warm.data, *adam)
    more = warm.train("adam-2-2", warm.data, *adam, "--warm-start", old, "--keep-optimizer", ranks=2,
                      says="state follows the rows")
    again = warm.train("adam-2-1", warm.data, *adam, "--set", "train.epochs=1", "--warm-start", old, "--keep-optimizer")
    again = warm.train("adam-2-1-1", warm.data, *adam, "--set", "train.epochs=1", "--warm-start", again,
                       "--keep-optimizer")
    step = int(checkpoints(old)[-1].stem[5:])
    said = json.loads((more / "run.json").read_text())["warm_start"]
    warm.test.expect(said == {"run": str(old.resolve()), "step": step, "updates": step}, f"run.json: {said}")
    for run in (more, again):
        for group in ("parameters", "optimizer/m", "optimizer/v"):
            found, one = (tensors(checkpoints(r)[-1], group) for r in (run, whole))
            for name, values in one.items():
                warm.compare(f"{run.name}: {group}/{name}", found[name], values)
    warm.test.refuses("Adagrad's", warm.arguments(warm.test.folder / "none", warm.data, *adam, "--warm-start", warm.old,
                                                  "--keep-optimizer"), str(warm.old), "optimizer.kind", ranks=2)
    warm.test.refuses("nobody's", warm.arguments(warm.test.folder / "none", warm.data, "--keep-optimizer"),
                      "--warm-start", status=2)


def counts_rows(warm):
    """What is said of each table, counted by names; --resume on other data says how to go on."""
    run = warm.test.folder / "counted"
    said = warm.test.must(*warm.arguments(run, warm.data, "--warm-start", warm.test.folder / "more", "--set",
                                          "train.epochs=1"), ranks=3).error
    for old_data, new_data, text in ((warm.grown, warm.data, said), (warm.data, warm.grown, warm.said)):
        for table in ("user_table", "item_table"):
            ours, theirs = rows_of_names(new_data, table), rows_of_names(old_data, table)
            old = sum(name in theirs for name in ours)
            with h5py.File(new_data, "r") as file:
                counts = file["items/train_counts"][()] if table == "item_table" else \
                    numpy.insert(numpy.diff(file["users/seen/offsets"][()]), 0, 0)
            never = sum(counts[row] == 0 and name not in theirs for name, row in ours.items())
            line = f"{table}/weight: {old + 1} of {len(ours) + 1} rows are old, {len(ours) - old} new, " \
                   f"{len(theirs) - old} dropped, {never} never trained"
            warm.test.expect(line in text, f"expected {line}; found {text}")
    warm.test.refuses("other data", warm.arguments(run, warm.grown, "--resume"), "other data",
                      f"--warm-start {run}", ranks=2)


SHOP = """
interactions:
  file: events.csv
  split: {rule: time, test_from: 1700000400}
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    device: {kind: category}
    time: {kind: time, role: time}
items:
  file: items.jsonl
  key: sku
  fields:
    brand: {kind: category}
    tags: {kind: categories}
    price: {kind: number}
users:
  file: users.csv
  key: id
  fields:
    city: {kind: category}
"""


def write_week(folder, more):
    """A hundred rows, of which those from 1700000400 on are for testing; more has names that the other lacks."""
    folder.mkdir()
    (folder / "schema.yaml").write_text(SHOP)
    device = ("phone", "desk", "tv" if more else "phone")
    (folder / "events.csv").write_text("user,item,device,time\n" + "".join(
        f"u{i % 9},i{i * 3 % 11},{device[i % 3] if i < 80 or not more else 'watch'},{1700000000 + 5 * i}\n"
        for i in range(100)))
    # Nobody has had Zed's, nor what only the late user of Rome asks for in the test rows.
    brands = ("Acme", "Bolt", "New" if more else "Acme")
    items = [{"sku": f"i{i}", "brand": brands[i % 3], "tags": ["a", "b" if i % 2 else "c"], "price": i}
             for i in range(11)]
    items += [{"sku": "cold", "brand": "Zed", "tags": ["odd", "a", "rare"], "price": 99}] if more else []
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (folder / "users.csv").write_text("id,city\n" + "".join(f"u{i},{'Bern' if i % 2 else 'Oslo'}\n" for i in range(9))
                                      + ("late,Rome\n" if more else ""))


def counts_rows_of_fields(test):
    """Rows of all tables that no training row names, by hand: of rows, users, items and histories."""
    reads = {"model": {"width": 4}, "train": {"batch_size": 40, "shards": 2, "epochs": 1},
             "query": {"features": ["user", "city", "device", "hour", "past", "kinds"], "tower": [4]},
             "candidate": {"features": ["item", "brand", "tags", "costs"], "tower": [4]},
             "features": {"city": {}, "device": {}, "brand": {}, "tags": {},
                          "hour": {"field": "time", "transform": "hour"},
                          "past": {"encoder": "history", "table": "item_table"},
                          "kinds": {"encoder": "history", "field": "brand", "where": "device = phone"},
                          "costs": {"field": "price", "buckets": 3, "transform": "even"}},
             "tasks": {"phone": {"kind": "classification", "label": "device = phone", "hidden": [], "bias": ["item"]}}}
    config, runs = test.config("fields.yaml", **reads), {}
    for name, more in (("week-a", False), ("week-b", True)):
        folder, data = test.folder / name, test.folder / f"{name}.h5"
        write_week(folder, more)
        test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data)
        runs[name] = ["train", config, "--data", data, "--run", test.folder / f"{name}-run"]
    test.must(*runs["week-a"])
    said = [test.must(*runs["week-b"], "--fresh", "--warm-start", test.folder / "week-a-run", ranks=ranks).error
            for ranks in (1, 2, 3)]
    tables = [[line for line in text.splitlines() if "never trained" in line] for text in said]
    test.expect(tables[1:] == tables[:1] * 2, f"rows of fields: ranks differ: {tables}")
    for line in ("city_table/weight: 3 of 4 rows are old, 1 new, 0 dropped, 1 never trained",
                 "device_table/weight: 3 of 5 rows are old, 2 new, 0 dropped, 1 never trained",
                 "hour_table/weight: 25 of 25 rows are old, 0 new, 0 dropped, 0 never trained",
                 "item_table/weight: 12 of 13 rows are old, 1 new, 0 dropped, 1 never trained",
                 "brand_table/weight: 3 of 5 rows are old, 2 new, 0 dropped, 1 never trained",
                 "kinds_table/weight: 3 of 5 rows are old, 2 new, 0 dropped, 1 never trained",
                 "tags_table/weight: 4 of 6 rows are old, 2 new, 0 dropped, 2 never trained",
                 "costs_table/weight: 0 of 3 rows are old, 3 new, 3 dropped, 1 never trained",
                 "phone_item_bias/weight: 12 of 13 rows are old, 1 new, 0 dropped, 1 never trained"):
        test.expect(line in said[0], f"rows of fields: expected {line}; found {said[0]}")


def layouts(warm, whole):
    for ranks, threads in ((None, 2), (1, 1), (2, 1), (4, 1)):
        name = f"on-{ranks}-{threads}"
        run = warm.train(name, warm.grown, "--warm-start", warm.old, "--threads", threads, ranks=ranks)
        warm.test.expect(result_files(run) == result_files(whole), f"{name}: other bytes")


def goes_on(warm, whole):
    """A run that was to begin warm and was killed before its first checkpoint does not begin cold."""
    test, run = warm.test, warm.test.folder / "killed"
    shutil.copytree(whole, run)
    for file in checkpoints(run):
        file.unlink()
    test.refuses("cold", warm.arguments(run, warm.grown, "--resume"), "was to begin from",
                 str(warm.old.resolve()), "--warm-start again", ranks=2)
    warm.train("killed", warm.grown, "--resume", "--warm-start", warm.old)
    test.expect(result_files(run) == result_files(whole), "killed: other bytes")
    for file in checkpoints(run)[1:]:
        file.unlink()
    warm.train("killed", warm.grown, "--resume", "--warm-start", test.folder / "gone",
               says="--warm-start is not heeded")
    test.expect(result_files(run) == result_files(whole), "killed again: other bytes")
    test.expect("warm_start" in json.loads((run / "run.json").read_text()), "run.json forgot")


def refusals(warm):
    test, run = warm.test, warm.test.folder / "refused"
    shutil.copytree(warm.old, run)
    before = result_files(run)
    fresh = warm.arguments(run, warm.data, "--fresh", "--warm-start")
    test.refuses("itself", [*fresh, run], "is --run itself", status=2, ranks=2)
    test.refuses("no run", [*fresh, test.folder / "none"], "no run", ranks=2)
    test.refuses("no data", [*fresh, warm.old, "--warm-start-data", test.folder / "none.h5"],
                 "none.h5", "--warm-start-data FILE", ranks=2)
    test.refuses("other data", [*fresh, warm.old, "--warm-start-data", warm.grown],
                 "was trained on other data", "--warm-start-data", ranks=2)
    test.refuses("no start", warm.arguments(run, warm.data, "--warm-start-data", warm.data),
                 "missing", status=2)
    test.expect(result_files(run) == before, "a refusal removed the run")
    moved = test.folder / "moved.h5"
    warm.data.rename(moved)
    test.refuses("moved", warm.arguments(test.folder / "new", warm.grown, "--warm-start", warm.old),
                 str(warm.data), "if it moved, --warm-start-data FILE", ranks=2)
    warm.train("found", moved, "--warm-start", warm.old, "--warm-start-data", moved)


WEEKS_SCHEMA = """
interactions:
  file: rows.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    rating: {kind: number, role: label}
users: {file: users.csv, key: id, fields: {age: {kind: number}, job: {kind: category}}}
items:
  file: items.csv
  key: id
  fields: {name: {kind: text, role: title}, tags: {kind: categories, separator: '|', weighted: yes}}
"""
WEEKS = {"model": {"width": 4}, "query": {"features": ["user", "age", "job"], "tower": [4]},
         "candidate": {"features": ["item", "name", "tags"], "tower": [4]},
         "features": {"age": {}, "job": {"width": 3}, "tags": {"width": 3}, "name": {"width": 3}},
         "train": {"batch_size": 200, "shards": 4, "epochs": 2}}


def make_week(test, name, users, items, *, once=0, idle=()):
    """Users and items of ranges, each told in its own table; idle users have no row, and as many others as once
    have one, which may be a test row."""
    folder, data = test.folder / name, test.folder / f"{name}.h5"
    folder.mkdir()
    (folder / "schema.yaml").write_text(WEEKS_SCHEMA)
    rows = [(users[i * 11 % len(users)], items[i * i % len(items)], 1 + i % 5) for i in range(900)]
    rows = [row for row in rows if row[0] not in idle] + [(1000 + i, items[i % len(items)], 3) for i in range(once)]
    (folder / "rows.csv").write_text("user,item,rating\n" + "".join(f"u{u},i{i},{r}\n" for u, i, r in rows))
    (folder / "users.csv").write_text("id,age,job\n" + "".join(
        f"u{u},{20 + u},job{u // 6}\n" for u in users))
    (folder / "items.csv").write_text("id,name,tags\n" + "".join(
        f"i{i},Thing {i},t{i // 6}:0.5|z:2\n" for i in items))
    test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data)
    return data


def named(data, field):
    """A field's names, by id."""
    with h5py.File(data, "r") as file:
        return named_list(file, f"vocabularies/{field}")


def told(data):
    """What is told of every user and item, by names, and how many items a user has seen, in how many rows."""
    with h5py.File(data, "r") as file:
        users, items, jobs, tags, words = (named(data, name) for name in ("user", "item", "job", "tags", "name"))
        age, job = (file[f"users/fields/{name}"][()] for name in ("age", "job"))
        at, tag, weight = (file[f"items/fields/{name}"][()] for name in ("tags/offsets", "tags/values",
                                                                         "tags_weights/values"))
        name_at, name = (file[f"items/fields/name/{part}"][()] for part in ("offsets", "values"))
        titles = dict(zip(file["catalog/item"][()], named_list(file, "catalog/title"), strict=True))
        seen, rows = numpy.diff(file["users/seen/offsets"][()]), numpy.diff(file["train/user_offsets"][()])
    of_users = {user: (str(age[i]), jobs[job[i] - 1] if job[i] else "") for i, user in enumerate(users)}
    of_items = {items[i - 1]: (titles[i], [words[w - 1] for w in name[name_at[i]:name_at[i + 1]]],
                               [(tags[t - 1], w) for t, w in zip(tag[at[i]:at[i + 1]], weight[at[i]:at[i + 1]],
                                                                 strict=True)])
                for i in range(1, len(items) + 1)}
    return of_users, of_items, dict(zip(users, zip(seen, rows, strict=True), strict=True))


def named_list(file, name):
    text, at = bytes(file[f"{name}/bytes"][()]), file[f"{name}/offsets"][()]
    return [text[at[i]:at[i + 1]].decode() for i in range(len(at) - 1)]


def keeps_absent(test):
    """Users and items of the first week alone are known after the second, and after the third."""
    first = make_week(test, "week1", range(40), range(50))
    second = make_week(test, "week2", range(10, 45), range(10, 60), once=20, idle=range(12, 15))
    config = test.config("weeks.yaml", **WEEKS)
    old, run = test.folder / "week1-run", test.folder / "week2-run"

    def train(to, data, *more, ranks=None):
        return test.must("train", config, "--data", data, "--run", to, *more, ranks=ranks).error
    train(old, first)
    said = train(run, second, "--warm-start", old, "--keep-absent", ranks=3)
    test.expect(f"keeps 13 users and 10 items that {second} lacks" in said and
                "rows are old, 13 of them kept" in said and
                said.count(", 0 dropped") == said.count("rows are old"), f"keep: {said}")
    before, new, kept = told(first), told(second), told(run / "data.h5")
    for what in (0, 1):
        test.expect(kept[what] == {**before[what], **new[what]}, f"keep: {kept[what]} of {before[what]}, {new[what]}")
    test.expect(kept[2] == {**dict.fromkeys(before[0], (0, 0)), **new[2]} and new[2]["u13"] == (0, 0), "keep: rows")
    found, learned = tensors(checkpoints(run)[0]), tensors(checkpoints(old)[-1])
    for table, field in (("user_table", "user"), ("item_table", "item"), ("job_table", "job"), ("tags_table", "tags")):
        ours, theirs = named(run / "data.h5", field), named(first, field)
        rows = [(ours.index(name) + 1, theirs.index(name) + 1) for name in theirs]
        same = all((found[f"{table}/weight"][a] == learned[f"{table}/weight"][b]).all() for a, b in rows)
        test.expect(same, f"keep: {table}: other rows")
    lists = test.must("recommend", "--run", run, "--user", "u3", "-k", 60, "--format", "tsv", ranks=2).out
    test.expect("Thing 4\t" in lists and "unknown" not in lists and len(lists.splitlines()) == 61, f"keep: {lists}")
    alone = test.folder / "week2-alone"
    train(alone, second, "--warm-start", old, "--keep-absent", "--set", "train.epochs=1")
    train(alone, second, "--resume", ranks=2)
    test.expect(result_files(alone) == result_files(run) and
                (alone / "data.h5").read_bytes() == (run / "data.h5").read_bytes(), "keep: other bytes on one rank")
    moved = test.folder / "moved-run"
    run.rename(moved)
    said = train(test.folder / "week3-run", first, "--warm-start", moved, "--keep-absent")
    test.expect("keeps 5 users and 10 items" in said.replace(" 25 users", " 5 users"), f"keep: third: {said}")
    train(test.folder / "week3-run", second, "--fresh")
    test.expect(not (test.folder / "week3-run" / "data.h5").exists(), "--fresh left the older run's data")
    test.refuses("nobody's", ["train", config, "--data", second, "--run", run, "--keep-absent"], "--warm-start",
                 status=2)


def main():
    if not h5py:
        skip("no h5py")
    with Test() as test:
        warm = Warm(test)
        same_names(warm)
        whole = grown_catalogue(warm)
        edges_that_differ(warm)
        keeps_the_optimizer(warm)
        counts_rows(warm)
        counts_rows_of_fields(test)
        layouts(warm, whole)
        goes_on(warm, whole)
        refusals(warm)
        keeps_absent(test)


main()
