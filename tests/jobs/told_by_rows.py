#!/usr/bin/env python3
"""A log whose columns tell of its users and items, too, as one that was joined: `--describe` finds them, and `prepare`
takes the first row of each, so that the data are those of tables of their own, on any number of ranks.

    told_by_rows.py TANDEM LAUNCHER...
"""
from program import Test, skip

try:
    import h5py
except ImportError as error:
    skip(f"Python 3 with h5py is needed ({error})")

USERS, ITEMS, ROWS = 23, 17, 400
USER, ITEM = ["age", "job"], ["title", "kinds", "cost"]
SECTIONS = """items: # without a file: by the first row of each in the interactions
  key: 'sku'
  fields:
    title: {kind: text, role: title} # 17 distinct, 0.0 % missing
    kinds: {kind: categories, separator: '|'} # 5 distinct, 0.0 % missing
    cost: {kind: number, decimal: ','} # 9 distinct, 0.0 % missing
"""


def row(i):
    """Column by column: when, who, what; of the user; of the item; of the row."""
    user, item = i * 7 % USERS, (i * 5 + i // 7) % ITEMS
    return {"time": str(1700000000 + 1000 * i), "user": f"u{user}", "sku": f"i{item}",
            "age": str(20 + user % 13), "job": ["artist", "nurse", "smith", ""][user % 4],
            "title": f"The {item}; of {item % 5}", "kinds": "|".join(k for k in "abcd" if (item * 3 + ord(k)) % 5 > 1),
            "cost": f"{item % 9},5", "place": "home" if i % 3 else "away"}


def table(rows, columns):
    return "".join(";".join(f'"{cell}"' if ";" in cell else cell for cell in line) + "\n"
                   for line in [columns, *([row[c] for c in columns] for row in rows)])


def first_of(rows, key, columns):
    found = {}
    for each in rows:
        found.setdefault(each[key], each)
    return table([each for name, each in found.items() if name], [key, *columns])


def content(path):
    """All but where the data are from."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, node: found.update({name: repr(node[()].tolist())})
                        if isinstance(node, h5py.Dataset) and not name.startswith("provenance") else None)
    return found


class Log:
    def __init__(self, test):
        self.test, self.folder = test, test.folder
        self.rows = [row(i) for i in range(ROWS)]
        self.joined = self.write("log.csv", table(self.rows, list(self.rows[0])))

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def prepare(self, schema, log, out, *more, ranks=None):
        result = self.test.must("prepare", "--schema", schema, log, "--out", self.folder / out, *more, ranks=ranks)
        return result, content(self.folder / out)

    def describe(self):
        """The schema that is guessed."""
        schema = self.folder / "schema.yaml"
        told = self.test.must("prepare", "--describe", self.joined, "--write-schema", schema).out
        for line in ("  fields of users: age, job: all rows of one have the same\n",
                     "  fields of items: title, kinds, cost: all rows of one have the same\n"):
            self.test.expect(line in told, f"expected {line}, found {told}")
        text = schema.read_text()
        self.test.expect(SECTIONS in text and
                         "\n    place: {kind: category}" in text.split("users:")[0], f"the schema: {text}")
        again = self.test.must("prepare", "--schema", schema, "--describe", self.joined, "--write-schema",
                               self.folder / "again.yaml").out
        self.test.expect("fields of items: title" in again, f"by its own schema: {again}")
        return schema

    def schema_of_tables(self, schema, rows):
        """The same with tables of their own."""
        text = schema.read_text()
        for name, key, columns in (("users", "user", USER), ("items", "sku", ITEM)):
            self.write(f"{name}.csv", first_of(rows, key, columns))
            text = text.replace(f"{name}: # without a file: by the first row of each in the interactions\n",
                                f"{name}:\n  file: {name}.csv\n  separator: ';'\n")
        return self.write("tables.yaml", text)


def compare(log, schema):
    log.test.expect(len({each["sku"] for each in log.rows}) > 5, "too few items")
    right = log.prepare(log.schema_of_tables(schema, log.rows), log.joined, "tables.h5")[1]
    for ranks in (None, 2, 3):
        result, found = log.prepare(schema, log.joined, "joined.h5", ranks=ranks)
        log.test.expect(found == right and "differ" not in result.error, f"{ranks} ranks: other data: {result.text()}")


def differing(log, schema):
    """The first row of each counts, and how many have others is said."""
    rows = [dict(each) for each in log.rows]
    last = max(i for i, each in enumerate(rows) if each["sku"] == rows[0]["sku"])
    rows[last]["title"] = "Other"
    for i in (last, last - 1):
        rows[i]["age"] = "99"
    path = log.write("differing.csv", table(rows, list(rows[0])))
    right = log.prepare(log.folder / "tables.yaml", path, "tables.h5")[1]
    for ranks in (None, 3):
        result, found = log.prepare(schema, path, "joined.h5", ranks=ranks)
        for line in (f"{path}: the rows of 1 item differ in what they tell of it: the first row of each counts",
                     f"{path}: the rows of 2 users differ in what they tell of them"):
            log.test.expect(result.error.count(line) == 1, f"{ranks} ranks: expected {line}, found {result.error}")
        log.test.expect(found == right, f"{ranks} ranks: not by the first row of each")


def left_out(log, schema):
    """Users and items whose rows are all left out are none, unlike those of a table of their own."""
    left = [each for each in log.rows if float(each["cost"].replace(",", ".")) < 2]
    right = {key: len({each[key] for each in left}) for key in ("user", "sku")}
    log.test.expect(0 < right["sku"] < ITEMS, f"of the items {right} are left")
    for ranks in (None, 3):
        told = log.prepare(schema, log.joined, "joined.h5", "--where", "cost < 2", ranks=ranks)[0].out
        for line in (f"users       {right['user']} with an id", f"items       {right['sku']}\n"):
            log.test.expect(line in told, f"{ranks} ranks: expected {line}, found {told}")


def nobody(log, schema):
    """Rows without a user tell of items all the same."""
    rows = [dict(each, user="") if i < 40 else each for i, each in enumerate(log.rows)]
    path = log.write("nobody.csv", table(rows, list(rows[0])))
    tables = log.schema_of_tables(schema, rows)
    for way in ("drop", "alone"):
        right = log.prepare(tables, path, "tables.h5", "--without-user", way)[1]
        for ranks in (None, 2):
            found = log.prepare(schema, path, "joined.h5", "--without-user", way, ranks=ranks)[1]
            log.test.expect(found == right, f"{way}, {ranks} ranks: other data")


def bad_lines(log, schema):
    """A line that is bad is one bad line, however often it is read; its item is none, where no other line has it."""
    rows = [*log.rows, dict(log.rows[0], sku="lonely")]
    path = log.write("bad.csv", table(rows, list(rows[0])).replace(";lonely;", ";lonely;;;;").rstrip("\n") + "\n")
    for ranks in (None, 3):
        result, found = log.prepare(schema, path, "joined.h5", "--skip-bad", 1, ranks=ranks)
        log.test.expect("bad lines   1 left out" in result.out and result.error.count("left out") == 1,
                        f"{ranks} ranks: {result.text()}")
        log.test.expect("lonely" not in str(found.values()) and f"items       {ITEMS}\n" in result.out,
                        f"{ranks} ranks: an item without a row: {result.text()}")
    rows[-1] = dict(log.rows[0], sku="odd", cost="dear")  # a row without a fault, which tells nothing of its item
    path = log.write("odd.csv", table(rows, list(rows[0])))
    result, _ = log.prepare(schema, path, "joined.h5", "--skip-bad", 1)
    log.test.expect("bad lines   0 left out" in result.out and "'dear'" in result.error, f"{result.text()}")


def sessions(log, schema):
    """What is told of a user is told of each session."""
    right = log.prepare(log.folder / "tables.yaml", log.joined, "tables.h5", "--session", "12h")[1]
    for ranks in (None, 3):
        found = log.prepare(schema, log.joined, "joined.h5", "--session", "12h", ranks=ranks)[1]
        log.test.expect(found == right, f"sessions, {ranks} ranks: other data")


def in_use(log, schema):
    """New items are told in the log's form, or by name, which `item` is as good as the data's own word for."""
    test, run, out = log.test, log.folder / "run", log.folder / "new.npy"
    log.prepare(schema, log.joined, "joined.h5")
    config = test.config(model={"width": 4}, train={"batch_size": 64, "epochs": 1},
                         features={"kinds": {"pool": "mean"}, "cost": {"transform": "normalized"}},
                         candidate={"features": ["item", "kinds", "cost"], "tower": [4]})
    test.must("train", config, "--data", log.folder / "joined.h5", "--run", run)

    def embedded(name, text, *more, ranks=None):
        test.must("embed", "--run", run, "--items", log.write(name, text), "--out", out, *more, ranks=ranks)
        return out.read_bytes(), out.with_suffix(".txt").read_text() if out.with_suffix(".txt").exists() else ""

    told = embedded("new.csv", "sku,kinds,cost\nnew,a|b,2.5\n")
    for name, text, more in (("word.csv", "item,kinds,cost\nnew,a|b,2.5\n", ()),
                             ("word.jsonl", '{"item": "new", "kinds": ["a", "b"], "cost": 2.5}\n', ()),
                             ("log.csv", "sku;title;kinds;cost\nnew;A;a|b;2,5\n", ("--schema", schema))):
        for ranks in (None, 2):
            test.expect(embedded(name, text, *more, ranks=ranks) == told, f"{name}, {ranks} ranks: another vector")
    for name, text in (("both.csv", "item,sku\nnew,i1\n"), ("both.jsonl", '{"item": "new", "sku": "i1"}\n')):
        test.refuses(name, ["embed", "--run", run, "--items", log.write(name, text), "--out", out], "sku")


def refusals(log, schema):
    out, test = log.folder / "no.h5", log.test
    result = test.run("prepare", "--schema", schema, "-", "--out", out, text=log.joined.read_text())
    test.expect(result.status == 1 and "expected a file, as users without a file of their own are read from it, too; "
                "found a stream" in result.error and not out.exists(), f"a stream: {result.text()}")
    form = log.write("form.yaml", schema.read_text().replace("  key: 'sku'\n", "  key: 'sku'\n  separator: ','\n"))
    test.refuses("a form of no file", ["prepare", "--schema", form, log.joined, "--out", out],
                 "items: expected a file, such as `file: items.csv`, or no word on how its lines are read")
    text = log.write("text.yaml", schema.read_text().replace("job: {kind: category}", "job: {kind: text}"))
    test.refuses("a text of users", ["prepare", "--schema", text, log.joined, "--out", out],
                 "users: expected a file where a field is a text, as 'job'")
    column = log.write("column.yaml", schema.read_text().replace("  key: 'sku'\n", "  key: 'skv'\n"))
    test.refuses("a column that is not there", ["prepare", "--schema", column, log.joined, "--out", out], "'skv'",
                 "'sku'")


with Test() as test:
    log = Log(test)
    schema = log.describe()
    compare(log, schema)
    differing(log, schema)
    left_out(log, schema)
    nobody(log, schema)
    bad_lines(log, schema)
    sessions(log, schema)
    in_use(log, schema)
    refusals(log, schema)
