#!/usr/bin/env python3
"""tandem receipt and verify: the same bits on another layout, and whatever differs is named.

    receipt.py TANDEM LAUNCHER...
"""
import json

from program import Test, checkpoints, left_behind, result_files

SECTIONS = {"train": {"batch_size": 400, "shards": 4, "epochs": 3},
            "features": {"bias": {"field": "item", "width": 4}},
            "candidate": {"features": ["item", "bias"], "tower": [16]},
            "query": {"tower": [16]},
            "rating": {"enabled": True, "hidden": [8]},
            "eval": {"ks": [1, 5], "every_epochs": 1, "exclude_seen": "train", "systems": ["popularity", "ease"],
                     "metrics": ["top_k_categorical_accuracy", "root_mean_squared_error"]}}


class Receipts:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.run = test.folder / "run"
        test.must("train", test.config(**SECTIONS), "--data", self.data, "--run", self.run)
        self.file = test.folder / "receipt.json"

    def verify(self, name, *more, file=None, **layout):
        return self.test.run("verify", file or self.file, "--data", self.data, "--run", self.test.folder / name, *more,
                             **layout)

    def changed(self, name, change):
        receipt = json.loads(self.file.read_text())
        change(receipt)
        file = self.test.folder / f"{name}.json"
        file.write_text(json.dumps(receipt))
        return file


def tells_what_the_run_gave(r):
    before = result_files(r.run)
    r.test.must("receipt", r.run, "--out", r.file)
    receipt = json.loads(r.file.read_text())
    checksum = r.test.must("inspect", r.run, "--checksum").out.strip()
    r.test.expect(receipt["state"] == checksum, f"state {receipt['state']}, but inspect has {checksum}")
    r.test.expect(receipt["data"] == r.test.must("inspect", r.data, "--checksum").out.strip(), f"{receipt['data']}")
    told = json.loads(r.test.must("evaluate", "--run", r.run, "--no-keep", "--json").out)
    values = receipt["evaluation"]["values"]
    found, wanted = values["model/top_5_categorical_accuracy"], told["top_5_categorical_accuracy"]
    r.test.expect(abs(found - wanted) < 1e-12, f"{found}, but evaluate has {wanted}")
    r.test.expect(not any(name.startswith("ease") for name in values), f"ease has other bits elsewhere: {values}")
    r.test.expect(str(r.test.folder) not in r.file.read_text(), "paths of this machine are in the receipt")
    r.test.expect(result_files(r.run) == before, "the run is another after its receipt")
    again = r.test.must("receipt", r.run, ranks=2).out
    r.test.expect(again == r.file.read_text(), "on two ranks the receipt is another one")


def the_same_everywhere(r):
    for name, layout, more in (("three", {"ranks": 3}, ("--threads", 1)), ("portable", {}, ("--isa", "portable"))):
        result = r.verify(name, *more, **layout)
        r.test.expect(result.status == 0 and "the same    9 of 9" in result.out, f"{name}: {result.text()}")
    first = int(checkpoints(r.run)[0].stem.split("-")[1])
    middle = r.test.folder / "first.json"
    r.test.must("receipt", r.run, "--checkpoint", first, "--out", middle)
    result = r.verify("first", file=middle)
    r.test.expect(result.status == 0 and "differs" not in result.out, f"an earlier checkpoint: {result.text()}")
    result = r.verify("first", "--resume", file=middle)
    r.test.expect(result.status == 0, f"verified again: {result.text()}")


def what_differs_is_named(r):
    def seed(receipt):
        receipt["config"]["train.seed"] = "43"

    def value(receipt):
        receipt["evaluation"]["values"]["model/top_5_categorical_accuracy"] += 1e-15

    result = r.verify("seed", file=r.changed("seed", seed))
    r.test.expect(result.status == 1 and "differs     state: " in result.out, result.text())
    result = r.verify("value", file=r.changed("value", value))
    r.test.expect(result.status == 1 and "differs     model/top_5_categorical_accuracy" in result.out
                  and "the same    8 of 9, not all: " in result.out, f"one bit: {result.text()}")

    def version(receipt):
        receipt["tandem"] = "0.0.9"

    result = r.verify("version", file=r.changed("version", version))
    r.test.expect(result.status == 0 and "is by tandem 0.0.9" in result.error, result.text())


def wrong_ones_are_refused(r):
    folder, refuses = r.test.folder, r.test.refuses

    def verify(name, file, data=r.data):
        return ["verify", file, "--data", data, "--run", folder / name]

    refuses("other data", verify("x", r.file, r.test.make_data("other", seed=2)), "the same input", ranks=2)
    refuses("no receipt", verify("x", r.changed("odd", lambda receipt: receipt.pop("state"))), "is no receipt")
    refuses("a bad key", verify("x", r.changed("key", lambda receipt: receipt["config"].update(a="1"))), "key.json")
    lines = r.changed("lines", lambda receipt: receipt["config"].update({"train.seed": "1\ntrain.epochs: 9"}))
    refuses("two lines in one", verify("x", lines), "is no receipt")
    (folder / "text.json").write_text("{")
    refuses("no JSON", verify("x", folder / "text.json"), "text.json:1:")
    refuses("a run is there", verify("run", r.file), "--resume goes on with it, another --run starts a new one")
    missing = r.test.run("verify", r.file)
    r.test.expect(missing.status == 2 and "--data" in missing.error and "--run" in missing.error, missing.text())
    refuses("somebody's file", ["receipt", r.run, "--out", folder / "config.yaml"], "is no receipt", "not replaced")
    warm = folder / "warm"
    r.test.must("train", folder / "config.yaml", "--data", r.data, "--run", warm, "--warm-start", r.run)
    refuses("a warm start", ["receipt", warm], "began with the parameters of")
    r.test.expect(not (folder / "x").exists(), "a refused receipt left a run")
    r.test.expect(not left_behind(folder), f"left behind: {left_behind(folder)}")


def main():
    with Test() as test:
        receipts = Receipts(test)
        tells_what_the_run_gave(receipts)
        the_same_everywhere(receipts)
        what_differs_is_named(receipts)
        wrong_ones_are_refused(receipts)


if __name__ == "__main__":
    main()
