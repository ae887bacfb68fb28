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
WIDTH, BATCH, SHARDS, HIDDEN, EPOCHS = 512, 700, 8, 8, 2
DENSE = 2 * WIDTH * HIDDEN + HIDDEN + HIDDEN + 1


def counted(test, data, ranks, layout):
    run = test.folder / f"{layout}-{ranks}"
    config = test.config(model={"width": WIDTH}, rating={"enabled": True, "hidden": [HIDDEN]},
                         placement={"user_table": layout, "item_table": layout},
                         train={"batch_size": BATCH, "shards": SHARDS, "epochs": EPOCHS},
                         checkpoint={"every_epochs": 0})
    test.must("train", config, "--data", data, "--run", run, ranks=ranks)
    found = [o for o in log_objects(run) if o["event"] == "traffic"]
    test.expect(len(found) == EPOCHS, f"{layout}, {ranks} ranks: {found}")
    return found[-1]["calls"], found[-1]["bytes"]


def main():
    with Test() as test:
        data = test.make_data("data", users=150, items=400, ratings=4000)
        batches = traffic.Batches(data, BATCH, SHARDS)
        test.expect(batches.steps > 3, f"{batches.steps} steps")
        for layout in ("replicated", "owned"):
            for ranks in (1, 2, 3, 4):
                formula = tuple(EPOCHS * n for n in batches.traffic(ranks, WIDTH, DENSE, layout == "owned"))
                found = counted(test, data, ranks, layout)
                test.expect(found == formula, f"{layout}, {ranks} ranks: calls and bytes {found}, by formula {formula}")


main()
