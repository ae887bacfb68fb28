#!/usr/bin/env python3
"""Every call by which a command reads, looks for or looks at a file, failing in turn; and every one by which it writes.

    [CASES=N] [SEED=N] failing_calls.py TANDEM FAIL_FILES LAUNCHER...

FAIL_FILES is the library made of fail_files.c. Each case is one command (commands.py) in which one call fails, once
or from then on, by an error of ERRORS, or does half. Right is the undisturbed answer, or status 1 with one message
that names file and reason, and no file is lost or half-written. Of FEW commands CASES calls are taken by chance, and
a few at 3 ranks; with CASES=0 of every command all kinds of calls, and MOST of one kind.
"""
import errno
import os
import random
import re
import shutil
import sys
from pathlib import Path

from commands import COMMANDS, WRITES_RUNS, Commands, differences, files_of, timeless
from program import Test, left_behind

CASES = int(os.environ.get("CASES", "2"))
SEED = int(os.environ.get("SEED", "1"))
FEW = 6        # commands of the gate
MOST = 6       # cases of a kind of call
RANKS_EVERY = 10
READS, WRITES = 1, 0
HALF = 0  # of a read or write is done; the rest succeeds
ERRORS = {READS: (errno.EIO, errno.ESTALE, errno.EACCES, HALF), WRITES: (errno.ENOSPC, errno.EIO, errno.EDQUOT, HALF)}


# What was once wrong: a command, a call and a file, of which every one is tried. An error was taken for "nothing
# there" or the end: files of a folder and sizes were missing in data files, checkpoints in the list of a run, a job's
# own record stayed without a word, and a newest checkpoint that could not be read gave way to an older one's answer.
KNOWN = (("prepare", "stat", "in/rows-1.csv"), ("prepare-many", "readdir", "many"),
         ("prepare-many", "stat", "many/a.txt"), ("resume", "readdir", "half/checkpoints"),
         ("resume", "stat", "half/run.json"), ("evaluate-train", "open", "run/checkpoints/step-000000000006.h5"),
         ("inspect-run", "stat", "run"), ("inspect-data", "fstat", "data.h5"), ("train", "open", "new/owner.json"))


class Call:
    def __init__(self, line, folder):
        rank, at, self.name, path = line.split(" ", 4)[:4]
        self.rank, self.at, self.file = int(rank), int(at), os.path.relpath(path, folder)

    def kind(self):
        """What calls have in common that differ in step and process only."""
        return self.rank, self.name, re.sub(r"[0-9a-f]{6,}|tmp-[0-9]+", "", self.file)


class Fault:
    def __init__(self, command, ranks, mode, call, error, lasts):
        self.command, self.ranks, self.mode, self.call = command, ranks, mode, call
        self.error, self.lasts = error, lasts

    def text(self):
        reason = os.strerror(self.error) if self.error else "half of it"
        return (f"{self.command}, {self.ranks or 1} ranks, {'reading' if self.mode else 'writing'} call {self.call.at} "
                f"of rank {self.call.rank}, {self.call.name} {self.call.file}: "
                f"{reason}{', from then on' if self.lasts else ''}")


