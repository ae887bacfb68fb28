#!/usr/bin/env python3
"""predict: one answer on any layout, of pairs from files and standard input, of what is known and what is not.

    use_pairs.py TANDEM LAUNCHER...
"""
import csv
import io
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from in_use import Shop, near, records, run_cases, strings, table
from program import SECONDS, skip, untimed

try:
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")


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
            if "can't keep up" in done.stderr:  # MPICH's launcher gives up where it is faster than its rank
                u.expect(done.returncode != 0 and not out.exists(), f"given up: {name}")
            elif wrapper or repeats:
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
    u.expect("standard input: a value that the data lack is taken for missing: device 'tablet'" in said,
             f"heads: {said}")
    result = u.test.run("predict", "--run", run, "--pairs", "-", text=bad.replace("20", "2O"), ranks=2)
    u.expect(result.status == 1 and "standard input:2: expected" in result.error and "'2O'" in result.error,
             f"heads: {result.text()}")
    u.test.refuses("no field", ["predict", "--run", run, "--user", "u1", "--item", "i3", "--features", "prize=1"],
                   "'prize'", "price")


run_cases((predicts, handed_on, pairs_of_lists, unknown, keys_and_titles, without_training_rows, heads,
           heads_of_classes))
