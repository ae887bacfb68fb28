#!/usr/bin/env python3
"""A file that a command uses is removed, cut or replaced by another good one, at any moment of its use.

    [CASES=N] [SEED=N] files_in_use.py TANDEM FAIL_FILES LAUNCHER...

FAIL_FILES, made of fail_files.c, does it before a call that reads or writes: of each command (commands.py) and file
that it uses at moments that chance chooses, CASES a command, some at 3 ranks, and of a run's own folder, too. Right
is the answer of the files as they were, or as they are afterwards, never a mixture; or status 1 with one message. A
run whose folder was disturbed goes on with --resume to the right end, or says why not.
"""
import os
import random
import shutil
import sys
from pathlib import Path

from commands import COMMANDS, WRITES_RUNS, differences, files_of
from failing_calls import READS, WRITES, Faults
from program import Test, left_behind

CASES = int(os.environ.get("CASES", "2"))
SEED = int(os.environ.get("SEED", "1"))
FEW = 8  # commands of the gate, which has CASES=2
RANKS_EVERY = 8
DEEDS = ("remove", "truncate", "replace")
# What a file is replaced by: another good one of its kind.
OTHERS = {"data.h5": "next.h5", "next.h5": "data.h5", "rows-1.csv": "next/rows-1.csv", "rows-2.csv": "next/rows-2.csv",
          "a.csv.gz": "plain/b.csv", "b.csv": "plain/a.csv.gz", "config.yaml": "other.yaml"}
# What was once wrong: a command and a file, and what is done to it before it is opened for the last time, or read
# after so many of all reads. The data file had the rows of what was read, and told the checksum of what was there
# afterwards; the model had the checkpoint's parameters, and the configuration of another one that stood there before;
# what was cut off read as zeros, of which there was a checksum.
KNOWN = (("prepare", "in/rows-1.csv", "truncate"), ("prepare-files", "plain/a.csv.gz", "replace"),
         ("recommend", "run/checkpoints/step-000000000006.h5", "replace"),
         ("inspect-checkpoint", "run/checkpoints/step-000000000006.h5", "truncate", "pread", 0.9))


class Deed:
    """What becomes of a file of a folder."""

    def __init__(self, what, file, size):
        self.what, self.file, self.length = what, file, size // 2

    def text(self):
        return f"{self.what} {self.file}"

    def other(self, folder):
        """The file that takes the place of this one: of the other run, or a copy."""
        name, place = Path(self.file).name, Path(self.file).parts
        source = folder / OTHERS.get(name, self.file)
        if place[0] == "run":
            source = folder / "other" / Path(*place[1:])
        target = folder.parent / f"{folder.name}.other"
        shutil.copy(source if source.is_file() else folder / self.file, target)
        return target

    def variables(self, folder):
        return {"FAIL_FILES_DOES": self.what, "FAIL_FILES_TARGET": folder / self.file,
                "FAIL_FILES_LENGTH": self.length,
                "FAIL_FILES_OTHER": self.other(folder) if self.what == "replace" else ""}

    def do(self, folder):
        file = folder / self.file
        if self.what == "remove":
            file.unlink()
        elif self.what == "truncate":
            os.truncate(file, self.length)
        else:
            shutil.move(self.other(folder), file)


