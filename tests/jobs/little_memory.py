#!/usr/bin/env python3
"""Little address space, no OpenBLAS, or one that is behind the CPU: what asks for none works, what does is told.

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


def behind_the_cpu(test, config, data):
    """OpenBLAS that takes the kernels of an old CPU, which Debian's does on one that it does not know."""
    warning = "OpenBLAS does not know this CPU and takes its kernels for Prescott"
    old, new = (test.wrapper(core, f"export OPENBLAS_CORETYPE={core}") for core in ("Prescott", "Haswell"))
    if "kernels for Prescott, which are behind this CPU" not in test.must("--version", "--verbose", wrapper=old).out:
        return  # the CPU has no AVX2, or this OpenBLAS is made for one kind of CPU
    for core, wrapper, setting, times in (("old", old, OPENBLAS, 1), ("new", new, OPENBLAS, 0), ("fixed", old, [], 0)):
        said = test.must(*train(config, data, test.folder / core, *setting), wrapper=wrapper, ranks=2).error
        test.expect(said.count(warning) == times, f"{core} kernels: expected {times} times '{warning}'; found {said}")


def main():
    config = sys.argv.pop(2)
    with Test() as test:
        data = everything_without_products(test, config)
        without_openblas(test, config, data)
        behind_the_cpu(test, config, data)


main()
