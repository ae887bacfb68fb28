"""Damaged files through the whole program, many cases, two at a time: which there are, what may come
of them, how much memory they may take."""
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))
from program import SECONDS, untimed

CASES = int(os.environ.get("CASES", "50"))
FIRST = 5000             # other ones than those that are read inside one process
PEAK_MEGABYTES = 400     # of any process


class Mutator:
    """Writes damaged copies of a file by the program that sys.argv[2] names. Make it before the Test, whose
    launcher comes after."""

    def __init__(self):
        self.program = str(Path(sys.argv.pop(2)).resolve())

    def write(self, good, damaged, number):
        subprocess.run([self.program, good, damaged, str(number)], check=True)


def output(test, name, command, folder, file):
    """What the program says; None where it fails with one message that names the file, as it may."""
    try:
        done = subprocess.run(command, cwd=folder, timeout=SECONDS, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        test.fail(f"{name} has no end")
        return None
    error = untimed(done.stderr.decode(errors="replace"))
    errors = [line for line in error.splitlines() if line.startswith("tandem: error: ")]
    named = len(errors) == 1 and file in errors[0]
    if done.returncode != 0 and not (done.returncode == 1 and named):
        test.fail(f"{name}: exit status {done.returncode}, {error}")
    return done if done.returncode == 0 else None


def run_cases(test, try_case):
    """try_case(number) tells whether the damage was found."""
    with ThreadPoolExecutor(2) as pool:
        found = sum(pool.map(try_case, range(FIRST, FIRST + CASES)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{CASES} files, {found} refused, at most {peak} MB")
    test.expect(found > CASES / 2, "hardly any file is damaged")
    test.expect(peak < PEAK_MEGABYTES, f"a process took {peak} MB")
