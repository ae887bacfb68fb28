#!/usr/bin/env python3
"""Every call by which a run writes, failing in turn: the first, the second, to the last of its life.

    failing_writes.py [--all] TANDEM FAIL_FILES LAUNCHER...

FAIL_FILES is the library made of fail_files.c. Each case trains from the start until the call that
fails, and then goes on without a fault, on one rank. Of rows of equal calls only the first and the last
are taken, and at 3 ranks one of a kind; --all takes every call, and every kind of failure for each.
Besides, calls that never return, and some that read.
"""
import errno
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import Test, checkpoints, left_behind, log_objects

SECTIONS = {
    "model": {"width": 4},
    "train": {"batch_size": 80, "shards": 4, "epochs": 1},
    "eval": {"every_epochs": 1},
    "checkpoint": {"every_steps": 1, "keep": 1, "keep_best": "none"},
}
STEPS = 2
AT_ONCE = 6  # most of a start is waiting
HALF = 0     # of a write is done; the rest succeeds
WAITING, LOOPING = -1, -2
ROOM = (errno.ENOSPC, errno.EDQUOT)
# What may fail without a loss: the run says so, another call does the same, or nothing needs it.
HARMLESS = ("unlink", "close", "open", "link .owner.json.after", "link .metrics.h5.lock.after")


class Call:
    """One of the calls that write, by its rank and its number in there."""

    def __init__(self, line, run):
        rank, at, self.name, path = line.split()[:4]
        self.rank, self.at = int(rank), int(at)
        self.file = os.path.relpath(path, run)

    def text(self):
        return f"{self.name} {self.file}"

    def like(self):
        """What equal calls have in common."""
        return self.rank, self.name, self.file

    def kind(self):
        """What calls have in common that differ in step and process only."""
        return self.rank, self.name, re.sub(r"[0-9a-f]{6,}|tmp-[0-9]+", "", self.file)


class Fault:
    """A call that fails, and how."""

    def __init__(self, call, error, lasts, required, ranks):
        self.call, self.error, self.lasts, self.required, self.ranks = call, error, lasts, required, ranks

    def text(self):
        reason = os.strerror(self.error) if self.error else "half of it"
        return (f"{self.ranks or 1} ranks, call {self.call.at} of rank {self.call.rank}, {self.call.text()}: "
                f"{reason}{', from then on' if self.lasts else ''}, required {self.required}")

    def variables(self):
        return {"FAIL_FILES_AT": self.call.at, "FAIL_FILES_RANK": self.call.rank,
                "FAIL_FILES_ERROR": self.error, "FAIL_FILES_LASTS": int(self.lasts)}


