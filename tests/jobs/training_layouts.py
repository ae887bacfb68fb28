#!/usr/bin/env python3
"""Every rule of training at once (schedule, L2, decay, clipping, dropout, half-life, item bias, learned temperature):
the same bits on any layout, and each counts.

    training_layouts.py TANDEM LAUNCHER...
"""
import shutil

from program import Test, log_objects, result_files
from training_rules import Rules

# Everything together, on tables that have owners and one that has none, with tasks that some rows train.
EVERY_RULE = {
    "model": {"width": 12, "normalize": "l2"},
    "query": {"features": ["user", "past", "timestamp"], "tower": [16, 12], "dropout": 0.3, "output_dropout": 0.1},
    "candidate": {"features": ["item", "title_text"], "combine": "sum", "tower": [16, 12], "dropout": 0.2,
                  "output_dropout": 0.2},
    "features": {"user": {"embedding_dropout": 0.2, "dropout": 0.1}, "past": {"encoder": "history",
                                                                           "table": "item_table",
                                                                           "embedding_dropout": 0.4, "dropout": 0.2},
                 "title_text": {"embedding_dropout": 0.3}},
    "retrieval": {"temperature": 0.2, "item_bias": True, "learn_temperature": True},
    "rating": {"enabled": True, "hidden": [8, 4], "dropout": 0.25},
    "tasks": {"like": {"label": "rating >= 4", "kind": "classification", "hidden": [8], "dropout": 0.5,
                       "where": "rating != 3"}},
    "optimizer": {"kind": "adam", "learning_rate": 0.01, "schedule": "exponential", "end_factor": 0.1,
                  "warmup_steps": 3, "decay_steps": 12, "l2": 0.01, "weight_decay": 0.5, "clip_norm": 5},
    "train": {"batch_size": 700, "shards": 6, "item_ranges": 5, "epochs": 3, "half_life": 100},
    "checkpoint": {"every_steps": 4},
}
LAYOUTS = [(1, 2), (2, 1), (3, 1), (4, 2)]


def place(placement):
    return [f"placement.{name}_table={placement}" for name in ("user", "item")]


def every_rule_on_every_layout(r):
    """One model on any layout and placement, in one go or killed in an epoch and resumed on other ranks."""
    for kind in ("adam", "adagrad", "sgd"):
        r.config = r.test.config(f"{kind}.yaml", **EVERY_RULE)
        kinds = [f"optimizer.kind={kind}"]
        one, _ = r.train(f"{kind}-1x1", *kinds)
        files = result_files(one)
        layouts = LAYOUTS if kind == "adam" else LAYOUTS[2:3]
        for ranks, threads in layouts:
            for placement in ("owned", "replicated")[:2 if ranks == 3 else 1]:
                run, _ = r.train(f"{kind}-{ranks}x{threads}-{placement}", *kinds, *place(placement), ranks=ranks,
                                 threads=threads)
                r.test.expect(result_files(run) == files, f"{kind} on {ranks}x{threads}, {placement}: other bytes")
        for steps, ranks in ((2, 2), (7, 3), (0, 1)):
            run, _ = r.train(f"{kind}-resumed", *kinds, f"train.steps={steps}", *place("owned"), ranks=ranks,
                             resume=True)
        r.test.expect(r.checksum(run) == r.checksum(one), f"{kind}: another model after --resume")


def each_rule_alone_counts(r):
    """Without it the model is another one; clipping is seen in the log."""
    r.config = r.test.config("every.yaml", **EVERY_RULE)
    every = r.checksum(r.train("every")[0])
    for off in ("query.dropout=0", "query.output_dropout=0", "candidate.dropout=0", "candidate.output_dropout=0",
                "features.user.embedding_dropout=0", "features.past.embedding_dropout=0",
                "features.past.dropout=0", "train.half_life=0",
                "features.title_text.embedding_dropout=0", "rating.dropout=0", "tasks.like.dropout=0",
                "retrieval.item_bias=false", "retrieval.learn_temperature=false", "optimizer.l2=0",
                "optimizer.weight_decay=0", "optimizer.clip_norm=0"):
        run, _ = r.train(f"without-{off}", off)
        r.test.expect(r.checksum(run) != every, f"{off} is the same model")
    norms = [e["global_norm"] for e in log_objects(r.test.folder / "every") if e["event"] == "step"]
    r.test.expect(len(norms) > 10 and max(norms) > 5, f"nothing is clipped: {norms}")
    learned = [e["temperature"] for e in log_objects(r.test.folder / "every") if e["event"] in ("step", "epoch")]
    r.test.expect(len({*learned}) > 10 and max(abs(t - 0.2) for t in learned) < 0.1, f"temperatures: {learned}")
    r.test.must("report", r.test.folder / "every", "--out", r.test.folder / "report.html", "--quick")
    page = (r.test.folder / "report.html").read_text()
    r.test.expect("<figcaption>temperature<" in page or not shutil.which("gnuplot"), "the report has no temperature")
    loose, _ = r.train("loose", "optimizer.clip_norm=1e12")
    unclipped, _ = r.train("unclipped", "optimizer.clip_norm=0")
    r.test.expect(r.checksum(loose) == r.checksum(unclipped), "a bound that is never met changes bits")
    r.test.expect("global_norm" not in log_objects(unclipped)[-2], "there is a norm without clipping")


def main():
    with Test() as test:
        rules = Rules(test)
        every_rule_on_every_layout(rules)
        each_rule_alone_counts(rules)


if __name__ == "__main__":
    main()
