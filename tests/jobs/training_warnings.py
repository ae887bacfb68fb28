#!/usr/bin/env python3
"""What training warns of: each thing once, with its cure, on standard error and in the log; and nothing of a run that
goes well.

    training_warnings.py TANDEM LAUNCHER...
"""
from program import Test, log_objects

SECTIONS = {
    "train": {"batch_size": 240, "shards": 8, "epochs": 3, "reshuffle": True},
    "eval": {"ks": [5, 20]},
}


SCHEMA = """interactions:
  file: rows.csv
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
items:
  file: items.csv
  key: item
  fields:
    kind: {kind: category}
"""


class Warnings:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data", users=60, items=120, ratings=3000)
        self.config = test.config(**SECTIONS)

    def train(self, name, *sets, ranks=None, wrapper=(), data=None, more=()):
        """The warnings of the log, and what was said."""
        run = self.test.folder / name
        said = self.test.must("train", self.config, "--data", data or self.data, "--run", run, *more,
                              *[w for key in sets for w in ("--set", key)], ranks=ranks, wrapper=wrapper).error
        found = [o for o in log_objects(run) if o["event"] == "warning"]
        for o in found:
            self.test.expect(said.count(f"tandem: warning: {o['text']}\n") == (0 if "--resume" in more else 1),
                             f"{name}: {o} is not what was said once: {said}")
        return [o["warning"] for o in found], said

    def expect(self, name, rules, *sets, says=(), **more):
        found, said = self.train(name, *sets, **more)
        self.test.expect(found == list(rules), f"{name}: warned of {found}, not of {rules}: {said}")
        self.test.expect(all(part in said for part in says), f"{name}: expected {says}; found {said}")


def finds(w):
    w.expect("good", [])
    w.expect("good-tasks", [], "rating.enabled=true", "rating.hidden=[4]", "retrieval.reduction=mean", ranks=2)
    w.expect("flat", ["flat_loss"], "optimizer.learning_rate=1e-7", ranks=2,
             says=["raise optimizer.learning_rate (1e-07), by ten"])
    w.expect("flat-once", ["flat_loss"], "optimizer.learning_rate=1e-7", "train.epochs=6")
    w.expect("rising", ["rising_loss"], "optimizer.learning_rate=2", "optimizer.kind=adam", ranks=3,
             says=["lower optimizer.learning_rate (2)"])
    w.expect("drowned", ["drowned_task"], "rating.enabled=true", "rating.hidden=[4]", "rating.weight=1e-4",
             says=["the task rating is", "raise rating.weight (0.0001) or lower retrieval.weight (1)"])
    w.expect("below", ["below_popularity"], "eval.every_epochs=1", "optimizer.learning_rate=0.02",
             says=["below popularity's", "retrieval.log_q=negatives"])
    w.expect("untrained", ["untrained_rows"], "query.features=[user, timestamp_buckets]", "query.timestamp_edges=50000",
             "query.combine=sum",
             ranks=2, says=["of the 50001 rows of bucket_table/weight were never trained"])


def ties_are_said_once(w):
    """The candidate tower knows of two kinds of items alone."""
    folder = w.test.folder / "kinds"
    folder.mkdir()
    (folder / "schema.yaml").write_text(SCHEMA)
    (folder / "rows.csv").write_text("user,item\n" + "".join(
        f"u{u},i{(u * u + 7 * k) % 80}\n" for u in range(40) for k in range(20)))
    (folder / "items.csv").write_text("item,kind\n" + "".join(f"i{i},{'ab'[i % 2]}\n" for i in range(80)))
    data = w.test.folder / "kinds.h5"
    w.test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", data)
    rules, said = w.train("ties", "features.kind.field=kind", "candidate.features=[kind]", "eval.every_epochs=1",
                          data=data)
    w.test.expect("tied_scores" in rules and said.count("tie with more than") == 1, f"ties: {rules}, {said}")


def goes_on(w):
    """Another start says it to who looks at that; the log has those before the checkpoint as they were."""
    w.train("goes-on", "optimizer.learning_rate=1e-7")
    run = w.test.folder / "goes-on"
    before = [o for o in log_objects(run) if o["event"] == "warning"]
    said = w.test.must("train", w.config, "--data", w.data, "--run", run, "--resume", "--set",
                       "optimizer.learning_rate=1e-7", "--set", "train.epochs=5").error
    after = [o for o in log_objects(run) if o["event"] == "warning"]
    w.test.expect(after[:1] == before and len(after) == 2 and said.count("the loss is flat") == 1,
                  f"goes on: {after}, {said}")


def names_a_slow_rank(w):
    """A rank that is stopped for most of the time."""
    data = w.test.make_data("more", users=2000, items=400, ratings=40000)
    slow = w.test.wrapper("slow.sh", "if [ $rank = 1 ]; then (while kill -STOP $$ && sleep 0.3 && "
                          "kill -CONT $$ && sleep 0.02; do :; done) 2>/dev/null >&2 </dev/null & fi")
    rules, said = w.train("slow", "train.epochs=2", "model.width=256", "train.batch_size=4096",
                          "train.shards=32", ranks=2, wrapper=slow, data=data, more=["--threads", "1"])
    times = [o for o in log_objects(w.test.folder / "slow") if o["event"] == "phases"]
    w.test.expect(times[-1]["slowest_rank"] == 1 and
                  times[-1]["slowest_work_seconds"] > 1.5 * times[-1]["usual_work_seconds"], f"slow: {times[-1]}")
    long = any(o["seconds"] > 3 for o in times)
    w.test.expect(not long or ("slow_rank" in rules and "rank 1 on " in said), f"slow: {times}, {said}")


def main():
    with Test() as test:
        w = Warnings(test)
        for case in (finds, ties_are_said_once, goes_on, names_a_slow_rank):
            case(w)


main()
