#!/usr/bin/env python3
"""Memory of a step is O(B d + B tile), never B x B, and no copy of dV for each thread.

    memory.py TANDEM CONFIG LAUNCHER...         CONFIG is configs/retrieval.yaml

Peak resident memory at batch 65,536, summed over the ranks, on MovieLens 100K where TANDEM_DATA has
it, else on generated ratings of its size. A B x B matrix alone would have 17 GB. What threads add is
measured where dV is large: wide embeddings; there, tables whose rows have owners are shared by the ranks.
Preparing data, a rank takes about its share of what one rank alone takes. In training, a row takes no
more than in the data file; a model that is only read comes without the optimizer's state.
"""
import os
import resource
import subprocess
import sys
from pathlib import Path

from program import Test, environment, skip

BATCH, MOST_MB = 65536, 400
LAYOUTS = [(1, 1), (1, 2), (2, 1), (1, 4)]
ITEMS, WIDTH = 3000, 1024
DV_MB = ITEMS * WIDTH * 8 / 1e6  # sums of 64 bits


def measure(command):
    """Runs one rank, and writes its peak in kilobytes to a file in the folder MEMORY_FOLDER."""
    status = subprocess.call(command, close_fds=False)  # MPICH hands its ranks a descriptor
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    (Path(os.environ["MEMORY_FOLDER"]) / str(os.getpid())).write_text(str(peak))
    return status


def make_data(test):
    root = environment("TANDEM_DATA")
    if not root or not (root / "ml-100k").is_dir():
        return test.make_data("data", users=943, items=1682, ratings=100000)
    file = test.folder / "ml-100k.h5"
    test.must("prepare", "--format", "movielens-100k", root / "ml-100k", "--out", file)
    return file


def new_folder(test):
    folder = test.folder / f"memory-{len(list(test.folder.iterdir()))}"
    folder.mkdir()
    return folder


def peaks_mb(test, ranks, *arguments):
    """Of each rank."""
    folder = new_folder(test)
    os.environ["MEMORY_FOLDER"] = str(folder)
    test.must(*arguments, ranks=ranks, wrapper=[sys.executable, __file__, "measure"])
    peaks = [int(file.read_text()) / 1000 for file in folder.iterdir()]
    test.expect(len(peaks) == ranks, f"{arguments[0]}: {len(peaks)} of {ranks} ranks told their memory")
    return peaks


def peak_mb(test, config, data, ranks, threads, *more):
    """Of training, summed over the ranks."""
    return sum(peaks_mb(test, ranks, "train", config, "--data", data, "--run", new_folder(test) / "run",
                        "--threads", threads, "--set", f"train.batch_size={BATCH}", "--set", "train.epochs=1",
                        *more))


def large_batch(test, config):
    data = make_data(test)
    for ranks, threads in LAYOUTS:
        peak = peak_mb(test, config, data, ranks, threads)
        print(f"{ranks}x{threads}: {peak:.0f} MB")
        test.expect(peak < MOST_MB, f"{ranks}x{threads}: {peak:.0f} MB, expected less than {MOST_MB}")


def threads_share_dv(test, config):
    """Without the rating head, whose gradient each thread has of its own: it grows with the width, too. A
    thread's tiles take 20 to 26 MB; with a copy of dV it would be twice that."""
    data = test.make_data("wide", users=2000, items=ITEMS, ratings=20000)
    wide = ("--set", f"model.width={WIDTH}", "--set", "rating.enabled=false")
    few, many = (peak_mb(test, config, data, 1, threads, *wide) for threads in (1, 5))
    added = (many - few) / 4
    print(f"a thread adds {added:.1f} MB where dV has {DV_MB:.0f}")
    test.expect(added < 1.5 * DV_MB, "threads have copies of dV")


def ranks_share_owned_tables(test, config):
    """Weights and accumulators: what all ranks but one need not hold."""
    users, ranks = 6000, 4
    data = test.make_data("tables", users=users, items=ITEMS, ratings=20000)
    wide = ["--set", f"model.width={WIDTH}", "--set", "rating.enabled=false"]
    placed = {}
    for choice in ("replicated", "owned"):
        placement = [f"placement.{table}={choice}" for table in ("user_table", "item_table")]
        more = [word for setting in placement for word in ("--set", setting)]
        placed[choice] = peak_mb(test, config, data, ranks, 1, *wide, *more)
    spared = (ranks - 1) * (users + ITEMS) * WIDTH * 8 / 1e6
    print(f"{ranks} ranks: {placed['replicated']:.0f} MB replicated, {placed['owned']:.0f} MB owned; "
          f"tables explain {spared:.0f} MB")
    test.expect(placed["replicated"] - placed["owned"] > 0.9 * spared, "owned tables are not shared")


def ranks_share_rows(test):
    """Rows, 30 bytes and more each, are what there is much of; none is a rank's memory without data."""
    few, many = test.folder / "few", test.folder / "many"
    test.must("synth", "--out", few, "--ratings", 1000, "--users", 100, "--items", 100)
    test.must("synth", "--out", many, "--ratings", 2000000, "--users", 100000, "--items", 2000)
    none, one, four = (max(peaks_mb(test, ranks, "prepare", "--format", "movielens-csv", folder, "--out",
                                    new_folder(test) / "data.h5"))
                       for folder, ranks in ((few, 4), (many, 1), (many, 4)))
    print(f"prepare: {none:.0f} MB without data; {one:.0f} MB on one rank, {four:.0f} MB each on four")
    test.expect(four - none < 0.4 * (one - none), "a rank of four takes much more than a quarter")


def rows_are_as_small_as_in_the_file(test, config):
    """Of item, row number, rating and timestamp, 24 bytes, retrieval reads the first two, and wants the user."""
    rows, file_bytes = (100_000, 2_000_000), 24
    few, many = (peak_mb(test, config, test.make_data(f"rows-{n}", users=50000, items=2000, ratings=n), 1, 1,
                         "--set", "model.width=4", "--set", "train.shards=64") for n in rows)
    row = 1e6 * (many - few) / (0.8 * (rows[1] - rows[0]))
    print(f"a training row takes {row:.1f} bytes")
    test.expect(row < file_bytes, f"a training row takes {row:.1f} bytes, in the file {file_bytes}")


def reading_needs_no_optimizer(test, config):
    users, peaks = 6000, {}
    data = test.make_data("read", users=users, items=ITEMS, ratings=20000)
    for kind in ("sgd", "adam"):
        run = new_folder(test) / "run"
        test.must("train", config, "--data", data, "--run", run, "--set", f"model.width={WIDTH}", "--set",
                  "train.epochs=1", "--set", f"optimizer.kind={kind}", "--set", "optimizer.learning_rate=1e-4")
        peaks[kind] = max(peaks_mb(test, 1, "evaluate", "--run", run, "--threads", 1))
    table = (users + ITEMS) * WIDTH * 4 / 1e6
    print(f"evaluate: {peaks['sgd']:.0f} MB after SGD, {peaks['adam']:.0f} after Adam, tables have {table:.0f}")
    test.expect(peaks["adam"] - peaks["sgd"] < 0.5 * table, "evaluate holds the optimizer's state")


def main():
    config = sys.argv.pop(2)
    with Test() as test:
        if test.is_sanitized():
            skip("AddressSanitizer multiplies memory")
        large_batch(test, config)
        threads_share_dv(test, config)
        ranks_share_owned_tables(test, config)
        ranks_share_rows(test)
        rows_are_as_small_as_in_the_file(test, config)
        reading_needs_no_optimizer(test, config)


if sys.argv[1] == "measure":
    sys.exit(measure(sys.argv[2:]))
main()
