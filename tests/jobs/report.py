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
from html.parser import HTMLParser

from program import Test, checkpoints, left_behind, log_objects, result_files, skip

try:
    import h5py
except ImportError as error:
    skip(f"Python 3 with h5py is needed ({error})")

EMPTY = {"meta", "link", "br", "hr", "img", "input"}
HOSTILE = "it's <img src=x onerror=alert(1)> `touch stolen` $(touch stolen) \u202e\"&amp; {/=40 @x} ' ; system 'y'"
SECTIONS = {"train": {"batch_size": 400, "shards": 4, "epochs": 4},
            "rating": {"enabled": True, "hidden": [8]},
            "eval": {"ks": [1, 5, 20], "every_epochs": 1, "candidates": "unique",
                     "metrics": ["top_k_categorical_accuracy", "ndcg_at_k", "root_mean_squared_error"]}}


class Page(HTMLParser):
    """What stands in a report, and whether its elements are closed in order."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.text = path.read_text()
        self.open, self.problems, self.ids, self.tags = [], [], [], []
        self.words, self.links, self.styles = [], [], []
        self.feed(self.text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes[a] for a in ("href", "src", "xlink:href", "action", "data") if a in attributes]
        self.problems += [f"{tag} has {a}" for a in attributes if a.startswith("on")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.words.append(data)

    def says(self):
        return " ".join(" ".join(self.words).split())

    def pictures(self):
        for part in self.text.split("<svg")[1:]:
            yield "<svg" + part.split("</svg>")[0] + "</svg>"


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


def several_stand_side_by_side(r):
    other = r.test.folder / "other"
    r.train(other, "--set", "optimizer.learning_rate=0.02", "--set", "train.epochs=2")
    page, folder = r.make("several", r.run, other)
    rows = {row["key"]: (row["run"], row["other"]) for row in table(folder, "settings-differing")}
    r.test.expect(rows == {"optimizer.learning_rate": ("0.1", "0.02"), "train.epochs": ("4", "2")}, f"{rows}")
    values = table(folder, "systems-values")
    r.test.expect(all(row["run"] and row["other low"] for row in values), f"{values}")
    names = {row["series"] for row in table(folder, "losses-loss")}
    r.test.expect(names == {"run", "other"}, f"curves of {names}")
    page, _ = r.make("asked", r.run, other, "--set", "eval.ks=[3]")
    r.test.expect("ndcg_at_3" in page.says(), "--set is not heard")


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


def main():
    with Test() as test:
        reports = Reports(test)
        numbers_are_those_of_evaluate(reports)
        curves_are_those_of_the_files(reports)
        layouts_agree(reports)
        strangers_are_harmless(reports)
        what_is_missing_says_so(reports)
        rows_may_be_missing(reports)
        the_state_is_told(reports)
        several_stand_side_by_side(reports)
        places_are_kept(reports)
        pictures_may_be_missing(reports)


if __name__ == "__main__":
    main()
