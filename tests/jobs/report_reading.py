#!/usr/bin/env python3
"""What a reader takes from a report of tandem: no false alarm, which run is the best, names in their place, how
training ended.

    report_reading.py TANDEM LAUNCHER...
"""
import json
import re
import shutil

from program import Test, skip
from report import Reports, table

try:
    import h5py
except ImportError as error:
    skip(f"Python 3 with h5py is needed ({error})")


def what_was_not_trained_is_not_shown(r):
    """A model of ratings alone has no lists, and its retrieval is not drowned by the head."""
    run = r.test.folder / "ratings"
    r.train(run, "--set", "retrieval.weight=0", "--set", "eval.metrics=[root_mean_squared_error]")
    page, folder = r.make("ratings", run)
    for words in ("ratings has no lists: its retrieval was not trained", "the model has no lists for users",
                  "the model has no neighbors of items"):
        r.test.expect(words in page.says(), f"'{words}' is not in {page.says()}")
    r.test.expect("gradient of the task" not in page.says(), page.says())
    files = {row["file"] for row in table(folder, "index")}
    r.test.expect(not files & {"users-1.csv", "items-near.csv", "popularity-lists.csv", "losses-rating_loss.csv",
                               "losses-rating_gradient_share.csv"}, f"files: {files}")
    r.test.expect({"losses-loss.csv", "groups-activity.csv"} <= files, f"files: {files}")


def a_warm_start_has_what_its_origin_trained(r):
    """Of weight 0 itself: lists mean something if they did where it began, or where that is not known any more."""
    heads_alone = ("--set", "retrieval.weight=0", "--set", "train.epochs=1")
    warning = "nothing was trained to rank items"

    def recommend(run):
        return r.test.must("recommend", "--run", run, "--user", "1", "-k", "1").error

    trained, untrained = r.copy("trained"), r.test.folder / "ratings"
    for name, origin in (("of_lists", trained), ("of_ratings", untrained)):
        r.train(r.test.folder / name, *heads_alone, "--warm-start", origin)
    r.train(r.test.folder / "later", *heads_alone, "--warm-start", r.test.folder / "of_ratings")
    for name, is_warned in (("ratings", True), ("of_lists", False), ("of_ratings", True), ("later", True)):
        said = recommend(r.test.folder / name)
        r.test.expect((warning in said) == is_warned, f"{name}: {said}")
    page, folder = r.make("of_lists", r.test.folder / "of_lists")
    r.test.expect("was not trained" not in page.says(), page.says())
    r.test.expect((folder / "users-1.csv").exists(), "lists that were trained are not shown")
    page, folder = r.make("of_ratings", r.test.folder / "of_ratings")
    r.test.expect("of_ratings has no lists: its retrieval was not trained" in page.says(), page.says())
    said = r.test.must("evaluate", "--run", r.test.folder / "of_ratings", "--no-keep").error
    r.test.expect("below popularity" not in said, said)
    shutil.rmtree(untrained)
    r.test.expect(warning not in recommend(r.test.folder / "later"), "what cannot be read counts as trained")


def what_training_settles_is_no_setting(r):
    """Steps of the decay, that follow from those of an epoch, the warm-up and train.steps."""
    decays = ("--set", "optimizer.schedule=linear", "--set", "optimizer.warmup_steps=3", "--set", "eval.every_epochs=0",
              "--set", "train.epochs=2")
    runs = []
    for name, more in (("small", ("train.batch_size=300",)), ("large", ()), ("cut", ("train.steps=9",)),
                       ("within", ("train.steps=4",)), ("steady", ("optimizer.schedule=constant",))):
        runs.append(r.test.folder / name)
        r.train(runs[-1], *decays, *(word for key in more for word in ("--set", key)))
    _, folder = r.make("settled", *runs, "--quick")
    keys = table(folder, "settings-differing")[0].keys()
    r.test.expect({"train.batch_size", "train.steps", "optimizer.schedule"} <= keys, f"{keys}")
    r.test.expect("optimizer.decay_steps" not in keys, f"what nobody set differs: {keys}")
    lines = (runs[0] / "log.jsonl").read_text().splitlines(keepends=True)
    end = next(i for i, line in enumerate(lines) if json.loads(line)["event"] == "epoch")
    (runs[0] / "log.jsonl").write_text("".join(lines[end + 1:]))  # a log that begins with the second epoch
    for run in runs[:-1]:
        _, folder = r.make(f"{run.name}_alone", run, "--quick")
        shown = {row["key"] for row in table(folder, "settings-set")}
        r.test.expect("optimizer.decay_steps" not in shown and "optimizer.warmup_steps" in shown, f"{run}: {shown}")
    r.train(r.test.folder / "asked", *decays, "--set", "optimizer.decay_steps=5")
    _, folder = r.make("asked", runs[1], r.test.folder / "asked", "--quick")
    r.test.expect("optimizer.decay_steps" in table(folder, "settings-differing")[0], "what was set is not shown")


