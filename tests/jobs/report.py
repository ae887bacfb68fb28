#!/usr/bin/env python3
"""tandem report: a page that is sound whatever strangers wrote, numbers that are those of evaluate, metrics.h5 and
the log, and runs of which something is missing.

    report.py TANDEM LAUNCHER...
"""
import csv
import json
import os
import re
import shutil
import time
import xml.etree.ElementTree

from html_page import Page, tidy_says
from program import Test, checkpoints, left_behind, log_objects, result_files, skip

try:
    import h5py
except ImportError as error:
    skip(f"Python 3 with h5py is needed ({error})")

HOSTILE = "it's <img src=x onerror=alert(1)> `touch stolen` $(touch stolen) \u202e\"&amp; {/=40 @x} ' ; system 'y'"
SECTIONS = {"train": {"batch_size": 400, "shards": 4, "epochs": 4},
            "rating": {"enabled": True, "hidden": [8]},
            "eval": {"ks": [1, 5, 20], "every_epochs": 1, "candidates": "unique",
                     "metrics": ["top_k_categorical_accuracy", "ndcg_at_k", "root_mean_squared_error"]}}


def table(folder, name):
    with open(folder / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Reports:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.run = test.folder / "run"
        self.train(self.run)

    def train(self, run, *more, data=None):
        self.test.must("train", self.config, "--data", data or self.data, "--run", run, *more)

    def copy(self, name):
        run = self.test.folder / name
        shutil.copytree(self.run, run)
        return run

    def make(self, name, *arguments, says="", **layout):
        """The page and the folder of its tables."""
        page, folder = self.test.folder / f"{name}.html", self.test.folder / f"{name}.csv"
        self.test.must("report", *arguments, "--out", page, "--csv", folder, says=says, **layout)
        return self.check(name, Page(page)), folder

    def check(self, name, page):
        """What every page must be."""
        expect = self.test.expect
        expect(not page.problems, f"{name}: {page.problems}")
        expect(not tidy_says(page.text), f"{name}: {tidy_says(page.text)}")
        expect(len(set(page.ids)) == len(page.ids), f"{name}: an id is there twice: {page.ids}")
        expect(not {"script", "link", "iframe", "object", "img", "base"} & set(page.tags), f"{name}: {set(page.tags)}")
        expect(all(link.startswith("#") and link[1:] in page.ids for link in page.links), f"{name}: {page.links}")
        expect("@import" not in page.text and "url(h" not in page.text, f"{name}: its style loads something")
        expect(page.text.startswith("<!DOCTYPE html>\n"), f"{name}: {page.text[:40]}")
        style = page.text.split("</style>")[0]
        for picture in page.pictures():
            dull = set(re.findall(r"(?:stroke|fill)=['\"]((?:black|gray|rgb\( *(\d+), *\2, *\2\)))['\"]", picture))
            expect(all(f'"{color}"' in style for color, _ in dull), f"{name}: dark pages do not show all of {dull}")
            try:
                xml.etree.ElementTree.fromstring(picture)
            except xml.etree.ElementTree.ParseError as error:
                self.test.fail(f"{name}: {error} in {picture[:300]}")
        if shutil.which("gnuplot"):
            expect("A picture is missing" not in page.says(), f"{name}: pictures are missing")
        return page


def numbers_are_those_of_evaluate(r):
    page, folder = r.make("numbers", r.run)
    newest = int(checkpoints(r.run)[-1].stem.split("-")[1])
    facts = {row["what"]: row["of this run"] for row in table(folder, "run-facts")}
    best = int(facts["checkpoints"].split("the best of step ")[1].split()[0])
    found = json.loads(r.test.must("evaluate", "--run", r.run, "--checkpoint", best, "--intervals", "--no-keep",
                                   "--json").out)
    rows = table(folder, "systems-values")
    r.test.expect(len(rows) == 7, f"expected 7 metrics; found {len(rows)}")
    for row in rows:
        for system, values in (("model", found), ("popularity", found["popularity"])):
            if row["metric"] not in values:
                r.test.expect(row[system] == "", f"{row['metric']} of {system}: {row[system]}, but evaluate has none")
                continue
            told = [float(row[f"{system}{end}"]) for end in ("", " low", " high")]
            wanted = [values[row["metric"]], *values[f"{row['metric']}_interval"]]
            r.test.expect(all(abs(a - b) < 1e-12 for a, b in zip(told, wanted, strict=True)),
                          f"{row['metric']}: {told}, but evaluate has {wanted}")
            r.test.expect(f"{wanted[0]:.4f}" in page.text, f"{row['metric']}: {wanted[0]} is not in the page")
    r.test.expect(facts["trained"] == f"{newest} steps, 4 of 4 epochs", facts["trained"])
    settings = {row["key"]: (row["value"], row["default"]) for row in table(folder, "settings-set")}
    r.test.expect(settings["train.batch_size"] == ("400", "8192"), f"settings: {settings}")
    r.test.expect("train.seed" not in settings, f"settings: {settings}")


def curves_are_those_of_the_files(r):
    _, folder = r.make("curves", r.run, "--quick")
    losses = [(float(row["x"]), float(row["y"])) for row in table(folder, "losses-rating_loss")
              if row["series"] == "mean of an epoch"]
    logged = [(o["step"], o["rating_loss"]) for o in log_objects(r.run) if o["event"] == "epoch"]
    r.test.expect(losses == logged, f"losses: {losses}, but the log has {logged}")
    with h5py.File(r.run / "metrics.h5") as file:
        kept = next(iter(file["test"].values()))
        wanted = list(zip(kept["step"][...], kept["model/ndcg_at_k"][..., 2], strict=True))
    found = [(float(row["x"]), float(row["y"])) for row in table(folder, "metrics-test-ndcg_at_k")
             if row["series"] == "k = 20"]
    r.test.expect(found == wanted and len(found) == 4, f"NDCG: {found}, but metrics.h5 has {wanted}")


def layouts_agree(r):
    before = result_files(r.run)
    one, _ = r.make("one", r.run)
    three, _ = r.make("three", r.run, ranks=3)
    r.test.expect(one.text == three.text, "the page differs on three ranks")
    for file in (r.test.folder / "one.csv").iterdir():
        r.test.expect(file.read_bytes() == (r.test.folder / "three.csv" / file.name).read_bytes(), f"{file.name}")
    r.test.expect(result_files(r.run) == before, "the run is another after its report")


def strangers_are_harmless(r):
    run = r.copy(HOSTILE)
    pages = [r.make("hostile", run)[0], r.make("hostile2", run, r.run)[0]]
    for page in pages:
        r.test.expect("\u202e" not in page.text and "\\u{202e}" in page.text, "what turns the text is there")
        r.test.expect(HOSTILE.replace("\u202e", "\\u{202e}") in page.says(), "the name is not shown as it is")
    for folder in (r.test.folder, run):
        r.test.expect(not (folder / "stolen").exists(), "a name was run")


def what_is_missing_says_so(r):
    run = r.copy("bare")
    for file in ("metrics.h5", "log.jsonl"):
        (run / file).unlink()
    shutil.rmtree(run / "checkpoints")
    page, _ = r.make("bare", run)
    for words in ("No step is done yet", "No evaluation is kept", "could not be measured", "no log.jsonl"):
        r.test.expect(words in page.says(), f"of a bare run: '{words}' is not in {page.says()}")

    run = r.copy("half")
    (run / "metrics.h5").write_bytes(b"nothing of ours")
    with open(run / "log.jsonl", "a", encoding="utf-8") as log:
        log.write('{"event": "step", "epo')
    page, _ = r.make("half", run)
    r.test.expect("metrics.h5 cannot be read" in page.says() and "0.0" in page.says(), page.says())

    moved = r.test.folder / "moved.h5"
    r.data.rename(moved)
    page, _ = r.make("moved", r.run)
    r.test.expect("if they moved, --data FILE names them" in page.says(), page.says())
    r.test.expect("Ten users" not in page.says(), "there are users without a model")
    r.test.expect("What metrics.h5 has" in page.says(), "what is kept is not shown")
    page, _ = r.make("told", r.run, "--data", moved)
    r.test.expect("could not be measured" not in page.says(), page.says())
    moved.rename(r.data)


def rows_may_be_missing(r):
    source, data, run = (r.test.folder / name for name in ("data", "train.h5", "no_rows"))
    r.test.must("prepare", "--format", "movielens-csv", source, "--out", data, "--test-fraction", "0")
    r.train(run, data=data)
    page, _ = r.make("no_rows", run)
    r.test.expect("the data have no test or validation rows" in page.says(), page.says())


def the_state_is_told(r):
    run = r.copy("owned")
    owner = run / "owner.json"
    owner.write_text("{}")
    page, _ = r.make("trains", run, "--quick")
    r.test.expect("in training now" in page.says(), page.says())
    long_ago = time.time() - 3600

    os.utime(owner, (long_ago, long_ago))
    page, _ = r.make("broke", run, "--quick")
    r.test.expect("ended without a last word" in page.says(), page.says())


def a_failure_is_told(r):
    """What ended training stands first in the page, until the run has been started again."""
    run, config = r.test.folder / "fails", r.test.config("fails.yaml", **{**SECTIONS, "optimizer": {"kind": "sgd"}})
    train = ("train", config, "--data", r.data, "--run", run, "--set")
    for ranks in (1, 2):
        failed = r.test.run(*train, "optimizer.learning_rate=1e6", *(["--fresh"] if ranks > 1 else []), ranks=ranks)
        r.test.expect(failed.status == 1, f"expected a failure, found {failed.status}: {failed.error}")
        last = log_objects(run)[-1]
        r.test.expect(last["event"] == "failure" and last["text"] in failed.error, f"{last}, {failed.error}")
        page, _ = r.make("failed", run, "--quick")
        r.test.expect(f"Training failed: {last['text']}." in page.says(), page.says())
        r.test.expect("state failed" in page.says(), page.says())
    r.test.must(*train, "optimizer.learning_rate=0.001", "--fresh")
    page, _ = r.make("mended", run, "--quick")
    r.test.expect("failed" not in page.says().replace("fails", ""), page.says())


def several_stand_side_by_side(r):
    other, third = r.test.folder / "other", r.test.folder / "third"
    r.train(other, "--set", "optimizer.learning_rate=0.02", "--set", "train.epochs=2")
    r.train(third, "--set", "train.epochs=2", "--set", "eval.every_epochs=0")
    _, folder = r.make("several", r.run, other, third, "--checkpoint", "newest")
    rows = {row["run"]: (row["optimizer.learning_rate"], row["train.epochs"])
            for row in table(folder, "settings-differing")}
    r.test.expect(rows == {"run": ("0.1", "4"), "other": ("0.02", "2"), "third": ("0.1", "2")}, f"{rows}")
    names = {row["series"] for row in table(folder, "losses-loss")}
    r.test.expect(names == {"run", "other", "third"}, f"curves of {names}")
    values = {row["run"]: row for row in table(folder, "systems-values")}
    differences = table(folder, "systems-differences")
    for name, run in (("other", other), ("third", third)):
        told = json.loads(r.test.must("evaluate", "--run", run, "--against", r.run, "--no-keep", "--json").out)
        for found in told["differences"]:
            row = next(d for d in differences if (d["run"], d["metric"]) == (name, found["metric"]))
            pairs = [("difference", "difference"), ("difference low", "low"), ("difference high", "high"),
                     ("better", "better"), ("worse", "worse")]
            r.test.expect(all(abs(float(row[a]) - found[b]) < 1e-12 for a, b in pairs), f"{row}, {found}")
            of_both = [float(d["p"]) for d in differences if d["metric"] == found["metric"]]
            least = min(of_both) == float(row["p"])
            p = float(row["p"])
            r.test.expect(p >= found["p"] - 1e-12 and (not least or abs(p - min(1, 2 * found["p"])) < 1e-12),
                          f"{row}: p is not corrected for two runs; evaluate has {found['p']}")
            gain = next(row for row in table(folder, "systems-gains") if row["run"] == name)
            r.test.expect(gain[found["metric"]] == row["difference"], f"{gain}, {row}")
            value = float(values[name][found["metric"]])
            r.test.expect(abs(value - found["other"] - found["difference"]) < 1e-12, f"{name}: {value}, {found}")
    page, _ = r.make("asked", r.run, other, "--set", "eval.ks=[3]")
    r.test.expect("ndcg_at_3" in page.says(), "--set is not heard")
    _, folder = r.make("alone", r.run, other, "--quick")
    r.test.expect(not (folder / "systems-differences.csv").exists(), "differences of what was not measured")


def groups_and_lists_are_those_of_evaluate(r):
    page, folder = r.make("parts", r.run, "--checkpoint", "newest")
    checksum = r.test.must("inspect", r.run, "--checksum").out.strip()
    r.test.expect(checksum in page.says(), f"the checksum {checksum} is not told")
    for by in ("activity", "popularity"):
        told = json.loads(r.test.must("evaluate", "--run", r.run, "--no-keep", "--json", "--set",
                                      f"eval.by={by}").out)["groups"]
        rows = table(folder, f"groups-{by}")
        r.test.expect([row["group"] for row in rows] == [group["group"] for group in told], f"{rows}, {told}")
        for row, group in zip(rows, told, strict=True):
            r.test.expect((int(row["users"]), int(row["rows"])) == (group["users"], group["rows"]), f"{row}, {group}")
            metric = "top_20_categorical_accuracy"
            for system, values in (("model", group), ("popularity", group["popularity"])):
                r.test.expect(abs(float(row[f"{system} {metric}"]) - values[metric]) < 1e-12, f"{row}, {group}")
    told = json.loads(r.test.must("evaluate", "--run", r.run, "--no-keep", "--json", "--set",
                                  "eval.metrics=[coverage_at_k, gini_at_k, popularity_at_k]").out)
    rows = table(folder, "popularity-lists")
    r.test.expect(len(rows) == 18, f"lists: {len(rows)} rows")
    for row in rows:
        wanted = (told if row["of"] == "model" else told["popularity"])[row["metric"]]
        r.test.expect(abs(float(row["value"]) - wanted) < 1e-12, f"{row}, but evaluate has {wanted}")
    bins = table(folder, "calibration-rating-bins")
    asked = json.loads(r.test.must("evaluate", "--run", r.run, "--no-keep", "--json").out)["rows"]
    r.test.expect(sum(int(row["rows"]) for row in bins) == asked, f"bins of {asked} rows: {bins}")
    inner = [row for row in bins[1:-1] if int(row["rows"])]
    r.test.expect(inner and all(float(row["predicted from"]) - 1e-3 <= float(row["mean prediction"])
                                <= float(row["to"]) + 1e-3 for row in inner), f"bins: {bins}")
    kernel = next(row for row in table(folder, "norms-norms") if row["parameters"] == "head_0/kernel")
    with h5py.File(checkpoints(r.run)[-1]) as file:
        wanted = (file["parameters/head_0/kernel"][...].astype("f8") ** 2).mean() ** 0.5
        tables = file["parameters/user_table/weight"][...].astype("f8")
    r.test.expect(abs(float(kernel["rms"]) - wanted) < 1e-6, f"{kernel}, but the checkpoint has {wanted}")
    users = next(row for row in table(folder, "norms-norms") if row["parameters"] == "user_table/weight")
    largest = ((tables[1:] ** 2).sum(axis=1) ** 0.5).max()
    r.test.expect(abs(float(users["most"]) - largest) < 1e-6, f"{users}, but the checkpoint has {largest}")


def examples_are_those_of_recommend(r):
    _, folder = r.make("examples", r.run, "--checkpoint", "newest")
    captions = {row["file"]: row["what"] for row in table(folder, "index")}
    for number in (1, 10):
        user = captions[f"users-{number}.csv"].split()[1].rstrip(",")
        told = r.test.must("recommend", "--run", r.run, "--user", user, "-k", 10, "--exclude-seen", "--format",
                           "csv").out.splitlines()
        told = [row["title"] for row in csv.DictReader(told)]
        rows = table(folder, f"users-{number}")
        found = [row["is recommended"] for row in rows if row["is recommended"]]
        r.test.expect(found == told, f"user {user}: {found}, but recommend has {told}")
        had = {row["had, newest first"] for row in rows} - {""}
        r.test.expect(had and not had & set(found), f"user {user} is recommended what they had: {rows}")
        for row in rows:
            took = row["is recommended"] in {other["took next"] for other in rows} and row["is recommended"] != ""
            may_be_below = rows[-1]["took next"] != "" and len(rows) == 10  # the table shows ten
            r.test.expect(took <= (row["took it"] == "yes") <= (took or may_be_below), f"user {user}: {row}")
        r.test.expect(any(row["took next"] for row in rows), f"user {user} took nothing: {rows}")
    near = table(folder, "items-near")
    item = near[0]["item"]
    told = r.test.must("neighbors", "--run", r.run, "--item", item, "-k", 5, "--format", "csv").out.splitlines()
    told = [row["title"] for row in csv.DictReader(told)]
    found = [row["near to it"] for row in near if row["item"] == item]
    r.test.expect(found == told, f"near to {item}: {found}, but neighbors has {told}")
    counts = [int(row["training rows"]) for row in near]
    r.test.expect(counts == sorted(counts, reverse=True) and len(near) == 50, f"items: {counts}")


def titles_are_harmless(r):
    source, data = r.test.folder / "hostile_titles", r.test.folder / "hostile_titles.h5"
    shutil.copytree(r.test.folder / "data", source)
    with open(source / "movies.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    titles = [HOSTILE, "</td></table><script>alert(1)</script>", "\u0645\u0631\u062d\u0628\u0627", "七人の侍",
              "A" * 300]
    for i, row in enumerate(rows[1:]):
        row[1] = f"{titles[i % len(titles)]} {i}"
    with open(source / "movies.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    r.test.must("prepare", "--format", "movielens-csv", source, "--out", data)
    run = r.test.folder / "titles"
    r.train(run, data=data)
    page, folder = r.make("titles", run)
    r.test.expect("\u202e" not in page.text, "a title turns the text around")
    for title in (HOSTILE.replace("\u202e", "\\u{202e}"), *titles[1:]):
        r.test.expect(title in page.says(), f"the title {title} is not shown as it is")
    names = {row["near to it"] for row in table(folder, "items-near")}
    r.test.expect(any(name.startswith(HOSTILE) for name in names), f"files do not have titles as they are: {names}")
    r.test.expect(not (r.test.folder / "stolen").exists(), "a title was run")


def places_are_kept(r):
    folder = r.test.folder
    theirs = folder / "theirs.html"
    theirs.write_text("<!DOCTYPE html>\n<p>mine</p>\n")
    r.test.refuses("somebody's page", ["report", r.run, "--out", theirs], "is no report", "not replaced", ranks=2)
    r.test.expect("mine" in theirs.read_text(), "somebody's page is gone")
    files = folder / "files"
    files.mkdir()
    (files / "systems-values.csv").write_text("mine\n")
    r.test.refuses("somebody's folder", ["report", r.run, "--out", folder / "x.html", "--csv", files], "index.csv")
    r.test.expect(not (folder / "x.html").exists(), "the page is there without its tables")
    r.test.refuses("no run", ["report", files, "--out", folder / "x.html"], "no run folder")
    r.test.refuses("no split", ["report", r.run, "--split", "some", "--out", folder / "x.html"], "--split some",
                   status=2)
    r.test.refuses("no key", ["report", r.run, "--set", "eval.kss=3", "--out", folder / "x.html"], "eval.kss")
    r.test.refuses("no folder", ["report", r.run, "--quick", "--out", folder / "no" / "x.html"], "x.html")
    r.make("again", r.run, "--quick")
    r.make("again", r.run, "--quick")
    r.test.expect(not left_behind(folder), f"left behind: {left_behind(folder)}")


def pictures_may_be_missing(r):
    page = r.test.folder / "plain.html"
    r.test.must("report", r.run, "--quick", "--out", page, wrapper=["env", f"PATH={r.test.folder}"],
                says="there is no gnuplot here, so the report has tables alone")
    text = Page(page).says()
    r.test.expect("A picture is missing: there is no gnuplot here." in text, text)
    r.test.expect("<svg" not in page.read_text(), "a picture is there")


def faults_are_seen(r):
    """What the validator is for: of a page with a fault it must say so."""
    page, _ = r.make("sound", r.run, "--quick")
    for old, new in (("</h2>", "</h3>"), ("<table", "<table align=left"), ("<h2", "<h2 id=twice></h2><h2 id=twice")):
        said = tidy_says(page.text.replace(old, new, 1))
        r.test.expect(said or not shutil.which("tidy"), f"'{new}' for '{old}' passes")


def main():
    with Test() as test:
        reports = Reports(test)
        faults_are_seen(reports)
        numbers_are_those_of_evaluate(reports)
        curves_are_those_of_the_files(reports)
        layouts_agree(reports)
        strangers_are_harmless(reports)
        what_is_missing_says_so(reports)
        rows_may_be_missing(reports)
        the_state_is_told(reports)
        a_failure_is_told(reports)
        several_stand_side_by_side(reports)
        groups_and_lists_are_those_of_evaluate(reports)
        examples_are_those_of_recommend(reports)
        titles_are_harmless(reports)
        places_are_kept(reports)
        pictures_may_be_missing(reports)


if __name__ == "__main__":
    main()
