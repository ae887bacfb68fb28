#!/usr/bin/env python3
"""Checkpoints that are due, kept, damaged, or cannot be written.

    checkpoints.py TANDEM LAUNCHER...
"""
import os
import random
import shutil
import subprocess

try:
    import h5py
except ImportError:
    h5py = None
    print("without h5py the best checkpoint and old versions are not tried")

from program import Test, checkpoints, left_behind, log_objects, result_files

EPOCHS, STEPS = 3, 10  # an epoch's
SECTIONS = {
    "model": {"width": 8},
    "train": {"batch_size": 240, "shards": 8, "epochs": EPOCHS},
    "eval": {"every_epochs": 1},
}
ALL = (4, 8, 10, 12, 16, 20, 24, 28, 30)


def steps_of(run):
    return tuple(int(file.stem[5:]) for file in checkpoints(run))


class Runs:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.whole = self.train("whole", every_steps=4, keep=0)
        test.expect(steps_of(self.whole) == ALL, f"keep 0: {steps_of(self.whole)}")

    def arguments(self, run, *more, **keys):
        settings = [f"checkpoint.{key}={value}" for key, value in keys.items()]
        sets = [word for setting in settings for word in ("--set", setting)]
        return ["train", self.config, "--data", self.data, "--run", run, *more, *sets]

    def train(self, name, *more, says="", ranks=None, **keys):
        run = self.test.folder / name
        self.test.must(*self.arguments(run, *more, **keys), says=says, ranks=ranks)
        return run

    def copy(self, name):
        run = self.test.folder / name
        shutil.copytree(self.whole, run)
        return run

    def expect_steps(self, name, expected, ranks=None, **keys):
        run = self.train(name, ranks=ranks, **keys)
        found = steps_of(run)
        self.test.expect(found == expected, f"{name}: checkpoints {found}, not {expected}")
        self.test.expect(not left_behind(run), f"{name}: {left_behind(run)}")
        return run

    def expect_end(self, run, what):
        """The last checkpoint and the metrics are those of the undisturbed run."""
        for file in ("checkpoints/step-000000000030.h5", "metrics.h5"):
            same = (run / file).read_bytes() == (self.whole / file).read_bytes()
            self.test.expect(same, f"{what}: other bytes in {file}")


def due(runs):
    runs.expect_steps("epochs", (10, 20, 30))
    runs.expect_steps("second-epochs", (20, 30), every_epochs=2, ranks=2)
    runs.expect_steps("end", (30,), every_epochs=0)
    run = runs.expect_steps("time", tuple(range(1, 31)), ranks=3, every_epochs=0, keep=0,
                            every_seconds=1e-9, max_overhead=1)
    written = [o for o in log_objects(run) if o["event"] == "checkpoint"]
    runs.test.expect([o["step"] for o in written] == list(range(1, 31)), "time: other lines")
    sizes = [(run / f"checkpoints/step-{o['step']:012}.h5").stat().st_size for o in written]
    runs.test.expect([o["bytes"] for o in written] == sizes, "bytes in the log")
    runs.test.expect(all(o["seconds"] > 0 for o in written), "seconds in the log")
    # After the first checkpoint, which nothing delays, the next may come after 1e6 times its time.
    run = runs.train("overhead", ranks=2, every_epochs=0, keep=0, every_seconds=1e-9,
                     max_overhead=1e-6)
    runs.test.expect(steps_of(run) == (1, 30), f"overhead: {steps_of(run)}")


def accuracies(run):
    """The test accuracy at the largest k, by step."""
    with h5py.File(run / "metrics.h5") as file:
        (test,) = file["test"].values()
        return dict(zip(test["step"][:], test["model/top_k_categorical_accuracy"][:, -1], strict=True))


def kept(runs):
    runs.expect_steps("two", (28, 30), every_steps=4, keep=2, keep_best="none", ranks=2)
    # The best of those that are there: 20 was better, but is gone.
    gone = runs.test.folder / "gone"
    runs.test.must(*runs.arguments(gone, "--set", "optimizer.learning_rate=3", "--set", "eval.ks=[5]",
                                   keep=1, keep_best="none"))
    runs.test.expect(steps_of(gone) == (30,), f"gone: {steps_of(gone)}")
    runs.test.must("evaluate", "--run", gone, "--checkpoint", "best")
    runs.expect_steps("lowest-loss", (30,), keep=1, keep_best="loss")
    if not h5py:
        return
    # A rate that is too high, so that the last epoch is not the best one.
    for ranks in (None, 3):
        name = f"best-{ranks}"
        run = runs.test.folder / name
        runs.test.must(*runs.arguments(run, "--set", "optimizer.learning_rate=3",
                                       "--set", "eval.ks=[5]", keep=1), ranks=ranks)
        found = accuracies(run)
        best = max(sorted(found), key=found.get)
        runs.test.expect(best != 30, f"{name}: the last one is the best: {found}")
        runs.test.expect(steps_of(run) == (best, 30), f"{name}: {steps_of(run)} of {found}")


