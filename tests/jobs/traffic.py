#!/usr/bin/env python3
"""What ranks get from one another in a training step is what the formulas of docs/scaling.md say, to the
byte, for either placement of the tables, where they send messages and where they share a node's memory.

    traffic.py TANDEM BENCH LAUNCHER...      BENCH is the folder of bench/traffic.py
"""
import os
import sys

from program import Test, log_objects, skip

try:
    import h5py  # noqa: F401 (the formulas need it)
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

sys.path.insert(0, sys.argv.pop(2))
import traffic

# Width 512: what a rank owns is more than one message of the exchange.
WIDTH, SHARDS, EPOCHS = 512, 8, 2
ITEMS, BATCH, LARGE_BATCH = 402, 700, 1200  # a large batch counts its items by a histogram
HIDDEN, LARGE_HIDDEN = 8, 150               # a large head's gradients go to owners


def dense(hidden):
    return 2 * WIDTH * hidden + hidden + hidden + 1


def train(test, name, data, batch, hidden, ranks, layout):
    run = test.folder / f"{layout}-{batch}-{hidden}-{ranks}-{name}"
    config = test.config(model={"width": WIDTH}, rating={"enabled": True, "hidden": [hidden]},
                         placement={"user_table": layout, "item_table": layout},
                         train={"batch_size": batch, "shards": SHARDS, "epochs": EPOCHS},
                         checkpoint={"every_epochs": 0})
    test.must("train", config, "--data", data, "--run", run, ranks=ranks)
    return run


class Messages:
    """Ranks have no memory of their node while this lasts."""

    are_sent = False

    def __enter__(self):
        os.environ["TANDEM_SHARED_MEMORY"], self.are_sent = "off", True

    def __exit__(self, *_):
        del os.environ["TANDEM_SHARED_MEMORY"]
        self.are_sent = False


def compare(test, messages, data, batches, batch, hidden, ranks, layout):
    """Gives the parameters' checksum."""
    run = train(test, "messages" if messages.are_sent else "in-place", data, batch, hidden, ranks, layout)
    lines = [o for o in log_objects(run) if o["event"] == "traffic"]
    test.expect(len(lines) == EPOCHS, f"{layout}, {ranks} ranks: {lines}")
    found = lines[-1]["calls"], lines[-1]["bytes"]
    formula = tuple(EPOCHS * n for n in batches.traffic(ranks, WIDTH, dense(hidden), layout == "owned",
                                                          not messages.are_sent))
    test.expect(found == formula, f"batch {batch}, head {hidden}, {layout}, {ranks} ranks, messages: "
                                  f"{messages.are_sent}: calls and bytes {found}, by formula {formula}")
    return test.must("inspect", run, "--checksum").out


def main():
    with Test() as test:
        data = test.make_data("data", users=150, items=ITEMS, ratings=4000)
        small, large = (traffic.Batches(data, batch, SHARDS) for batch in (BATCH, LARGE_BATCH))
        test.expect(small.steps > 3 and not small.by_histogram, f"{small.steps} steps, {small.by_histogram}")
        test.expect(large.steps > 1 and large.by_histogram, f"{large.steps} steps, {large.by_histogram}")
        test.expect(dense(HIDDEN) < traffic.DENSE_BY_OWNERS <= dense(LARGE_HIDDEN), "heads on either side")
        messages, sums = Messages(), set()

        def check(*arguments):
            return compare(test, messages, data, *arguments)

        with messages:
            for ranks in (1, 2, 3, 4):
                for layout in ("replicated", "owned"):
                    check(small, BATCH, HIDDEN, ranks, layout)
                check(large, LARGE_BATCH, HIDDEN, ranks, "owned")
                sums.add(check(small, BATCH, LARGE_HIDDEN, ranks, "owned"))
        for layout in ("replicated", "owned"):
            check(small, BATCH, HIDDEN, 3, layout)
        check(large, LARGE_BATCH, HIDDEN, 2, "owned")
        sums.add(check(small, BATCH, LARGE_HIDDEN, 4, "owned"))
        test.expect(len(sums) == 1, f"checksums of a large head: {sums}")


main()