class Faults:
    def __init__(self, test, library):
        self.test, self.library = test, library
        self.known = {}  # calls by ranks
        self.data = test.make_data("data", users=12, items=40, ratings=200)
        self.config = test.config(**SECTIONS)
        self.whole = test.folder / "whole"
        self.must(self.whole, "--set", "checkpoint.keep=0")

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def must(self, run, *more, ranks=None):
        self.test.must(*self.arguments(run, *more), ranks=ranks)

    def train(self, run, ranks, variables, *more):
        """A run whose calls are listed; returns its result, and the calls."""
        calls = self.test.folder / f"{run.name}.calls"
        calls.write_text("")
        wrapper = ["env", f"LD_PRELOAD={self.library}", f"FAIL_FILES_FOLDER={run}", f"FAIL_FILES_LIST={calls}",
                   *(f"{name}={value}" for name, value in variables.items())]
        result = self.test.run(*self.arguments(run, *more), ranks=ranks, wrapper=wrapper)
        return result, calls.read_text().splitlines()

    def calls(self, ranks):
        if ranks not in self.known:
            self.known[ranks] = self.list_calls(ranks)
        return self.known[ranks]

    def list_calls(self, ranks):
        run = self.test.folder / f"calls-{ranks}"
        result, lines = self.train(run, ranks, {})
        self.test.expect(result.status == 0 and len(lines) > 100,
                         f"without a fault: {len(lines)} calls: {result.text()}")
        return sorted((Call(line, run) for line in lines), key=lambda call: (call.rank, call.at))

    def check_checkpoints(self, run, what):
        """Those that are there are whole."""
        for file in checkpoints(run):
            right = (self.whole / "checkpoints" / file.name).read_bytes()
            self.test.expect(file.read_bytes() == right, f"{what}: {file.name} has other bytes")

    def check_end(self, run, what):
        self.check_checkpoints(run, what)
        last = [file.name for file in checkpoints(run)][-1:]
        self.test.expect(last == [f"step-{STEPS:012}.h5"], f"{what}: the last checkpoint is {last}")
        same = (run / "metrics.h5").read_bytes() == (self.whole / "metrics.h5").read_bytes()
        self.test.expect(same, f"{what}: other bytes in metrics.h5")

    def check_names(self, run, what):
        """Nothing is left but checkpoints that the undisturbed run had at one time, and its files."""
        right = {file.relative_to(self.whole) for file in self.whole.rglob("*")}
        left = sorted(str(file) for file in run.rglob("*") if file.relative_to(run) not in right)
        self.test.expect(not left, f"{what}: left behind: {left}")

    def check_log(self, run, what):
        def losses(of):
            return [(o["step"], o["loss"]) for o in log_objects(of) if o["event"] in ("step", "epoch")]
        self.test.expect(losses(run) == losses(self.whole), f"{what}: log.jsonl has {losses(run)}")

    def check_fault(self, run, fault, result):
        """A run that stops says why; one that goes on ends with all that it should have."""
        what = f"{fault.text()}\n{result.text()}"
        said = [line for line in result.error.splitlines() if line.startswith("tandem: error: ")]
        if result.status == 0:
            may = fault.error == HALF or fault.call.text().startswith(HARMLESS) or not fault.required
            self.test.expect(may and not said, f"{what}: it should have failed")
            self.check_checkpoints(run, what)
            if fault.required:
                self.check_end(run, what)
        else:
            reason = os.strerror(fault.error) if fault.error else ""
            right = result.status == 1 and len(said) == 1 and str(run) in said[0] and reason in said[0]
            self.test.expect(right, f"{what}: expected status 1 and one message with file and reason")
            self.check_checkpoints(run, what)
        if fault.call.name != "unlink":
            self.test.expect(not left_behind(run), f"{what}: {left_behind(run)}")

    def try_fault(self, number, fault):
        run = self.test.folder / f"run-{number}"
        result, lines = self.train(run, fault.ranks, fault.variables(), "--set",
                                   f"checkpoint.required={json_of(fault.required)}")
        what = fault.text()
        self.test.expect(any(line.endswith(" FAILS") for line in lines), f"{what}: there was no such call")
        self.check_fault(run, fault, result)
        again = self.test.run(*self.arguments(run, "--resume"))
        self.test.expect(again.status == 0, f"{what}: it does not go on: {again.text()}")
        if again.status == 0:
            self.check_end(run, f"{what}, then --resume")
            self.check_names(run, f"{what}, then --resume")
            if fault.required:
                self.check_log(run, f"{what}, then --resume")
        shutil.rmtree(run, ignore_errors=True)


def reading(faults):
    """A checkpoint that cannot be read on one rank is none on any: nobody waits for that rank."""
    half = faults.test.folder / "half"
    faults.must(half)
    checkpoints(half)[-1].unlink()
    shutil.copy(faults.whole / "checkpoints/step-000000000001.h5", half / "checkpoints")
    listed = faults.test.folder / "listed"
    shutil.copytree(half, listed)
    _, lines = faults.train(listed, 3, {"FAIL_FILES_READS": 1}, "--resume")
    calls = [call for call in (Call(line, listed) for line in lines) if call.rank in (0, 2) and
             call.file == "checkpoints/step-000000000001.h5"]
    faults.test.expect(len(calls) > 20, f"reading: {len(calls)} calls")
    for i, call in enumerate(calls[::12]):
        run, fault = faults.test.folder / f"read-{i}", Fault(call, errno.EIO, True, True, 3)
        shutil.copytree(half, run)
        result, _ = faults.train(run, 3, {**fault.variables(), "FAIL_FILES_READS": 1}, "--resume")
        what = f"reading: {fault.text()}\n{result.text()}"
        right = result.status == 1 and f"{run}/checkpoints/step-000000000001.h5" in result.error
        faults.test.expect(right, f"{what}: expected status 1 and the file")
        faults.test.must(*faults.arguments(run, "--resume"))
        faults.check_end(run, what)
        faults.check_names(run, what)


