#!/usr/bin/env python3
"""Memory of a step is O(B d + B tile), never B x B, and no copy of dV for each thread.

    memory.py TANDEM CONFIG LAUNCHER...         CONFIG is configs/retrieval.yaml

Peak resident memory at batch 65,536, summed over the ranks, on MovieLens 100K where TANDEM_DATA has
it, else on generated ratings of its size. A B x B matrix alone would have 17 GB.
"""
import os
import resource
import subprocess
import sys
from pathlib import Path

from program import Test, environment, skip

BATCH, MOST_MB = 65536, 400
LAYOUTS = [(1, 1), (1, 2), (2, 1), (1, 4)]
PER_THREAD_MB = 8  # a worker's tiles


def measure(command):
    """Runs one rank, and writes its peak in kilobytes to a file in the folder MEMORY_FOLDER."""
    status = subprocess.call(command)
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


def peak_mb(test, config, data, ranks, threads):
    """Summed over the ranks."""
    folder = test.folder / f"memory-{ranks}x{threads}"
    folder.mkdir()
    os.environ["MEMORY_FOLDER"] = str(folder)
    test.must("train", config, "--data", data, "--run", test.folder / f"run-{ranks}x{threads}",
              "--threads", threads, "--set", f"train.batch_size={BATCH}", "--set", "train.epochs=1",
              ranks=ranks, wrapper=[sys.executable, __file__, "measure"])
    peaks = [int(file.read_text()) for file in folder.iterdir()]
    test.expect(len(peaks) == ranks, f"{ranks}x{threads}: {len(peaks)} ranks told their memory")
    return sum(peaks) / 1000


def main():
    config = sys.argv.pop(2)
    with Test() as test:
        if test.is_sanitized():
            skip("AddressSanitizer multiplies memory")
        data, peak = make_data(test), {}
        for ranks, threads in LAYOUTS:
            peak[ranks, threads] = peak_mb(test, config, data, ranks, threads)
            print(f"{ranks}x{threads}: {peak[ranks, threads]:.0f} MB")
            test.expect(peak[ranks, threads] < MOST_MB, f"more than {MOST_MB} MB")
        growth = (peak[1, 4] - peak[1, 1]) / 3
        test.expect(growth < PER_THREAD_MB, f"a thread adds {growth:.1f} MB, expected less than {PER_THREAD_MB}")


if sys.argv[1] == "measure":
    sys.exit(measure(sys.argv[2:]))
main()
