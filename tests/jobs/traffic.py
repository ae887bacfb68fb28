#!/usr/bin/env python3
"""What ranks get from one another in a training step is what the formulas of docs/scaling.md say, to the
byte, for either placement of the tables.

    traffic.py TANDEM BENCH LAUNCHER...      BENCH is the folder of bench/traffic.py
"""
import sys

from program import Test, log_objects, skip

try:
    import h5py  # noqa: F401 (the formulas need it)
except ImportError as error:
    skip(f"Python 3 with h5py and numpy is needed ({error})")

sys.path.insert(0, sys.argv.pop(2))
import traffic  # noqa: E402

# Width 512: what a rank owns is more than one message of the exchange.
WIDTH, SHARDS, HIDDEN, EPOCHS = 512, 8, 8, 2
ITEMS, BATCH, LARGE_BATCH = 400, 700, 1600  # a large batch counts its items by a histogram
DENSE = 2 * WIDTH * HIDDEN + HIDDEN + HIDDEN + 1


def counted(test, data, batch, ranks, layout):
    run = test.folder / f"{layout}-{batch}-{ranks}"
    config = test.config(model={"width": WIDTH}, rating={"enabled": True, "hidden": [HIDDEN]},
                         placement={"user_table": layout, "item_table": layout},
                         train={"batch_size": batch, "shards": SHARDS, "epochs": EPOCHS},
                         checkpoint={"every_epochs": 0})
    test.must("train", config, "--data", data, "--run", run, ranks=ranks)
    found = [o for o in log_objects(run) if o["event"] == "traffic"]
    test.expect(len(found) == EPOCHS, f"{layout}, {ranks} ranks: {found}")
    return found[-1]["calls"], found[-1]["bytes"]


def compare(test, data, batches, batch, ranks, layout):
    formula = tuple(EPOCHS * n for n in batches.traffic(ranks, WIDTH, DENSE, layout == "owned"))
    found = counted(test, data, batch, ranks, layout)
    test.expect(found == formula,
                f"batch {batch}, {layout}, {ranks} ranks: calls and bytes {found}, by formula {formula}")


def main():
    with Test() as test:
        data = test.make_data("data", users=150, items=ITEMS, ratings=4000)
        small, large = (traffic.Batches(data, batch, SHARDS) for batch in (BATCH, LARGE_BATCH))
        test.expect(small.steps > 3 and not small.by_histogram, f"{small.steps} steps, {small.by_histogram}")
        test.expect(large.steps > 1 and large.by_histogram, f"{large.steps} steps, {large.by_histogram}")
        for ranks in (1, 2, 3, 4):
            for layout in ("replicated", "owned"):
                compare(test, data, small, BATCH, ranks, layout)
            compare(test, data, large, LARGE_BATCH, ranks, "owned")


main()
