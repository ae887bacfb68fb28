#!/usr/bin/env python3
"""export and embed against what a checkpoint has, and the lines of the documents that read them; what is refused.

    use_exports.py TANDEM SERVING LAUNCHER...      SERVING is docs/serving.md
"""
import functools
import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from in_use import ITEMS, RATINGS, USERS, at_once, records, run_cases, table
from program import log_objects, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")


# A query is its user's row beside the mean of what the user had; a candidate its own row plus the sum of
# those of whom it had.
PAST = {"train": {"batch_size": 400, "shards": 4, "epochs": 1}, "model": {"width": 4},
        "features": {"past": {"encoder": "history", "table": "item_table", "last": 5, "where": "rating >= 3"},
                     "fans": {"encoder": "history", "last": 4, "pool": "sum", "width": 8},
                     "long_item": {"field": "item", "width": 8}},
        "query": {"features": ["user", "past"]},
        "candidate": {"features": ["long_item", "fans"], "combine": "sum"}}


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
    u.expect("a value that the data lack is taken for missing: brand 'Zork'" in said, f"embed: {said}")
    embed = ["embed", "--run", shop.run]
    u.test.refuses("both", [*embed, "--items", file, "--users", file, "--out", out], "both", status=2)
    u.test.refuses("no npy", [*embed, "--items", file, "--out", u.folder / "new.bin"], ".npy", status=2)
    u.test.refuses("no table", [*embed, "--items", u.folder / "gone", "--out", out], "gone", ranks=2)


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
    with at_once() as begin:
        refuses = functools.partial(begin, u.test.refuses)
        for name, more in (("predict", pair), ("recommend", ["--user", u.users[0]]),
                           ("neighbors", ["--item", u.items[0]]), ("export", ["--out", none])):
            refuses(f"{name}: other data", [name, "--run", u.big, "--data", other, *more], str(u.big),
                    str(other), "other data", ranks=2)
            refuses(f"{name}: no run", [name, "--run", none, *more], f"{none} is no run", ranks=2)
            refuses(f"{name}: no run named", [name, *more], "--run", status=2)
            refuses(f"{name}: no such step", [name, "--run", u.big, "--checkpoint", 3, *more], "no checkpoint of step")
        run = ["--run", u.big]
        refuses("an empty name", ["recommend", "--run", "", "--user", 1], "--run", status=2)
        refuses("-k 0", ["recommend", *run, "--user", 1, "-k", 0], "-k", status=2)
        refuses("nobody", ["recommend", *run], "--user", status=2)
        refuses("no file", ["recommend", *run, "--all-users"], "--out", status=2)
        refuses("no item", ["predict", *run, "--user", 1], "--item", status=2)
        refuses("--unknown", ["predict", *run, *pair, "--unknown", "x"], "--unknown", "allow", status=2)
        for name in ("lists.h5", "lists.tsv"):
            refuses(name, ["recommend", *run, "--all-users", "--out", none / name], "No such file", ranks=2)
        refuses("no pairs", ["predict", *run, "--pairs", none], f"{none}: No such file", ranks=2)
        refuses("a folder of pairs", ["predict", *run, "--pairs", u.folder], "a folder", ranks=2)
    u.expect(not none.exists(), "a refused export left something")


def many_alone(u):
    """Short commands at once, none under a launcher: they share nothing that one could take away."""
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: u.test.run("inspect", "--checksum", u.plain), range(300)))
    wrong = [d.text() for d in done if d.status != 0 or d.error or d.out != done[0].out]
    u.test.expect(not wrong, f"{len(wrong)} of 300 commands at once failed, the first: {wrong[:1]}")


def main():
    serving = sys.argv.pop(2)
    run_cases((embeds, exports, histories, replaces_exports_only, errors, many_alone, lambda u: serves(u, serving)))


main()
