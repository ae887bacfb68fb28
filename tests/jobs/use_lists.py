#!/usr/bin/env python3
"""recommend and neighbors: one answer on any layout, and the answer that the same model gives elsewhere.

    use_lists.py TANDEM LAUNCHER...
"""
import csv
import itertools
import json
import shutil

from in_use import ITEMS, SHOP, at_once, near, records, run_cases, split, strings, table
from program import environment, skip

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")


def movielens(u):
    """Real titles: what people look at first."""
    test = u.test
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
        file = u.file_on_every_layout(f"asked.{form}", *ask)  # by its name
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


def described(u):
    """Who has a user's fields has the user's list, where the model reads fields alone."""
    shop = u.shop
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
    with at_once() as begin:
        for name, more, parts in (("no field", ["--features", "ages=3"], ["'ages'", "age"]),
                                  ("no value", ["--features", "job=artst"], ["job", "'artst'", "'artist'"]),
                                  ("no number", ["--features", "age=x"], ["age", "'x'"]),
                                  ("twice", ["--features", "age=1,age=2"], ["age twice"]),
                                  ("no pair", ["--features", "age"], ["FIELD=VALUE", "'age'"]),
                                  ("an item's field", ["--features", "brand=Acme"], ["'brand'"]),
                                  ("no file", ["--users", shop.folder / "gone"], ["gone"]),
                                  ("no field of users", ["--users", shop.folder / "items.csv"], ["items.csv", "'id'"])):
            begin(u.test.refuses, name, [*ask, *more], *parts, ranks=2)


def times(u):
    def ask(*more):
        return u.out("recommend", "--run", u.big, "--user", u.users[0], *more)
    now, then = ask(), ask("--at", u.first)
    u.expect(ask("--at", u.last) == now, "the default is not the data's latest time")
    u.expect(then != now, "--at changes nothing")
    day = np.datetime64(u.first, "s")
    u.expect(ask("--at", f"{day}Z") == then and ask("--at", str(day)) == then, "ISO 8601: another list")
    u.test.refuses("no time", ["recommend", "--run", u.big, "--user", 1, "--at", "noon"], "--at", "noon", status=2)


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
    missing = "a value that the data lack is taken for missing: job 'nothing'"
    u.expect("2 of 5 users" in done.error and missing in done.error, f"some: {done.error}")
    shop.write(file, [["item"], ["u4"]])
    u.test.refuses("no column of users", ask, "'item' is no field of users",
                   "the users' own names are in the column user")
    shop.write(file, [["user", "age", "job"]])
    said = u.test.must(*ask)
    u.expect("nobody is asked for" in said.error, f"no user: {said.text()}")
    commas = u.out(*ask) if shop.write(file, [["user", "history"], ["u4", names[1]]]) is None else ""
    file.write_text(file.read_text().replace(",", ";"))
    u.expect(commas == u.out(*ask) and len(commas) > 80, "semicolons between")
    u.test.refuses("nearly a user", ["recommend", "--run", shop.run, "--user", "u44"], "unknown user 'u44'", "'u4'")
    u.expect(u.out("recommend", "--run", shop.run, "--user", "u3", "--exclude-seen", "train") ==
             u.out("recommend", "--run", shop.run, "--user", "u3", "--exclude-seen"), "--exclude-seen train")
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


def neighbors(u):
    export = u.folder / "for-neighbors"
    u.test.must("export", "--run", u.big, "--out", export)
    v = np.load(export / "candidate_embeddings.npy").astype(np.float64)
    bias = np.load(export / "item_bias.weight.npy")[1:, 0]
    u.expect(np.array_equal(v[:, -1], bias) and len({*bias}) > 9, "export: the last coordinate is no item's bias")
    u.expect((np.load(export / "query_embeddings.npy")[:, -1] == 1).all(), "export: a query's last coordinate is not 1")
    v = v[:, :-1]
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


run_cases((movielens, recommends, agrees_with_evaluate, forms, chooses, excludes_seen, excludes_some_of_the_seen,
           described, times, popular, systems, cold, alive, neighbors))
