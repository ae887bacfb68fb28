#!/usr/bin/env python3
"""A run that was stopped and goes on, elsewhere, ends with the bits of one that was not.

    resume.py TANDEM LAUNCHER...
"""
import os
import shutil
import signal
import subprocess

from program import Stop, Test, checkpoints, children, is_alive, left_behind, log_objects, result_files, wait_until

EPOCHS, STEPS = 3, 10  # an epoch's
SECTIONS = {
    "train": {"batch_size": 240, "shards": 8, "epochs": EPOCHS, "reshuffle": True},
    "checkpoint": {"every_steps": 4, "keep": 0},
    "eval": {"every_epochs": 1},
}


class Resume:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.whole = self.train("whole")
        self.files = result_files(self.whole)

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def train(self, name, *more, says="", ranks=None):
        run = self.test.folder / name
        self.test.must(*self.arguments(run, *more), says=says, ranks=ranks)
        return run

    def copy(self, name, newest):
        """A copy of the whole run as if it had stopped after this checkpoint was written, with a
        log and metrics that know of more."""
        run = self.test.folder / name
        shutil.copytree(self.whole, run)
        for file in checkpoints(run):
            if int(file.stem[5:]) > newest:
                file.unlink()
        return run

    def compare(self, run, epochs=EPOCHS):
        """The run's files are those of the whole run; its log has every step once, in order."""
        files = result_files(run)
        differ = [f for f in self.files if files.get(f) != self.files[f]]
        self.test.expect(not differ, f"{run.name}: not the bytes of the whole run: {differ}")
        self.test.expect(not left_behind(run), f"{run.name}: {left_behind(run)}")
        self.compare_log(run, epochs)

    def compare_log(self, run, epochs):
        def losses(of):
            return [(o["event"], o["epoch"], o["step"], o["loss"]) for o in log_objects(of)
                    if o["event"] in ("step", "epoch")]
        found, steps = losses(run), [s for event, _, s, _ in losses(run) if event == "step"]
        self.test.expect(steps == list(range(1, epochs * STEPS + 1)), f"{run.name}: log has {steps}")
        self.test.expect(found == losses(self.whole)[:len(found)], f"{run.name}: other losses")


def within_an_epoch(resume):
    for name, ranks, threads, newest in (("n1", None, 1, 12), ("n3", 3, 1, 12), ("2x2", 2, 2, 4),
                                         ("epoch-end", 2, 1, 20)):
        run = resume.copy(name, newest)
        resume.train(name, "--resume", "--threads", threads, ranks=ranks,
                     says=f"going on from {run}/checkpoints/step-{newest:012}.h5")
        starts = [o for o in log_objects(run) if o["event"] == "start"]
        resume.test.expect([o["step"] for o in starts] == [0, newest], f"{name}: starts {starts}")
        resume.test.expect((starts[-1]["ranks"], starts[-1]["threads"]) == (ranks or 1, threads),
                           f"{name}: start {starts[-1]}")
        resume.compare(run)


def more_epochs(resume):
    run = resume.train("more", "--set", "train.epochs=1", ranks=2)
    resume.train("more", "--resume", ranks=3)
    resume.compare(run)


def more_ranks_than_shards(resume):
    """A job that comes back with more ranks than there are shards goes on, and says that some are idle."""
    for name, more in (("few", []), ("groups", ["retrieval.negatives=group", "retrieval.group_rows=80"]),
                       ("replicated", ["placement.item_table=replicated", "train.item_ranges=1"])):
        sets = [word for key in ("train.shards=3", *more) for word in ("--set", key)]
        one = resume.train(f"{name}-one", *sets)
        for first, ranks in ((2, 4), (4, 2), (7, 4)):
            run = resume.train(f"{name}-{first}-{ranks}", *sets, "--set", "train.epochs=1", ranks=first)
            said = resume.test.must(*resume.arguments(run, "--resume", *sets), ranks=ranks).error
            resume.test.expect(said.count(f"{ranks} ranks for 3 shards") == (ranks > 3), f"{run.name}: {said}")
            found, right = result_files(run), result_files(one)
            resume.test.expect(all(found[f] == right[f] for f in right), f"{run.name}: not the bytes of one rank")


