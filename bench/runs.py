"""What the benchmarks of whole programs share: running commands measured, the machine's own words, tables."""
import datetime
import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURE_RANK = ROOT / "bench/measure_rank.py"


class Failure(Exception):
    """A command did not do what it is for; the text says which, and what it said."""


def say(text):
    print(f"{Path(sys.argv[0]).name}: {text}", file=sys.stderr, flush=True)


def main_of(main):
    """Runs main; a Failure is one message and exit status 1."""
    try:
        main()
    except (Failure, OSError) as why:
        say(f"error: {why}")
        sys.exit(1)


class Done:
    """A command that ended well: its output and seconds, each rank's peak resident bytes, all ranks' CPU
    seconds."""

    def __init__(self, out, seconds, usage):
        self.out, self.seconds = out, seconds
        self.peaks = [int(peak) for peak, _ in usage]
        self.cpu = sum(float(cpu) for _, cpu in usage)


def run(command, launcher=(), environment=None):
    """Runs a command, each rank of it measured by measure_rank.py."""
    with tempfile.TemporaryDirectory() as folder:
        usage = Path(folder) / "usage"
        usage.touch()
        line = [str(a) for a in (*launcher, sys.executable, MEASURE_RANK, usage, *command)]
        begin = time.monotonic()
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env=environment)
        seconds = time.monotonic() - begin
        if done.returncode != 0:
            raise Failure(f"{' '.join(line)}: exit status {done.returncode}\n{done.stderr.strip()[-2000:]}")
        return Done(done.stdout, seconds, [line.split() for line in usage.read_text().splitlines()])


class Tandem:
    """The program on a layout."""

    def __init__(self, program, ranks=1, threads=0, launcher=None, environment=None):
        self.program, self.threads = Path(program).resolve(), threads
        if not os.access(self.program, os.X_OK):
            raise Failure(f"{program} is not there: build it with cmake --preset release && "
                          "cmake --build --preset release, or name it with --tandem")
        self.environment = {**os.environ, **environment} if environment else None
        self.launcher = launcher if launcher is not None else ["mpirun", "-n", ranks] if ranks > 1 else []

    def call(self, *arguments):
        return run([self.program, *arguments], self.launcher, self.environment)

    def alone(self, *arguments):
        return run([self.program, *arguments])

    def train(self, config, data, folder, *sets):
        """Trains into a fresh run folder."""
        words = [word for setting in sets for word in ("--set", setting)]
        layout = ["--threads", self.threads] if self.threads else []
        return self.call("train", config, "--data", data, "--run", folder, "--fresh", *layout, *words)

    def evaluate(self, folder, *sets):
        """Gives the whole call, and the seconds inside the process that its table ends with."""
        words = [word for setting in sets for word in ("--set", setting)]
        layout = ["--threads", self.threads] if self.threads else []
        done = self.call("evaluate", "--run", folder, *layout, *words)
        return done, float(re.search(r"([\d.]+) s\)", done.out).group(1))


def log_of(folder, event):
    lines = (Path(folder) / "log.jsonl").read_text().splitlines()
    return [o for o in map(json.loads, lines) if o["event"] == event]


def epoch_seconds(folder):
    """Seconds of each epoch's steps."""
    ends = [0] + [o["seconds"] for o in log_of(folder, "epoch")]
    return [b - a for a, b in itertools.pairwise(ends)]


def cores():
    return len(os.sched_getaffinity(0))


def machine():
    """One line: CPU, cores, system, commit, date."""
    try:
        cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        cpu = platform.machine()
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True,
                            check=False).stdout.strip() or "no commit"
    return f"{cpu}, {cores()} cores; {commit}; {datetime.date.today()}"


def spread(values, digits=2):
    """Median, and least to greatest."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(rows):
    """Markdown; the first row is the head."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)
