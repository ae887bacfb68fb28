#!/usr/bin/env python3
"""Little address space, and no OpenBLAS: what asks for neither works, what does says what it lacks.

    little_memory.py TANDEM CONFIG LAUNCHER...         CONFIG is configs/quickstart.yaml
"""
import sys

from program import Test

SPACE_KB = 200_000  # OpenBLAS alone maps 300 MB while it is loaded
OPENBLAS = ["--set", "math.kernels=openblas"]
EASE = ["--set", "eval.systems=[ease]"]


def train(config, data, run, *more):
    return ["train", config, "--data", data, "--run", run, "--threads", 1, "--set", "train.epochs=1", *more]


def everything_without_products(test, config):
    """Each command in so little space, and OpenBLAS's users refused there, not left waiting."""
    little = test.wrapper("little", f"ulimit -v {SPACE_KB}")
    rows, data, run = test.folder / "rows", test.folder / "rows.h5", test.folder / "run"
    for arguments in (["help"], ["help", "config"], ["help", "train"],
                      ["synth", "--out", rows, "--users", 60, "--items", 120, "--ratings", 3000],
                      ["prepare", "--format", "movielens-csv", rows, "--out", data], train(config, data, run),
                      ["evaluate", "--run", run], ["recommend", "--run", run, "--user", 1],
                      ["neighbors", "--run", run, "--item", 1], ["inspect", run],
                      ["export", "--run", run, "--out", test.folder / "export"]):
        test.must(*arguments, wrapper=little)
    for name, setting in (("math.kernels", OPENBLAS), ("ease", EASE)):
        refused = test.folder / "refused"
        for ranks in (None, 2):
            test.refuses(name, train(config, data, refused, *setting), name, "no room for OpenBLAS", "ulimit -v",
                         wrapper=little, ranks=ranks)
        test.expect(not refused.exists(), f"{name}: {refused} was made")
    return data


def without_openblas(test, config, data):
    """One rank's loader finds a file that is no library."""
    folder, run = test.folder / "libraries", test.folder / "without"
    folder.mkdir()
    (folder / "libopenblas.so.0").write_bytes(b"")
    for name, setting, rank in (("math.kernels", OPENBLAS, 1), ("ease", EASE, 0)):
        lacking = test.wrapper("lacking", f'[ "$rank" != {rank} ] || export LD_LIBRARY_PATH={folder}:$LD_LIBRARY_PATH')
        test.refuses(f"{name} without OpenBLAS", train(config, data, run, *setting), name, "OpenBLAS cannot be loaded",
                     str(folder), "LD_LIBRARY_PATH", wrapper=lacking, ranks=3)
        test.expect(not run.exists(), f"{name}: {run} was made")
    test.must(*train(config, data, run), wrapper=lacking, ranks=3)


def main():
    config = sys.argv.pop(2)
    with Test() as test:
        data = everything_without_products(test, config)
        without_openblas(test, config, data)


main()