class Faults:
    def __init__(self, test, library):
        self.test, self.library, self.commands = test, library, Commands(test)
        self.right = {}  # by command: what is said and the files

    def disturbed(self, name, ranks, folder, variables):
        """The command's result, and the calls."""
        calls = folder.with_suffix(".calls")
        calls.write_text("")
        wrapper = ["env", f"LD_PRELOAD={self.library}", f"FAIL_FILES_FOLDER={folder}", f"FAIL_FILES_LIST={calls}",
                   *(f"{key}={value}" for key, value in variables.items())]
        result = self.commands.run(name, folder, ranks=ranks, wrapper=wrapper)
        lines = calls.read_text().splitlines()
        calls.unlink()
        return result, lines

    def answer(self, result, folder):
        return timeless(result.out.encode(), folder), files_of(folder)

    def calls(self, name, ranks, mode):
        folder = self.commands.copy()
        result, lines = self.disturbed(name, ranks, folder, {"FAIL_FILES_READS": mode})
        self.test.expect(result.status == 0, f"{name} without a fault: {result.text()}")
        self.right.setdefault(name, self.answer(result, folder))
        self.test.expect(self.answer(result, folder) == self.right[name], f"{name}: another answer on {ranks} ranks")
        shutil.rmtree(folder)
        return sorted((Call(line, folder) for line in lines), key=lambda call: (call.rank, call.at))

    def check(self, fault, folder, before, result):
        what = f"{fault.text()}\n{result.text()}"
        said = [line for line in result.error.splitlines() if line.startswith("tandem: error: ")]
        if result.status == 0:
            out, files = self.answer(result, folder)
            other = [name for name in differences(files, self.right[fault.command][1]) if not name.endswith(".lock")]
            if fault.command == "report":  # its page says what could not be read
                return
            if "tandem: warning: " in result.error:  # that the values are not kept, or a record stays
                other = [name for name in other if not name.endswith(("run/metrics.h5", "owner.json"))]
            if fault.error == errno.ESTALE:  # what owns a run takes it for a record that was removed
                other = [name for name in other if not name.endswith("owner.json")]
            self.test.expect(out == self.right[fault.command][0] and not other and not said,
                             f"{what}: status 0, but other files {other} or another answer")
            return
        reason = os.strerror(fault.error) if fault.error else "half"
        if fault.error == errno.ESTALE and fault.call.file.endswith(("owner.json", ".lock")):
            reason = ""
        named = said and str(folder) in said[0] and (reason in result.error or "HDF5: can't retrieve stat" in said[0])
        right = result.status == 1 and len(said) == 1 and named
        self.test.expect(right, f"{what}: expected status 1 and one message with file and reason")
        files = files_of(folder)
        whole = self.right[fault.command][1]
        bad = [name for name in files if files[name] not in (before.get(name), whole.get(name))
               and not name.endswith(".lock")]
        lost = [name for name in before if name not in files]
        if fault.command in WRITES_RUNS:
            bad = [name for name in bad if not name.startswith(("new/", "half/"))]
            lost = [name for name in lost if not name.startswith("half/")]
        self.test.expect(not lost, f"{what}: lost {lost}")
        if fault.mode == READS and fault.lasts:  # no folder can be listed any more, and so none be emptied
            return
        left = left_behind(folder)
        if fault.lasts and fault.call.name == "unlink":  # from then on nothing can be removed
            bad, left = [name for name in bad if ".tmp" not in name], []
        self.test.expect(not bad, f"{what}: changed {bad}")
        self.test.expect(not left, f"{what}: {left}")

    def try_fault(self, fault):
        folder = self.commands.copy()
        before = files_of(folder)
        result, lines = self.disturbed(fault.command, fault.ranks, folder, {
            "FAIL_FILES_READS": fault.mode, "FAIL_FILES_AT": fault.call.at, "FAIL_FILES_RANK": fault.call.rank,
            "FAIL_FILES_ERROR": fault.error, "FAIL_FILES_LASTS": int(fault.lasts)})
        self.test.expect(any(line.endswith(" FAILS") for line in lines), f"{fault.text()}: there was no such call")
        self.check(fault, folder, before, result)
        shutil.rmtree(folder)


def choose(calls, chance):
    """Of every kind a few."""
    kinds = {}
    for call in calls:
        kinds.setdefault(call.kind(), []).append(call)
    chosen = [call for of in kinds.values() for call in chance.sample(of, min(MOST, len(of)))]
    return chosen if CASES == 0 else chance.sample(chosen, min(CASES, len(chosen)))


def cases_of(faults, name, mode, chance):
    for ranks in (None, 3):
        if ranks and CASES > 0 and chance.random() > 1 / RANKS_EVERY:
            continue
        chosen = choose(faults.calls(name, ranks, mode), chance)
        if ranks and CASES == 0:
            chosen = chance.sample(chosen, max(1, len(chosen) // RANKS_EVERY))
        for call in chosen:
            yield Fault(name, ranks, mode, call, chance.choice(ERRORS[mode]), chance.random() < 0.5)


def try_known(faults):
    """Every call of KNOWN by EIO."""
    for name, call, file in KNOWN:
        calls = [c for c in faults.calls(name, None, READS) if c.name == call and c.file == file]
        faults.test.expect(calls, f"{name} does not {call} {file}")
        for known in calls:
            faults.try_fault(Fault(name, None, READS, known, errno.EIO, False))


def main():
    library = Path(sys.argv.pop(2)).resolve()
    chance = random.Random(SEED)
    with Test() as test:
        faults = Faults(test, library)
        try_known(faults)
        for mode in (READS, WRITES):
            count = 0
            for name in COMMANDS if CASES == 0 else chance.sample(list(COMMANDS), FEW):
                for fault in cases_of(faults, name, mode, chance):
                    faults.try_fault(fault)
                    count += 1
                print(f"{name}: {count} cases so far, {test.failures} failures", flush=True)
            print(f"{count} cases of calls that {'read' if mode else 'write'}", flush=True)


if __name__ == "__main__":
    main()