def cut_logs(resume):
    """What a crash makes of a log's last line, and of a log."""
    for name, tail in (("cut", b'{"event": "step", "epo'), ("zeros", b"\0" * 100),
                       ("binary", b"\xff\xfe\n{}\n[1]\n12\n")):
        run = resume.copy(name, 12)
        with open(run / "log.jsonl", "ab") as log:
            log.write(tail)
        resume.train(name, "--resume")
        resume.compare(run)
    run = resume.copy("no-log", 12)
    (run / "log.jsonl").unlink()
    resume.train("no-log", "--resume")
    steps = [o["step"] for o in log_objects(run) if o["event"] != "feature"]
    resume.test.expect(steps[:2] == [12, 13], f"no log: other steps: {steps[:2]}")


def no_checkpoint(resume):
    resume.train("fresh", "--resume", says="has no checkpoint yet: starting at step 0", ranks=2)
    resume.compare(resume.test.folder / "fresh")
    run = resume.copy("emptied", -1)
    resume.train("emptied", "--resume", "--set", "train.epochs=1", says="starting at step 0")
    resume.compare_log(run, 1)
    one = resume.train("one", "--set", "train.epochs=1")
    resume.test.expect(result_files(run) == result_files(one),
                       "started again: metrics of steps that never were")


def finished(resume):
    before = result_files(resume.whole)
    resume.train("whole", "--resume", says="nothing is left to do", ranks=3)
    resume.test.expect(result_files(resume.whole) == before, "a finished run changed")


def refusals(resume):
    test, run = resume.test, resume.copy("refused", 12)
    before = {f: f.read_bytes() for f in run.rglob("*") if f.is_file()}
    test.refuses("no --resume", resume.arguments(run), f"{run} already holds a run", ranks=3)
    test.refuses("another width", resume.arguments(run, "--resume", "--set", "model.width=16"),
                 "cannot go on with this configuration", "model.width", "16", "32", ranks=3)
    other, name = test.make_data("other", seed=2), "data_checksum"
    sums = [test.must("inspect", "--checksum", file).out.strip() for file in (resume.data, other)]
    test.refuses("other data", ["train", resume.config, "--data", other, "--run", run, "--resume"],
                 "was trained on other data", *sums, ranks=3)
    newest = checkpoints(run)[-1]
    damaged = bytearray(newest.read_bytes())
    damaged[:64] = os.urandom(64)
    files = checkpoints(run)
    for file in files:
        file.write_bytes(damaged)
    test.refuses("damaged", resume.arguments(run, "--resume"), "no whole checkpoint", newest.name, ranks=3)
    for file in files:
        file.write_bytes(before[file])
    after = {f: f.read_bytes() for f in run.rglob("*") if f.is_file()}
    changed = [f.name for f in {*before, *after} if before.get(f) != after.get(f)]
    test.expect(not changed, f"a refusal changed {changed} ({name})")


def kill_in_the_middle(test, arguments, run):
    """Kills the launcher, without a chance to say goodbye, once a checkpoint is there. Its ranks
    must not go on alone."""
    with subprocess.Popen(test.command(arguments, ranks=2), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as launcher:
        there = wait_until(lambda: (run / "checkpoints").exists() and checkpoints(run))
        ranks = children(launcher.pid)
        launcher.kill()
    gone = wait_until(lambda: not any(is_alive(r) for r in ranks))
    for rank in filter(is_alive, ranks):
        os.kill(rank, signal.SIGKILL)
    test.expect(there and ranks, "killed: nothing was there to be killed")
    test.expect(gone, "killed: ranks outlive their launcher")


def killed(resume):
    """Ten times as many epochs, so that there is a middle."""
    run = resume.test.folder / "killed"
    kill_in_the_middle(resume.test, resume.arguments(run, "--set", "train.epochs=30"), run)
    newest = int(checkpoints(run)[-1].stem[5:])
    if newest >= 30 * STEPS:
        resume.test.fail("killed: after its end")
        raise Stop
    print(f"killed after checkpoint {newest}")
    epochs = max(EPOCHS, newest // STEPS + 1)
    resume.train("killed", "--resume", "--set", f"train.epochs={epochs}", ranks=3, says="going on")
    whole = resume.train("unkilled", "--set", f"train.epochs={epochs}")
    resume.test.expect(result_files(run) == result_files(whole), "killed: other bytes")


def main():
    with Test() as test:
        resume = Resume(test)
        for case in (within_an_epoch, more_epochs, more_ranks_than_shards, cut_logs, no_checkpoint, finished,
                     refusals, killed):
            case(resume)


main()