class Uses:
    def __init__(self, test, library, chance):
        self.test, self.faults, self.chance = test, Faults(test, library), chance
        self.commands = self.faults.commands
        self.after = {}  # by command and deed: the answer of the files as they are afterwards

    def answer_after(self, name, deed):
        """What the command answers where the deed is done before it begins; None where it fails."""
        key = (name, deed.text())
        if key not in self.after:
            folder = self.commands.copy()
            deed.do(folder)
            result = self.commands.run(name, folder)
            self.after[key] = self.without(deed, self.faults.answer(result, folder)) if result.status == 0 else None
            shutil.rmtree(folder)
        return self.after[key]

    @staticmethod
    def without(deed, answer):
        return answer[0], {name: content for name, content in answer[1].items() if name != deed.file}

    def begin(self, name, ranks, call, deed, mode):
        folder = self.commands.copy()
        result, lines = self.faults.disturbed(name, ranks, folder, {
            "FAIL_FILES_READS": mode, "FAIL_FILES_AT": call.at, "FAIL_FILES_RANK": call.rank, **deed.variables(folder)})
        (folder.parent / f"{folder.name}.other").unlink(missing_ok=True)
        what = (f"{name}, {ranks or 1} ranks, {deed.text()} before call {call.at} of rank {call.rank}, {call.name} "
                f"{call.file}\n{result.text()}")
        self.test.expect(any(line.endswith(" FAILS") for line in lines), f"{what}: there was no such call")
        return folder, result, what

    def check_failure(self, folder, result, what):
        said = [line for line in result.error.splitlines() if line.startswith("tandem: error: ")]
        self.test.expect(result.status == 1 and len(said) == 1 and str(folder) in said[0],
                         f"{what}: expected status 1 and one message with the file")
        self.test.expect(not left_behind(folder), f"{what}: {left_behind(folder)}")

    def input(self, name, ranks, call, deed):
        """A file that was there before the command."""
        folder, result, what = self.begin(name, ranks, call, deed, READS)
        if result.status == 0:
            found = self.without(deed, self.faults.answer(result, folder))
            before, after = self.without(deed, self.faults.right[name]), self.answer_after(name, deed)
            # A report says in its page what could not be read, a description what is wrong with a table.
            right = found in (before, after) or "warning" in result.error or name in ("report", "describe")
            other = differences(found[1], before[1])
            self.test.expect(right, f"{what}: neither the answer before nor after: {other}")
        else:
            self.check_failure(folder, result, what)
        shutil.rmtree(folder)

    def own(self, name, ranks, call, deed):
        """A file of the run that the command writes."""
        folder, result, what = self.begin(name, ranks, call, deed, WRITES)
        right = self.faults.right[name][1]
        if result.status != 0:
            self.check_failure(folder, result, what)
        arguments = [a for a in self.commands.arguments(name, folder) if a != "--fresh"]
        again = self.test.run(*arguments, *([] if "--resume" in arguments else ["--resume"]))
        if again.status == 0:
            found = files_of(folder)
            lost = {"log.jsonl", Path(deed.file).name} | ({"metrics.h5"} if "metrics" in again.error else set())
            other = [n for n in differences(found, right) if Path(n).name not in lost and "step-" not in n]
            last = "step-000000000006.h5" if name != "warm" else "step-000000000004.h5"
            other += [n for n in right if n.endswith(last) and found.get(n) != right[n]]
            self.test.expect(not other, f"{what}: then --resume: other bytes in {other}\n{again.text()}")
        else:
            self.check_failure(folder, again, f"{what}: then --resume: {again.text()}")
        shutil.rmtree(folder)

    def known(self, name, file, what, call="open", share=1):
        calls = [c for c in self.faults.calls(name, None, READS) if c.file == file and c.name == call]
        at = calls[min(int(share * len(calls)), len(calls) - 1)]
        self.input(name, None, at, Deed(what, file, (self.commands.whole / file).stat().st_size))

    def cases(self, name):
        ranks = 3 if self.chance.random() < 1 / RANKS_EVERY else None
        whole = self.commands.whole
        calls = [c for c in self.faults.calls(name, ranks, READS) if (whole / c.file).is_file()]
        files = sorted({c.file for c in calls})
        for _ in range(CASES if files else 0):
            file = self.chance.choice(files)
            deed = Deed(self.chance.choice(DEEDS), file, (whole / file).stat().st_size)
            self.input(name, ranks, self.chance.choice([c for c in calls if c.file == file]), deed)
            yield 1
        if name not in WRITES_RUNS or name == "verify":
            return
        calls = self.faults.calls(name, ranks, WRITES)
        files = [n for n in self.faults.right[name][1] if n.startswith(("new/", "half/"))]
        files += [f"{Path(files[0]).parts[0]}/{n}" for n in ("owner.json", "metrics.h5.lock")]
        for _ in range(CASES):
            deed = Deed(self.chance.choice(("remove", "remove", "truncate")), self.chance.choice(files), 200)
            self.own(name, ranks, self.chance.choice(calls), deed)
            yield 1


def main():
    library = Path(sys.argv.pop(2)).resolve()
    with Test() as test:
        uses = Uses(test, library, random.Random(SEED))
        for known in KNOWN:
            uses.known(*known)
        names = list(COMMANDS) if CASES > 2 else uses.chance.sample(list(COMMANDS), FEW)
        count = 0
        for name in names:
            count += sum(uses.cases(name))
            print(f"{name}: {count} cases so far, {test.failures} failures", flush=True)
        print(count, "files disturbed in use")


main()
