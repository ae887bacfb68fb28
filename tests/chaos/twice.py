#!/usr/bin/env python3
"""Every command twice at the same moment on the same files, and those that read a run while another trains it.

    [ROUNDS=N] [SEED=N] twice.py TANDEM LAUNCHER...             ROUNDS of all pairs; without it, FEW pairs

Each of the two begins after a delay that chance chooses, some on 2 ranks. One may be refused, with one message; what
there is at the end is what one alone makes, and no process is left waiting.
"""
import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

from commands import COMMANDS, WRITES_RUNS, Commands, differences, files_of, timeless
from program import Test, left_behind

ROUNDS = int(os.environ.get("ROUNDS", "0"))
FEW = 10
SEED = int(os.environ.get("SEED", "1"))
LONGEST_DELAY = 0.3  # seconds: about what a command takes
RANKS_EVERY = 6
# What reads a run, while these train it.
TRAINERS = ("resume", "fresh")
READERS = ("evaluate", "evaluate-train", "predict", "recommend", "recommend-all", "neighbors", "embed", "export",
           "report", "receipt", "inspect-run", "inspect-metrics", "refit")


class Pairs:
    def __init__(self, test, chance):
        self.test, self.chance, self.commands, self.right = test, chance, Commands(test), {}

    def alone(self, name):
        """What the command says and leaves, alone."""
        if name not in self.right:
            folder = self.commands.copy()
            result = self.commands.run(name, folder)
            self.test.expect(result.status == 0, f"{name}: {result.text()}")
            self.right[name] = timeless(result.out.encode(), folder), files_of(folder)
            shutil.rmtree(folder)
        return self.right[name]

    def start(self, arguments):
        ranks = 2 if self.chance.random() < 1 / RANKS_EVERY else None
        time.sleep(self.chance.uniform(0, LONGEST_DELAY) if self.chance.random() < 0.7 else 0)
        return self.test.run(*arguments, ranks=ranks)

    def both(self, *commands):
        with ThreadPoolExecutor(2) as pool:
            return [call.result() for call in [pool.submit(self.start, arguments) for arguments in commands]]

    def check(self, what, result, may_fail=True):
        said = [line for line in result.error.splitlines() if line.startswith("tandem: error: ")]
        right = (result.status == 0 and not said) or (may_fail and result.status == 1 and len(said) == 1)
        self.test.expect(right, f"{what}: expected success, or status 1 and one message: {result.text()}")

    def twice(self, name):
        out, files = self.alone(name)
        folder = self.commands.copy()
        arguments = self.commands.arguments(name, folder)
        results = self.both(arguments, arguments)
        texts = "\n".join(result.text() for result in results)
        for result in results:
            self.check(f"{name} twice", result)
            if result.status == 0 and name not in WRITES_RUNS:
                self.test.expect(timeless(result.out.encode(), folder) == out, f"{name} twice: another answer: {texts}")
        self.test.expect(any(result.status == 0 for result in results), f"{name} twice: both fail: {texts}")
        other = differences(files_of(folder), files)
        self.test.expect(not other, f"{name} twice: other files: {other}: {texts}")
        shutil.rmtree(folder)

    def read_in_training(self, trainer, reader):
        files = self.alone(trainer)[1]
        folder = self.commands.copy()
        reading = COMMANDS[reader].replace("@/run", "@/half").replace("@", str(folder)).split()
        trained, read = self.both(self.commands.arguments(trainer, folder), reading)
        what = f"{reader} while {trainer} trains"
        self.check(f"{what}: the trainer", trained, may_fail=False)
        self.check(f"{what}: the reader\n{trained.text()}", read)
        found = files_of(folder)
        other = [name for name in differences(found, files) if name.startswith("half/") and "metrics.h5" not in name]
        self.test.expect(not other, f"{what}: other files of the run: {other}\n{trained.text()}\n{read.text()}")
        self.test.expect(not left_behind(folder), f"{what}: {left_behind(folder)}")
        shutil.rmtree(folder)


def main():
    with Test() as test:
        pairs = Pairs(test, random.Random(SEED))
        every = [(pairs.twice, name) for name in COMMANDS]
        every += [(pairs.read_in_training, trainer, reader) for trainer in TRAINERS for reader in READERS]
        chosen = every * ROUNDS if ROUNDS else pairs.chance.sample(every, FEW)
        for i, (pair, *names) in enumerate(chosen):
            if i % len(every) == 0:
                print(f"{i} of {len(chosen)} pairs, {test.failures} failures", flush=True)
            pair(*names)
        print(len(chosen), "pairs of commands at once")


main()