def flip(file, rng):
    """One bit of the last two thirds, where values are."""
    content = bytearray(file.read_bytes())
    place = rng.randrange(len(content) // 3, len(content))
    content[place] ^= 1 << rng.randrange(8)
    file.write_bytes(content)


def cut(file, rng):
    os.truncate(file, rng.randrange(file.stat().st_size))


def empty(file, _):
    os.truncate(file, 0)


def zeros(file, _):
    """What a crash may leave of a file without fsync."""
    file.write_bytes(b"\0" * file.stat().st_size)


def rename(file, _):
    shutil.copy(file.with_name("step-000000000010.h5"), file)


def damaged(runs):
    """The newest two are damaged: step 24 goes on, and the damaged ones are written again."""
    rng = random.Random(5)
    for ranks, (name, damage) in enumerate((("cut", cut), ("empty", empty), ("zeros", zeros),
                                            ("data-file", None), ("renamed", rename)), start=1):
        run = runs.copy(name)
        newest = checkpoints(run)[-1]
        if damage:
            damage(newest, rng)
        else:
            shutil.copy(runs.data, newest)
        result = runs.test.must(*runs.arguments(run, "--resume", every_steps=4, keep=0),
                                ranks=min(ranks, 4))
        warning = next((line for line in result.error.splitlines() if " is skipped" in line), "")
        runs.test.expect("warning: " in warning and warning.count(str(newest)) == 1 and
                         "going on from" in result.error and "step-000000000028" in result.error,
                         f"{name}: {result.text()}")
        runs.test.expect(result_files(run) == result_files(runs.whole), f"{name}: other files")


def every_bit(runs):
    """A flipped bit is seen where it matters, and the run ends as it would have in any case."""
    rng = random.Random(6)
    seen = 0
    for case in range(6):
        run = runs.copy(f"bit-{case}")
        flip(checkpoints(run)[-1], rng)
        result = runs.test.must(*runs.arguments(run, "--resume", every_steps=4, keep=0),
                                ranks=case % 3 + 1)
        seen += " is skipped" in result.error
        checksum = runs.test.must("inspect", run, "--checksum").out
        whole = runs.test.must("inspect", runs.whole, "--checksum").out
        runs.test.expect(checksum == whole, f"bit {case}: another checksum")
    runs.test.expect(seen >= 4, f"of 6 flipped bits only {seen} were seen")


def in_use(runs):
    """evaluate and its like skip a damaged one too; with none left, both say so and stop."""
    run = runs.copy("in-use")
    flip(checkpoints(run)[-1], random.Random(7))
    flip_result = runs.test.must("evaluate", "--run", run, ranks=2)
    runs.test.expect("step-000000000030.h5" in flip_result.error and
                     "this checkpoint is skipped" in flip_result.error, flip_result.text())
    for file in checkpoints(run):
        empty(file, None)
    for ranks in (None, 3):
        for command in (["evaluate", "--run", run], runs.arguments(run, "--resume")):
            runs.test.refuses("none left", command, "no whole checkpoint", "all 9",
                              "step-000000000030.h5", "step 4", ranks=ranks)


def damaged_metrics(runs):
    for ranks in (None, 3):
        run = runs.copy(f"metrics-{ranks}")
        checkpoints(run)[-1].unlink()
        with open(run / "metrics.h5", "r+b") as file:
            file.truncate(700)
        runs.train(run.name, "--resume", says="made anew", ranks=ranks, every_steps=4, keep=0)
        runs.test.expect(result_files(run) == result_files(runs.whole), "metrics: other files")


def older_version(runs):
    """A version that this program does not read is named, with its own."""
    if not h5py:
        return
    run = runs.copy("old")
    for file in checkpoints(run):
        with h5py.File(file, "r+") as h5:
            h5.attrs.modify("version", 1)
    result = runs.test.run(*runs.arguments(run, "--resume"))
    runs.test.expect("has version 1 of" in result.error and "reads version 4" in result.error,
                     result.text())


def leftovers(runs):
    run = runs.copy("left")
    checkpoints(run)[-1].unlink()
    dead = subprocess.Popen(["true"])
    dead.wait()
    files = [run / f"checkpoints/.step-000000000040.h5.tmp-{dead.pid}",
             run / f".metrics.h5.tmp-{dead.pid}-1"]
    files.append(run / f"checkpoints/.step-000000000044.h5.tmp-{os.getpid()}")  # a number in use again
    files.append(run / "heartbeats")
    alive = run / f".metrics.h5.tmp-{os.getpid()}"
    for file in [*files, alive]:
        file.write_bytes(b"half")
    with open(alive, "rb"):
        runs.train("left", "--resume", ranks=2, says="which a job that was killed left")
    runs.test.expect(not any(f.exists() for f in files) and alive.exists(),
                     f"left: {left_behind(run)}")


def in_the_way(runs):
    """What stands where a checkpoint should be written: a folder."""
    def begun(name, blocked):
        run = runs.train(name, "--set", "train.epochs=1")
        (run / f"checkpoints/step-{blocked:012}.h5").mkdir()
        return run

    for ranks in (None, 3):
        run = begun(f"required-{ranks}", 20)
        runs.test.refuses("required", runs.arguments(run, "--resume"), "step-000000000020.h5",
                          "it is a folder", "newest whole checkpoint", "step-000000000010.h5",
                          ranks=ranks)
        run = begun(f"not-required-{ranks}", 20)
        runs.train(run.name, "--resume", required="false", ranks=ranks,
                   says="no checkpoint of step 20")
        runs.expect_end(run, "not required")
    run = begun("last", 30)
    runs.test.refuses("the last is required", runs.arguments(run, "--resume", required="false"),
                      "it is a folder")


def mount(folder, kilobytes, *options):
    command = ["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={kilobytes}k"]), "none", folder]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