def stuck(faults):
    """A call that never returns ends the job, by the watchdog, with the name of its rank."""
    for ranks, rank, how in ((2, 0, WAITING), (3, 1, LOOPING)):
        call = next(c for c in faults.calls(ranks) if c.rank == rank and c.name == "pwrite" and
                    c.file.startswith("checkpoints/"))
        run, fault = faults.test.folder / f"stuck-{ranks}", Fault(call, how, False, True, ranks)
        result, _ = faults.train(run, ranks, fault.variables(), "--set", "train.watchdog_seconds=3")
        said = [line for line in result.error.splitlines() if line.strip().startswith("tandem: rank ")]
        parts = ("rank 0 on ", "no progress for 3 seconds", f": rank {rank} on ",
                 " is late: at step 1, after collective")
        right = len(said) == 1 and all(p in said[0] for p in parts) and said[0].count("late") == 1
        faults.test.expect(result.status not in (0, None) and right,
                           f"stuck at {ranks}: expected one line with {parts}: {result.text()}")
        faults.test.must(*faults.arguments(run, "--resume"))
        faults.check_end(run, f"stuck at {ranks}")
        faults.check_names(run, f"stuck at {ranks}")


def json_of(truth):
    return "true" if truth else "false"


def thinned(calls):
    """Of rows of equal calls the first and the last."""
    return [call for i, call in enumerate(calls)
            if not 0 < i < len(calls) - 1 or len({c.like() for c in calls[i - 1:i + 2]}) > 1]


def one_of_a_kind(calls):
    """Not of rank 1, which is as rank 2."""
    kinds = {}
    for call in calls:
        kinds.setdefault(call.kind(), call)
    return [call for call in kinds.values() if call.rank != 1]


def few(calls, ranks):
    """One fault for each call: one error after the other, lasting and not, required and not."""
    calls = one_of_a_kind(calls) if ranks else thinned(calls)
    errors = (errno.ENOSPC, errno.EIO, errno.EDQUOT, HALF)
    return [Fault(call, errors[i % 4] if "write" in call.name else errors[i % 3], i % 2 == 0, i % 5 > 1, ranks)
            for i, call in enumerate(calls)]


def all_of(calls, ranks):
    faults = [Fault(call, error, lasts, required, ranks) for call in calls
              for error in (*ROOM, errno.EIO) for lasts in (False, True) for required in (True, False)]
    return faults + [Fault(call, HALF, False, required, ranks) for call in calls if "write" in call.name
                     for required in (True, False)]


def main():
    every = sys.argv[1] == "--all"
    if every:
        del sys.argv[1]
    library = Path(sys.argv.pop(2)).resolve()
    with Test() as test:
        faults, cases = Faults(test, library), []
        for ranks in (None, 3):
            calls = faults.calls(ranks)
            chosen = all_of(calls, ranks) if every else few(calls, ranks)
            print(f"{ranks or 1} ranks: {len(calls)} calls, {len(chosen)} cases", flush=True)
            cases += chosen
        stuck(faults)
        reading(faults)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for i, case in enumerate([pool.submit(faults.try_fault, i, fault) for i, fault in enumerate(cases)]):
                case.result()
                if i % 500 == 0:
                    print(f"{i} of {len(cases)} cases, {test.failures} failures", flush=True)


main()
