#!/usr/bin/env python3
"""What train, evaluate and inspect refuse: one message, the exit status, nothing half-written.

    errors.py TANDEM LAUNCHER...
"""
import re
import shutil
from pathlib import Path

from program import Test, checkpoints, left_behind, result_files

SECTIONS = {"train": {"batch_size": 480, "shards": 4, "epochs": 1}}


class Errors:
    def __init__(self, test):
        self.test, self.folder = test, test.folder
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.run = self.folder / "run"
        test.must(*self.train(run=self.run))

    def train(self, *more, config=None, data=None, run=None):
        return ["train", config or self.config, "--data", data or self.data, "--run",
                run or self.folder / "refused", *more]

    def evaluate(self, *more, run=None):
        return ["evaluate", "--run", run or self.run, *more]

    def refuses_train(self, name, arguments, *parts, status=1, ranks=3, **more):
        """Refused, and no folder was made."""
        self.test.refuses(name, arguments, *parts, status=status, ranks=ranks, **more)
        run = self.folder / "refused"
        self.test.expect(not run.exists(), f"{name}: {run} was made: {list(run.rglob('*'))}")


def configuration(e):
    none, wrong = e.folder / "none.yaml", e.folder / "wrong.yaml"
    e.refuses_train("no configuration", e.train(config=none), str(none), "No such file")
    wrong.write_text("train:\n  batchsize: 3\n")
    e.refuses_train("unknown key", e.train(config=wrong), f"{wrong}:2", "train.batchsize",
                    "train.batch_size")
    e.refuses_train("unknown key in --set", e.train("--set", "train.epoch=3"), "train.epoch",
                    "train.epochs")
    e.refuses_train("out of range", e.train("--set", "train.epochs=0"), "train.epochs", "1")


def layout(e):
    e.refuses_train("another CPU's instructions", e.train("--isa", foreign(e.test)), "--isa", "this CPU")
    e.refuses_train("no instruction set", e.train("--isa", "mmx"), "--isa mmx", status=2)
    e.refuses_train("wrong threads", e.train("--threads", "x"), "--threads", status=2)


def foreign(test):
    return next(s for s in ("neon", "amx", "avx512bf16", "avx512", "avx2") if s not in test.instruction_sets())