WIDE = ("--set", "model.width=256")  # so that a checkpoint is larger than all else in the folder


def fill_disk(runs, folder, whole, ranks, required):
    """There is room for one or two checkpoints; once there is more, the run goes on to its end."""
    run = folder / f"run-{ranks}-{required}"
    keys = {"every_steps": 4, "keep": 0, "required": required}
    result = runs.test.run(*runs.arguments(run, *WIDE, **keys), ranks=ranks)
    what = f"full disk at {ranks}, required {required}"
    there = steps_of(run)
    words = ("error: ", "No space left on device", "newest whole checkpoint",
             f"step-{there[-1] if there else 0:012}.h5")
    runs.test.expect(result.status == 1 and all(w in result.error for w in words),
                     f"{what}: {result.text()}")
    runs.test.expect(there == ALL[:len(there)] and there and not left_behind(run),
                     f"{what}: {there} {left_behind(run)}")
    said = [f"no checkpoint of step {step}:" in result.error for step in ALL[len(there):-1]]
    runs.test.expect(all(said) if required == "false" else not any(said), f"{what}: {result.text()}")
    steps = [o["step"] for o in log_objects(run) if o["event"] == "step"]
    end = 30 if required == "false" else ALL[len(there)]
    runs.test.expect(steps == list(range(1, end + 1)), f"{what}: log to {steps[-1:]}")
    mount(folder, 10000, "remount")
    runs.test.must(*runs.arguments(run, *WIDE, "--resume", **keys), ranks=ranks)
    runs.test.expect(result_files(run) == result_files(whole), f"{what}: other files in the end")
    shutil.rmtree(run)


def full_disk(runs):
    folder = runs.test.folder / "small"
    folder.mkdir()
    whole = runs.train("wide", *WIDE, every_steps=4, keep=0)
    size = checkpoints(whole)[-1].stat().st_size // 1024
    if not mount(folder, 10000):
        print("a full disk is not tried: this user may not mount a tmpfs")
        return
    try:
        for ranks, required in ((1, "true"), (2, "false"), (4, "true"), (3, "false")):
            mount(folder, 5 * size // 2, "remount")
            fill_disk(runs, folder, whole, ranks, required)
    finally:
        subprocess.run(["umount", folder], check=True)


def read_only(runs):
    """Who only reads is not disturbed; who writes says what cannot be written, and changes nothing."""
    folder = runs.test.folder / "read-only"
    folder.mkdir()
    if not mount(folder, 10000):
        print("a read-only folder is not tried: this user may not mount a tmpfs")
        return
    try:
        run = folder / "run"
        runs.test.must(*runs.arguments(run, every_steps=4, keep=0))
        checkpoints(run)[-1].unlink()
        before = result_files(run)
        mount(folder, 10000, "remount", "ro")
        refusals = (runs.arguments(run, "--resume"), runs.arguments(run, "--fresh"),
                    runs.arguments(folder / "new"))
        for i, command in enumerate(refusals):
            runs.test.refuses("read-only", command, str(folder), "Read-only file system", ranks=(None, 3)[i % 2])
        for more, warnings in (((), 1), (("--no-keep",), 0)):
            found = runs.test.must("evaluate", "--run", run, *more, says="top-100", ranks=3)
            runs.test.expect(found.error.count("may only be read") == warnings, f"evaluate {more}: {found.text()}")
        runs.test.must("inspect", run, ranks=2)
        runs.test.must("recommend", "--run", run, "--user", "1")
        runs.test.expect(result_files(run) == before, "read-only: files changed")
        mount(folder, 10000, "remount", "rw")
        runs.test.must(*runs.arguments(run, "--resume", every_steps=4, keep=0), ranks=2)
        runs.test.expect(result_files(run) == result_files(runs.whole), "read-only: other files in the end")
    finally:
        subprocess.run(["umount", folder], check=True)


def main():
    with Test() as test:
        runs = Runs(test)
        for case in (due, kept, damaged, every_bit, in_use, damaged_metrics, older_version,
                     leftovers, in_the_way, full_disk, read_only):
            print(case.__name__, flush=True)
            case(runs)


main()
