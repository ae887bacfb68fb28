#!/usr/bin/env python3
"""Rules of training beside the loss: the learning rate over the steps, and what of it may change.

    training_rules.py TANDEM LAUNCHER...
"""
import json

from program import Test, checkpoints, log_objects

SECTIONS = {"train": {"batch_size": 400, "shards": 4, "epochs": 2},
            "query": {"tower": [16]}, "candidate": {"tower": [16]},
            "checkpoint": {"every_steps": 3},
            "optimizer": {"kind": "adam", "learning_rate": 0.01, "schedule": "cosine", "warmup_steps": 2}}



class Rules:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)

    def train(self, name, *sets, resume=False, ranks=None, threads=1):
        run = self.test.folder / name
        more = [word for s in sets for word in ("--set", s)]
        result = self.test.must("train", self.config, "--data", self.data, "--run", run, "--threads",
                                threads, *more, *(["--resume"] if resume else []), ranks=ranks)
        return run, result

    def checksum(self, run, *more):
        return self.test.must("inspect", "--checksum", run, *more).out.strip()

    def settings(self, run):
        """The lines of the run's configuration."""
        return dict(line.split(": ", 1) for line in (run / "config.yaml").read_text().splitlines() if ": " in line)


def a_schedule_has_a_number_of_steps(r):
    """What train.epochs leaves open is settled when the run begins; more epochs do not change what was."""
    short, _ = r.train("short")
    last = int(checkpoints(short)[-1].stem[5:])
    r.test.expect(r.settings(short)["optimizer.decay_steps"] == str(last - 2), f"{r.settings(short)}")
    there = r.checksum(checkpoints(short)[-1])
    told, _ = r.train("told", f"optimizer.decay_steps={last - 2}", "train.epochs=3")
    r.test.expect(r.checksum(told / "checkpoints" / f"step-{last:012}.h5") == there, "a number is the same schedule")
    longer, result = r.train("short", "train.epochs=3", resume=True, ranks=2)
    r.test.expect(r.checksum(longer) == r.checksum(told), "more epochs at --resume are another schedule")
    over = f"the learning rate is 0 from step {last + 1} on"
    r.test.expect("; before: " not in result.text() and over in result.text(),
                  f"nothing changed, and nothing more is learned: {result.text()}")
    constant, _ = r.train("constant", "optimizer.schedule=constant", "optimizer.warmup_steps=0")
    r.test.expect(r.checksum(constant) != there, "a schedule changes nothing")


def rates_change_at_resume(r):
    """The change is kept with its step: the configuration that the run then has gives it in one go."""
    rate = ("optimizer.learning_rate=0.003", "optimizer.schedule=linear", "optimizer.end_factor=0.1")
    r.train("changed", "train.steps=5")
    run, result = r.train("changed", *rate, resume=True, ranks=2)
    says = "from step 6 on: learning_rate 0.003, schedule linear, warmup_steps 2, decay_steps 3, end_factor 0.1; " \
           "before: learning_rate 0.01, schedule cosine, warmup_steps 2, decay_steps 3, end_factor 0"
    r.test.expect(says in result.error, f"the change is not said: {result.error}")
    events = [e for e in log_objects(run) if e["event"] == "learning_rate"]
    r.test.expect(len(events) == 1 and events[0]["step"] == 5 and "0.003" in events[0]["now"], f"log: {events}")
    earlier = r.settings(run)["optimizer.earlier_rates"]
    r.test.expect("0.01 cosine 2 3 0 to 5" in earlier, f"earlier rates: {earlier}")
    one_go, _ = r.train("one_go", *rate, "optimizer.decay_steps=3",
                        "optimizer.earlier_rates='0.01 cosine 2 3 0 to 5'")
    r.test.expect(r.checksum(one_go) == r.checksum(run), "in one go it is another model")
    plain, _ = r.train("plain", *rate, "optimizer.decay_steps=3")
    r.test.expect(r.checksum(plain) != r.checksum(run), "the rates before the change do not count")
    receipt = r.test.folder / "receipt.json"
    r.test.must("receipt", run, "--out", receipt)
    r.test.expect(json.loads(receipt.read_text())["config"]["optimizer.earlier_rates"], "the receipt has no change")
    result = r.test.run("verify", receipt, "--data", r.data, "--run", r.test.folder / "verified", ranks=3)
    r.test.expect(result.status == 0 and "differs" not in result.out, f"verify: {result.text()}")
    r.train("changed", *rate, "train.epochs=3", resume=True)
    r.test.expect(r.settings(run)["optimizer.earlier_rates"] == earlier, "going on alone is no change")
    r.train("changed", *rate, "optimizer.learning_rate=0.03", "train.epochs=4", resume=True)
    after = r.settings(run)["optimizer.earlier_rates"]
    r.test.expect("to 5, 0.003 linear 2 3 0.1 to 18" in after, f"a second change: {after}")


def what_is_wrong_is_named(r):
    r.test.refuses("lazy", ["train", r.config, "--data", r.data, "--run", r.test.folder / "none", "--set",
                            "optimizer.weight_decay=0.1", "--set", "optimizer.lazy=true"], "optimizer.weight_decay",
                   "optimizer.l2")
    for key, *parts in (("optimizer.end_factor=0", "optimizer.end_factor", "above 0"),
                        ("optimizer.earlier_rates=0.1 constant", "optimizer.earlier_rates", "0.1 constant 0 0 0 to"),
                        ("optimizer.earlier_rates='0.1 constant 0 0 0 to 5, 0.1 constant 0 0 0 to 5'", "later step"),
                        ("optimizer.clip_norm=-1", "optimizer.clip_norm"),
                        ("query.output_dropout=1", "query.output_dropout", "0.99"),
                        ("query.dropout=0.1", "query.dropout", "[64, 32]"),
                        ("features.timestamp.embedding_dropout=0.1", "timestamp.embedding_dropout", "numbers"),
                        ("tasks.retrieval.dropout=0.1", "tasks.retrieval.dropout", "query.output_dropout"),
                        ("optimizer.earlier_rates='0.1 linear 0 0 0.5 to 5'", "decay_steps")):
        more = [] if "end_factor" in key else ["--set", "optimizer.end_factor=0.5"]
        r.test.refuses(key, ["train", r.config, "--data", r.data, "--run", r.test.folder / "none", "--set",
                             "optimizer.schedule=exponential", "--set", key, "--set",
                             "query.features=[user, timestamp]", *more], *parts)
    r.test.refuses("another seed", ["train", r.config, "--data", r.data, "--run", r.test.folder / "changed", "--set",
                                    "train.seed=1", "--resume"], "train.seed", "must not change")


def main():
    with Test() as test:
        rules = Rules(test)
        a_schedule_has_a_number_of_steps(rules)
        rates_change_at_resume(rules)
        what_is_wrong_is_named(rules)


if __name__ == "__main__":
    main()
