#!/usr/bin/env python3
"""What tandem evaluate asks and of what it warns, by hand.

    asked.py TANDEM LAUNCHER...
"""
import json

from program import Test

SCHEMA = """
interactions:
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
    event: {kind: category}
    time: {kind: time, role: time}
items:
  file: items.csv
  key: id
  fields:
    sort: {kind: category}
"""
# Popularity: a and b 2, c 1.
ROWS = {
    "train": ["u1,a,buy,1", "u1,b,view,2", "u2,a,buy,3", "u2,c,view,4", "u3,b,buy,9"],
    "validation": ["u1,c,buy,6", "u2,b,view,7"],
    # Of c, which is last; b; a; what u3 has had; and a, of whom nothing is known. Two are older than 9.
    "test": ["u1,c,buy,5", "u2,b,buy,20", "u3,a,view,3", "u3,b,view,30", "u4,a,buy,31"],
}
# Top-1 and top-2 of the four rows that are no repeats, in the order above, by what is left out.
SEEN = {
    "none": ((0, 0), (0.5, 1), (0.5, 1), (0.5, 1)),
    "train": ((1, 1), (1, 1), (1, 1), (0.5, 1)),
    "train+validation": ((0, 0), (0, 0), (1, 1), (0.5, 1)),
    "event = buy": ((0, 1), (1, 1), (1, 1), (0.5, 1)),
}
TIES = {"optimistic": (0.75, 0.75), "pessimistic": (0, 0.75)}
MODEL = {"model": {"width": 4}, "train": {"batch_size": 10, "shards": 1, "epochs": 1},
         "eval": {"ks": [1, 2], "every_epochs": 1}}


class Asked:
    def __init__(self, test):
        self.test, folder = test, test.folder / "rows"
        folder.mkdir()
        (folder / "schema.yaml").write_text(SCHEMA)
        (folder / "items.csv").write_text("id,sort\na,x\nb,x\nc,x\n")
        for name, rows in ROWS.items():
            (folder / f"{name}.csv").write_text("\n".join(["user,item,event,time", *rows, ""]))
        self.data, self.run = folder / "data.h5", folder / "run"
        self.inputs = ["prepare", "--schema", folder / "schema.yaml", folder / "train.csv", "--split", "files",
                       "--test-input", folder / "test.csv", "--validation-input", folder / "validation.csv", "--out"]
        test.must(*self.inputs, self.data, ranks=2)
        test.must("train", test.config("plain.yaml", **MODEL), "--data", self.data, "--run", self.run)

    def evaluate(self, *sets, run=None, ranks=None):
        words = [word for key in sets for word in ("--set", f"eval.{key}")]
        done = self.test.must("evaluate", "--run", run or self.run, "--json", *words, ranks=ranks)
        return json.loads(done.out), done.error


def top(found):
    return found["top_1_categorical_accuracy"], found["top_2_categorical_accuracy"]


def is_what_is_left(a):
    """By popularity, whose scores are known; rows of items that may not be listed are misses."""
    for seen, rows in SEEN.items():
        for ranks in (1, 3):
            found, _ = a.evaluate(f"exclude_seen={seen}", ranks=ranks)
            expected = tuple(sum(row[k] for row in rows) / 4 for k in (0, 1))
            a.test.expect(top(found["popularity"]) == expected, f"{seen}: {found['popularity']}, not {expected}")
            a.test.expect(found["outside"] == (2 if seen == "train+validation" else 0), f"{seen}: {found}")
    for ties, expected in TIES.items():
        found, _ = a.evaluate(f"ties={ties}")
        a.test.expect(top(found["popularity"]) == expected, f"{ties}: {found['popularity']}, not {expected}")


def is_counted(a):
    found, _ = a.evaluate()
    numbers = {"rows": 4, "split_rows": 5, "users": 4, "candidates": 3, "repeats": 1, "new_users": 1, "idle_users": 0,
               "older_rows": 2}
    a.test.expect({name: found[name] for name in numbers} == numbers, f"{found}, expected {numbers}")
    kept, _ = a.evaluate("repeats=keep")
    a.test.expect((kept["rows"], kept["repeats"], kept["users"]) == (5, 1, 4), f"repeats that are asked: {kept}")
    says = a.test.must("evaluate", "--run", a.run).out
    for line in ("4 of 5 test rows of 4 users, 3 candidates", "1 rows repeat training rows, and are not asked",
                 "1 users have no training row", "50.0 % of the rows are older than the newest training row"):
        a.test.expect(line in says, f"no '{line}': {says}")
    a.test.expect(found["scope"] in says and "statistics of training rows" in found["scope"] and
                  "popularity and histories of training rows" in found["scope"], f"scope: {found['scope']}")


def is_said_to_leak(a):
    """Statistics that saw test rows, and a core of users that did."""
    data, run = a.test.folder / "leaky.h5", a.test.folder / "leaky"
    a.test.must(*a.inputs, data, "--statistics", "all", "--min-user-items", 2)
    a.test.must("train", a.test.config("leaky.yaml", **MODEL), "--data", data, "--run", run)
    found, _ = a.evaluate(run=run)
    for words in ("split files; vocabularies and statistics of all rows, those that are asked, too; log q",
                  "; a core of users and items was chosen before the split"):
        a.test.expect(words in found["scope"], f"no '{words}': {found['scope']}")
    a.test.expect(found["older_rows"] == 2, f"times of training rows, not of all: {found}")


def is_no_better_for_ties(a):
    """A model of an item's sort, the same for all, gives one score; train and evaluate say so."""
    run = a.test.folder / "collapsed"
    config = a.test.config("collapsed.yaml", **MODEL, candidate={"features": ["sort"]}, features={"sort": {"width": 4}})
    says = "% of the {} rows tie with more than 1 other candidates: the model does not tell their items apart"
    trained = a.test.must("train", config, "--data", a.data, "--run", run, ranks=2).error
    a.test.expect("100.0 " + says.format("validation") in trained, f"train says nothing of ties: {trained}")
    expected = {"expected": (1 / 3, 2 / 3), "optimistic": (1, 1), "pessimistic": (0, 0)}
    for ties, values in expected.items():
        found, error = a.evaluate(f"ties={ties}", run=run)
        near = all(abs(x - y) < 1e-6 for x, y in zip(top(found), values, strict=True))
        a.test.expect(near and found["tied_rows"] == 4, f"{ties}: {found}, expected {values}")
        a.test.expect("100.0 " + says.format("test") in error, f"evaluate says nothing of ties: {error}")
    _, error = a.evaluate()
    a.test.expect("tie with" not in error, f"a model that tells items apart: {error}")


def main():
    with Test() as test:
        asked = Asked(test)
        for case in (is_what_is_left, is_counted, is_said_to_leak, is_no_better_for_ties):
            case(asked)


main()
