#!/usr/bin/env python3
"""Little address space, no OpenBLAS or one that is behind the CPU, models that no machine holds: what asks for none
works, what does is told, before it takes anything.

    little_memory.py TANDEM CONFIG LAUNCHER...         CONFIG is configs/quickstart.yaml
"""
import re
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
        for ranks, wrapper in ((None, little), (2, test.wrapper("less", "ulimit -v 350000"))):  # MPI's memory is shared
            test.refuses(name, train(config, data, refused, *setting), name, "no room for OpenBLAS", "ulimit -v",
                         wrapper=wrapper, ranks=ranks)
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


LARGE = [f"{side}.tower=[{'65536,' * 40}32]" for side in ("query", "candidate")]  # 3 TB of weights
PARTS = {  # what has large blocks of its own
    "model": {"width": 4096}, "query": {"features": ["user", "timestamp_buckets", "past"], "tower": [65536, 65536]},
    "candidate": {"features": ["item", "title_text"], "tower": [65536] * 40 + [65536]},
    "features": {"user": {"dropout": 0.1}, "past": {"encoder": "history", "table": "item_table", "last": 20}},
    "retrieval": {"log_q": True, "num_hard_negatives": 1000, "negatives": "group"},
    "tasks": {"retrieval": {"where": "rating >= 4", "negatives": "rating <= 2"}},
    "rating": {"enabled": True, "hidden": [65536]}, "optimizer": {"kind": "adam"},
    "train": {"batch_size": 65536, "shards": 16}, "eval": {"systems": ["ease"]},
}


def settings(*texts):
    return [word for text in texts for word in ("--set", text)]


def table_of(text):
    """By purpose: megabytes by rank."""
    rows = re.findall(r"^(?:tandem: (?:[0-9T:-]+Z )?)?([a-z' ,]+?)((?: +[0-9]+\.[0-9])+)(?:  .*)?$", text, re.MULTILINE)
    return {what.strip(): [float(n) for n in numbers.split()] for what, numbers in rows}


def refused_before_it_begins(test, config, data):
    """A table, a message that says where it is missing, no folder; a dry run tells the same to standard output."""
    run = test.folder / "large"
    for ranks in (None, 2):
        result = test.run(*train(config, data, run, *settings(*LARGE)), ranks=ranks)
        errors = [line for line in result.error.splitlines() if "error: " in line]
        table = table_of(result.error)
        test.expect(result.status == 1 and len(errors) == 1 and "are available; lower a key" in errors[0]
                    and table["certain"][0] > 1e6 and len(table["certain"]) == (ranks or 1)
                    and "query.tower" in result.error and not run.exists(), f"3 TB of weights: {result.text()}")
        dry = test.run(*train(config, data, run, *settings(*LARGE), "--dry-run"), ranks=ranks)
        test.expect(dry.status == 1 and table_of(dry.out)["tables and layers"] == table["tables and layers"]
                    and not run.exists(), f"the same, dry: {dry.text()}")
    whole = test.config("parts.yaml", **PARTS)
    for ranks in (1, 3):
        result = test.run("train", whole, "--data", data, "--run", run, "--dry-run", ranks=ranks)
        test.expect(result.status == 1 and table_of(result.out)["certain"][0] > 1e6, f"all parts: {result.text()}")


def dry_run(test, config, data):
    """Of what has room: status 0, nothing written, the same numbers with --memory-check warn."""
    run = test.folder / "dry"
    said = test.must(*train(config, data, run, "--dry-run"), ranks=2).out
    test.expect(len(table_of(said)["certain"]) == 2 and not run.exists(), f"a dry run: {said}")
    many = test.must(*train(config, data, run, "--dry-run"), ranks=7).out
    test.expect(len(table_of(many)["certain"]) == 2 and "of a rank" in many, f"a dry run of 7 ranks: {many}")
    little = test.wrapper("too-little", f"ulimit -v {SPACE_KB}")
    wide = settings("query.tower=[4096,4096,32]", "candidate.tower=[32]")
    test.expect("ulimit -v" in test.run(*train(config, data, run, *wide), wrapper=little).error, "no address space")
    tried = test.run(*train(config, data, run, *wide, "--memory-check", "warn"), wrapper=little)
    test.expect(tried.status == 1 and "warning: " in tried.error and "out of memory for " in tried.error,
                f"--memory-check warn: {tried.text()}")


def peak_mb(test, *arguments):
    """Of the program alone."""
    peaks = test.folder / "peaks"
    code = ("import resource, subprocess, sys\nstatus = subprocess.call(sys.argv[2:])\n"
            "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
            "open(sys.argv[1], 'w').write(str(peak))\nsys.exit(status)")
    test.must(*arguments, wrapper=[sys.executable, "-c", code, peaks])
    return int(peaks.read_text()) * 1024e-6


def what_is_told_is_what_is_taken(test, config, data):
    """Beside a small model: its libraries. A part may be freed, and an evaluation takes what is not certain."""
    wide = settings("query.tower=[2048,2048,32]", "candidate.tower=[32]", "optimizer.learning_rate=1e-5")
    small = peak_mb(test, *train(config, data, test.folder / "small"))
    for kind, threads in (("adagrad", 1), ("adam", 3)):
        command = train(config, data, test.folder / f"wide-{kind}", *wide, *settings(f"optimizer.kind={kind}"),
                        "--threads", threads)
        said = table_of(test.must(*command, "--dry-run").out)
        taken = peak_mb(test, *command) - small
        print(f"{kind}, {threads} threads: {taken:.0f} MB taken, {said['certain'][0]:.0f} certain, "
              f"{said['at most'][0]:.0f} at most")
        test.expect(0.95 * said["certain"][0] < taken < 1.05 * said["at most"][0], f"{kind}: {taken} MB, said {said}")


def main():
    config = sys.argv.pop(2)
    with Test() as test:
        data = everything_without_products(test, config)
        without_openblas(test, config, data)
        behind_the_cpu(test, config, data)
        refused_before_it_begins(test, config, data)
        dry_run(test, config, data)
        what_is_told_is_what_is_taken(test, config, data)


main()
