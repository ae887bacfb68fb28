"""The whole program under test: makes its data, runs it on a layout, and keeps count of what fails.

A test says `with Test() as test:` and leaves with status 1 if a check failed. Its arguments are
TANDEM LAUNCHER..., the launcher without a number of ranks ("mpirun -n").
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# No command here takes so long on a busy machine either, so one that does hangs; scripts/test --long waits longer.
SECONDS = int(os.environ.get("TANDEM_TEST_SECONDS", "180"))
SETS = ("amx", "avx512bf16", "avx512", "avx2", "neon", "portable")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(0)


def untimed(said):
    """Lines of standard error as a terminal has them: without the time that begins them elsewhere."""
    return re.sub(r"^([ \t]*tandem: )\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", r"\1", said, flags=re.M)


class Stop(Exception):
    """What the rest of a test needs is not there; why has been said."""


class Result:
    def __init__(self, status, out, error):
        self.status, self.out, self.error = status, out, error

    def text(self):
        return f"exit status {self.status}\n{self.out}{self.error}"


class Test:
    def __init__(self):
        self.tandem = str(Path(sys.argv[1]).resolve())
        self.launcher = sys.argv[2:]
        self.failures = 0
        self.is_open_mpi_5 = None  # not asked yet

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp())
        return self

    def __exit__(self, kind, *_):
        shutil.rmtree(self.folder)
        if kind not in (None, Stop):
            return
        if self.failures == 0:
            print("all right")
        sys.exit(self.failures > 0)

    def fail(self, text):
        print("FAILED:", text, flush=True)
        self.failures += 1

    def expect(self, truth, text):
        if not truth:
            self.fail(text)

    def is_sanitized(self):
        return b"__asan_init" in Path(self.tandem).read_bytes()

    def command(self, arguments, ranks=None, wrapper=()):
        """ranks None: without a launcher. A wrapper runs in each rank, before the program."""
        start = [*self.launcher, str(ranks)] if ranks else []
        return [*start, *wrapper, self.tandem, *(str(a) for a in arguments)]

    def wrapper(self, name, *lines):
        """A command that runs its arguments; lines of bash see the rank as $rank."""
        file = self.folder / name
        file.write_text("#!/usr/bin/env bash\nrank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-$PMI_RANK}}\n"
                        + "\n".join(lines) + '\nexec "$@"\n')
        return ["bash", str(file)]  # not to be executed itself: a thread that forks may have it open still

    def of_rank_0(self, name, sign, content):
        """A wrapper that takes rank 0's standard input from a file of this content, or brings its output there (sign:
        < or >); and the file."""
        number, file = tempfile.mkstemp(prefix=f"standard-{name}-", dir=self.folder)
        os.write(number, content.encode())
        os.close(number)
        return self.wrapper(f"{Path(file).name}.sh", f"[ $rank != 0 ] || exec {sign}{file}"), Path(file)

    def mixes_output(self):
        """Whether the launcher is Open MPI 5's, which loses bytes of standard output, or puts some of standard error
        into it (docs/reliability.md)."""
        if self.is_open_mpi_5 is None:
            said = subprocess.run([self.launcher[0], "--version"], capture_output=True, text=True, check=False).stdout
            self.is_open_mpi_5 = re.search(r"Open MPI\) ([5-9]|\d\d)\.", said) is not None
        return self.is_open_mpi_5

    def run(self, *arguments, ranks=None, wrapper=(), text=None):
        """text is what comes on standard input: of rank 0 from a file, since launchers do not hand it on reliably
        (Open MPI 5 repeats parts of it, and 4.1's mpirun may fault as it ends)."""
        output = None
        if text is not None and ranks:
            wrapper = [*wrapper, *self.of_rank_0("input", "<", text)[0]]
            text = None
        if ranks and self.mixes_output():
            more, output = self.of_rank_0("output", ">", "")
            wrapper = [*wrapper, *more]
        command = self.command(arguments, ranks, wrapper)
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False,
                                  input=None if text is None else text.encode())
        except subprocess.TimeoutExpired:
            self.fail(f"{' '.join(command)}: no end in {SECONDS} seconds")
            return Result(None, "", "")
        out = done.stdout + (output.read_bytes() if output else b"")
        return Result(done.returncode, out.decode(), untimed(done.stderr.decode()))

    def must(self, *arguments, says="", **layout):
        """Runs what has to succeed, and says this."""
        result = self.run(*arguments, **layout)
        if result.status == 0 and says in result.out + result.error:
            return result
        command = " ".join(str(a) for a in arguments)
        self.fail(f"{command} {layout}: expected success and '{says}'; found {result.text()}")
        raise Stop

    def refuses(self, name, arguments, *parts, status=1, ranks=None, wrapper=()):
        """Runs what has to fail, and that with one message that has all these parts; returns it."""
        result = self.run(*arguments, ranks=ranks, wrapper=wrapper)
        # A message may go on in lines that are set in. Open MPI 5 may put the blank line of a message
        # of its own before ours.
        lines = [line.strip() for line in result.error.replace("\n  ", " ").splitlines()]
        lines = [line for line in lines if line.startswith("tandem")]
        said = [line for line in lines if "error: " in line or "rank " in line or status == 2]
        if result.status != status or len(said) != 1 or not all(p in said[0] for p in parts):
            self.fail(f"{name}: expected exit status {status} and one message with {parts}; found "
                      f"{result.text()}")
        return said[0] if said else ""

    def make_data(self, name, users=60, items=120, ratings=3000, seed=1):
        source, file = self.folder / name, self.folder / f"{name}.h5"
        self.must("synth", "--out", source, "--users", users, "--items", items,
                  "--ratings", ratings, "--seed", seed)
        self.must("prepare", "--format", "movielens-csv", source, "--out", file)
        return file

    def config(self, name="config.yaml", **sections):
        """A configuration file; config(train={"epochs": 2})."""
        file = self.folder / name
        lines = []
        for section, keys in sections.items():
            lines += [f"{section}:"] + [f"  {key}: {json.dumps(value)}" for key, value in keys.items()]
        file.write_text("\n".join(lines) + "\n")
        return file

    def instruction_sets(self):
        """Those that this CPU has, in the program's own words."""
        data = self.make_data("sets", users=4, items=8, ratings=10)
        config = self.config("sets.yaml", train={"batch_size": 8})
        words = self.run("train", config, "--data", data, "--run", self.folder / "sets",
                         "--isa", "none").error.split()
        sets = [s for s in SETS if s in words]
        self.expect("portable" in sets, f"--isa none: expected a list of sets; found {words}")
        return sets


def checkpoints(run):
    return sorted((Path(run) / "checkpoints").glob("step-*.h5"))


def result_files(run):
    """What must not depend on the layout, by name: checkpoints and metrics."""
    return {f.name: f.read_bytes() for f in [*checkpoints(run), Path(run) / "metrics.h5"]}


def left_behind(folder):
    """Half-written files."""
    return [str(f) for f in Path(folder).rglob("*.tmp*")]


def log_objects(run):
    return [json.loads(line) for line in (Path(run) / "log.jsonl").read_text().splitlines()]


def children(process):
    """The processes that this one started, a launcher its ranks: Hydra's have one of its own above them."""
    found = [int(p) for t in os.listdir(f"/proc/{process}/task")
             for p in Path(f"/proc/{process}/task/{t}/children").read_text().split()]
    return [rank for p in found for rank in (
        children(p) if Path(f"/proc/{p}/comm").read_text().startswith("hydra_pmi_proxy") else [p])]


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return False


def environment(name):
    value = os.environ.get(name, "")
    return Path(value) if value else None