def several_are_ordered_by_validation(r):
    """The best run by what chose the checkpoints, and a refit beside it, which chose nothing."""
    data, base = r.test.folder / "valid.h5", r.test.folder / "base"
    r.test.must("prepare", "--format", "movielens-csv", r.test.folder / "data", "--validation-fraction", "0.2",
                "--out", data)
    r.train(base, data=data)
    r.train(r.test.folder / "slow", "--set", "optimizer.learning_rate=0.0001", data=data)
    refit = r.test.folder / "refitted"
    r.test.must("refit", base, "--run", refit)
    r.test.must("evaluate", "--run", refit)
    told = r.test.must("evaluate", "--run", refit, "--checkpoint", "best", "--no-keep")
    r.test.expect("chose it" not in told.error, told.error)
    page, _ = r.make("refitted", refit)
    r.test.expect("Test rows chose" not in page.says() and "for so many" not in page.says(), page.says())

    page, folder = r.make("ordered", refit, r.test.folder / "slow", base)
    r.test.expect("3 runs: refitted, slow, base" in page.says(), page.says()[:200])
    rows = table(folder, "settings-differing")
    with h5py.File(base / "metrics.h5") as file:
        kept = next(iter(file["validation"].values()))
        values = kept["model/top_k_categorical_accuracy"][..., 2]
        best, step = values.max(), kept["step"][...][values.argmax()]
    r.test.expect([row["run"] for row in rows] == ["base", "slow", "refitted"], f"order: {rows}")
    r.test.expect((float(rows[0]["validation top-20"]), int(rows[0]["of step"])) == (best, step),
                  f"{rows[0]}, but metrics.h5 has {best} at {step}")
    r.test.expect(rows[-1]["validation top-20"] == "", f"a refit was not chosen: {rows[-1]}")
    r.test.expect(f"by validation top-20 is base: {best:.4f} at step {step}." in page.says(), page.says())
    for by in ("activity", "popularity"):
        groups = table(folder, f"groups-{by}")
        r.test.expect(all(row[run] for row in groups for run in ("refitted", "slow", "base")), f"groups: {groups}")
    _, folder = r.make("others", base, r.run)
    files = {row["file"] for row in table(folder, "index")}
    r.test.expect(not files & {"systems-gains.csv", "systems-differences.csv"}, f"files of other data: {files}")
    r.test.expect("run" not in table(folder, "groups-activity")[0], "groups of other data")


def systems_have_short_names(r):
    asked = ("--set", "eval.systems=[popularity, item_neighbors, recent_popularity]")
    page, folder = r.make("short", r.run, *asked)
    head = table(folder, "systems-values")[0]
    r.test.expect({"item_neighbors", "recent_popularity"} <= set(head), f"heads: {head}")
    r.test.expect("item_neighbors by neighbors=100, shrink=0, normalize=false; recent_popularity by days=30."
                  in page.says(), page.says())
    step = page.says().split("run, step ")[1].split(":")[0]
    r.test.expect(f"tandem receipt RUN --checkpoint {step} writes what another machine needs" in page.says(),
                  page.says())
    times = next(row for row in table(folder, "data-fields") if row["field"] == "timestamp")
    r.test.expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", times["low"]), f"times: {times}")
    r.test.expect(int(times["of so many"]) == 3000, f"{times}")


def a_setting_may_have_commas(r):
    page, _ = r.make("commas", r.run, "--set", "eval.systems=[content_neighbors]", "--set",
                     "baseline.fields=title,title")
    r.test.expect('fields="title,title".' in page.says(), page.says())


def better_baselines_are_named(r):
    run, asked = r.test.folder / "slow", ("--set", "eval.systems=[item_neighbors]")
    r.test.must("evaluate", "--run", run, "--no-keep", *asked,
                says="the baseline item_neighbors is better than the model: top-20 ")
    page, _ = r.make("worse", run, *asked)
    r.test.expect("of the baseline item_neighbors; usual cures: more steps, by fewer rows in a batch "
                  "(train.batch_size=400)" in page.says(), page.says())
    r.test.expect("Nothing odd" not in page.says(), page.says())


def names_keep_their_direction(r):
    name = "\u0645\u0631\u062d\u0628\u0627"
    run = r.copy(name)
    page, folder = r.make("arabic", run, r.run, "--set", "eval.ks=[3]")
    r.test.expect(f"2 runs: <bdi>{name}</bdi>, <bdi>run</bdi></h1>" in page.text, page.text[:3000])
    r.test.expect(f"<bdi>{name}</bdi>, step " in page.text, "a name in a sentence turns it around")
    r.test.expect(f"<title>2 runs: \u2068{name}\u2069" in page.text.replace("&#x2068;", "\u2068")
                  .replace("&#x2069;", "\u2069"), page.text[:500])
    r.test.expect({row["run"] for row in table(folder, "systems-values")} == {name, "run"}, "names in files")
    page, folder = r.make("users", r.run)
    caption = next(row["what"] for row in table(folder, "index") if row["file"] == "users-1.csv")
    user = caption.split()[1].rstrip(",")
    r.test.expect(f"User <bdi>{user}</bdi>, {caption.split()[2]} training rows" in page.text, caption)


def how_training_ended_is_told(r):
    page, _ = r.make("finished", r.run, "--quick")
    r.test.expect("state finished" in page.says(), page.says())
    run = r.copy("stopped")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("train.epochs: 4", "train.epochs: 9"))
    page, _ = r.make("stopped", run, "--quick")
    r.test.expect("state stopped at epoch 4 of 9; tandem train --resume goes on" in page.says(), page.says())
    (run / "owner.json").write_text("{}")
    page, _ = r.make("goes_on", run, "--quick")
    r.test.expect("in training now, at epoch 5 of 9;" in page.says() and "of steps are left" in page.says(),
                  page.says())


def main():
    with Test() as test:
        reports = Reports(test)
        what_was_not_trained_is_not_shown(reports)
        a_warm_start_has_what_its_origin_trained(reports)
        what_training_settles_is_no_setting(reports)
        several_are_ordered_by_validation(reports)
        systems_have_short_names(reports)
        a_setting_may_have_commas(reports)
        better_baselines_are_named(reports)
        names_keep_their_direction(reports)
        how_training_ended_is_told(reports)


if __name__ == "__main__":
    main()