def data_file(e):
    none, text, cut = (e.folder / name for name in ("none.h5", "text.h5", "cut.h5"))
    text.write_text("user,item\n1,2\n")
    content = e.data.read_bytes()
    e.refuses_train("no data file", e.train(data=none), f"{none}: No such file")
    e.refuses_train("no HDF5", e.train(data=text), f"{text} is no HDF5 file")
    cut.write_bytes(content[:len(content) // 2])
    e.refuses_train("truncated", e.train(data=cut), str(cut))
    checkpoint = checkpoints(e.run)[-1]
    e.refuses_train("a checkpoint as data", e.train(data=checkpoint), str(checkpoint), "tandem-data")


def run_folder(e):
    file = e.folder / "file"
    file.write_text("")
    for name, run in (("a file in its place", file), ("below a file", file / "run")):
        e.test.refuses(name, e.train(run=run), "cannot make the folder", str(file), ranks=3)
    e.test.expect(file.read_text() == "", "the file in the way changed")


def what_stays(e):
    """Files that the user has, where a result is to be written."""
    mine = e.folder / "mine"
    mine.mkdir()
    config = mine / "config.yaml"
    config.write_bytes(e.config.read_bytes())
    ratings = e.folder / "ratings.csv"
    ratings.write_text("user,item\n" + "".join(f"{i % 5},{i % 7}\n" for i in range(40)))
    before = {file: file.read_bytes() for file in (config, ratings, e.data)}
    prepare = ["prepare", "--format", "delimited", "--header", "--user-column", "user", "--item-column", "item",
               ratings, "--out"]
    recommend = ["recommend", "--run", e.run, "--all-users", "--out"]
    e.test.refuses("the run's config as CONFIG", e.train(config=config, run=mine), str(config), "config.yaml", status=2,
                   ranks=3)
    e.test.refuses("prepare over its input", [*prepare, ratings], str(ratings), "is not replaced", ranks=3)
    e.test.refuses("lists over the data", [*recommend, e.data], str(e.data), "is not replaced", ranks=3)
    e.test.refuses("lists over a text", [*recommend, ratings], str(ratings), "is not replaced", ranks=3)
    for file, was in before.items():
        e.test.expect(file.read_bytes() == was, f"{file} changed")
    for name in ("lists.h5", "lists.txt", "prepared.h5"):
        command = prepare if name == "prepared.h5" else recommend
        (e.folder / name).touch()
        for _ in range(2):  # an empty file, then one of its own
            e.test.must(*command, e.folder / name)
    e.test.must("inspect", e.folder / "lists.h5")


def evaluation(e):
    refuses, before = e.test.refuses, result_files(e.run)
    refuses("no run", e.evaluate(run=e.folder / "none"), "is no run", ranks=3)
    refuses("wrong split", e.evaluate("--split", "valid"), "--split valid: expected", status=2, ranks=3)
    refuses("no such step", e.evaluate("--checkpoint", "999"), "no checkpoint of step 999; it has those of", ranks=3)
    refuses("no step", e.evaluate("--checkpoint", "x"), "newest, best or a step", status=2, ranks=3)
    refuses("no best", e.evaluate("--checkpoint", "best"), "no evaluation on validation or test rows", ranks=3)
    refuses("a shaping key", e.evaluate("--set", "model.width=16"), "model.width", "16", "32", ranks=3)
    refuses("unknown key", e.evaluate("--set", "eval.kk=[1]"), "eval.ks", ranks=3)
    refuses("no such data", e.evaluate("--data", e.folder / "none.h5"), "none.h5: No such file", ranks=3)
    other = e.test.make_data("other", seed=2)
    sums = [e.test.must("inspect", "--checksum", f).out.strip() for f in (e.data, other)]
    refuses("other data", e.evaluate("--data", other), "trained on other data", *sums, ranks=3)
    e.test.expect(result_files(e.run) == before, "a refused evaluation changed the run")


def damaged(e):
    """A damaged newest checkpoint, metrics file, run.json, config.yaml."""
    run = e.folder / "damaged"
    for name, says in ((f"checkpoints/{checkpoints(e.run)[-1].name}", "step-"),
                       ("run.json", "run.json"), ("config.yaml", "config.yaml"),
                       ("metrics.h5", "metrics.h5")):
        shutil.copytree(e.run, run)
        content = bytearray((run / name).read_bytes())
        content[:32] = bytes(b ^ 0x5a for b in content[:32])
        (run / name).write_bytes(content)
        e.test.refuses(f"damaged {name}", e.evaluate(run=run), says, ranks=3)
        if name.startswith("checkpoints"):
            e.test.refuses("inspect damaged", ["inspect", "--checksum", run], says, ranks=3)
        shutil.rmtree(run)


def out_of_range(e):
    """Numbers that grow beyond all bounds stop training; the last checkpoint stays."""
    for name, key, value in (("rate", "optimizer.learning_rate", "1e6"),
                             ("temperature", "retrieval.temperature", "1e-6")):
        said = set()
        for ranks in (1, 3):
            run = e.folder / f"{name}-{ranks}"
            arguments = e.train("--set", f"{key}={value}", "--set", "train.epochs=50", "--set", "optimizer.kind=sgd",
                                "--set", "checkpoint.every_steps=1", run=run)
            message = e.test.refuses(f"{name} on {ranks}", arguments, "step ", " of ",
                                     "optimizer.learning_rate", ranks=ranks)
            said.add(message)
            e.test.expect(not left_behind(run), f"{name} on {ranks}: {left_behind(run)}")
            steps = [int(f.stem[5:]) for f in checkpoints(run)]
            failed = re.search(r"step (\d+):", message)
            e.test.expect(failed and steps == list(range(1, int(failed[1]))),
                          f"{name}: checkpoints {steps}, but '{message}'")
        e.test.expect(len(said) == 1, f"{name}: other messages on other layouts: {said}")


def one_rank(e):
    """One rank in trouble ends the job everywhere, soon, with one message."""
    elsewhere = e.test.wrapper("elsewhere", '[ "$rank" = 1 ] && set -- "${@/data.h5/none.h5}"')
    e.refuses_train("one rank has no data", e.train(), "none.h5", wrapper=elsewhere)
    # Open MPI leaves a semaphore with this name, which would be in the way of another user's tests.
    other = e.test.make_data(f"third-{e.folder.name}", seed=3)
    e.refuses_train("one rank has other data", e.train(), "sees another file", wrapper=e.test.wrapper(
        "other-data", f'[ "$rank" = 1 ] && set -- "${{@/{e.data.name}/{other.name}}}"'))
    Path(f"/dev/shm/sem.OMPIO_{other.name}").unlink(missing_ok=True)


def out_of_memory(e):
    """Where memory is refused depends on the build: an address space just above what the small
    model needs, or the sanitizer's own limit."""
    if e.test.is_sanitized():
        limit = "export ASAN_OPTIONS=$ASAN_OPTIONS:allocator_may_return_null=1:max_allocation_size_mb=20"
    else:
        limit = "ulimit -v 1000000"
    little = e.test.wrapper("little", f'[ "$rank" = 1 ] && {limit}')
    e.test.must(*e.train(run=e.folder / "small"), ranks=3, wrapper=little)
    run = e.folder / "large"
    result = e.test.run(*e.train("--set", "model.width=4096", "--set", "candidate.tower=[4096]", "--set",
                                 "query.tower=[4096]", "--memory-check", "warn", run=run), ranks=3, wrapper=little)
    said = [line for line in result.error.splitlines() if "rank 1" in line and "out of memory" in line]
    e.test.expect(result.status == 1 and len(said) == 1 and re.search(r"for [a-z' ,]+ \([a-z]+\.", said[0]),
                  f"out of memory: expected status 1 and what for; found {result.text()}")


def main():
    with Test() as test:
        errors = Errors(test)
        for case in (configuration, layout, data_file, run_folder, what_stays, evaluation, damaged, out_of_range,
                     one_rank, out_of_memory):
            case(errors)
        test.expect(not left_behind(test.folder), f"left behind: {left_behind(test.folder)}")


main()
