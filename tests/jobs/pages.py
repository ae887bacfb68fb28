#!/usr/bin/env python3
"""Runs what README.md and the pages of docs/ and slurm/ show.

    pages.py session TANDEM ROOT PAGE MPIRUN
            the ```console and ```python blocks of a page, in one folder and one interpreter: what they print is the
            same as on the page, but for speeds
    pages.py covered ROOT CMAKE
            every command on a page is in a block of a page that CMAKE has a session for, or in LEFT_OUT, with why

A block that needs a package which is not here, or MovieLens, is left out, and so is what goes on from it; a line
says so.
"""
import ast
import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
import traceback

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
PROGRAM = (r"(?:tandem|mpirun|mpiexec|srun|sbatch|cmake|cpack|cc|spack|podman|apptainer|module|python3|for"
           r"|(?:scripts|slurm|bench|build)/\S+)\b")
COMMAND = re.compile(rf"^    (?:\$ )?((?:[A-Z_]+=\S+ )*(?:time |sudo )?{PROGRAM}.*|export .*)$", re.M)

SLURM = "tests/slurm runs these scripts on a real Slurm"
MEASURE = "a measurement: minutes, and numbers of one machine"
BUILD = "scripts/test builds and tests/install installs, by the same presets"
SITE = "a site's own module names, or Spack or containers, which are not here"
PREFIX = "downloads Debian's packages; tried by hand as the page says"
# Commands that no session runs: a page, how they begin, why.
LEFT_OUT = [
    ("README.md", r"scripts/(quickstart|test)\b", "they install and build; jobs.first_hour trains as quickstart does"),
    ("README.md", r"export PATH=", "what a session has already"),
    ("README.md", r"export TANDEM_CONFIG=|sbatch ", SLURM),
    ("docs/from-tfrs.md", r"scripts/reproduce ", "jobs.reproduce"),
    ("docs/install.md", r"scripts/(quickstart|test|install-packages)\b|cmake --(preset|build|install)|cc app\.c"
                        r"|export PKG_CONFIG_PATH=~", BUILD),
    ("docs/install.md", r"podman |module |spack ", SITE),
    ("docs/install.md", r"for package in|export (\w+PATH|PATH|OPAL_PREFIX)=\S*\$|mpirun -n 2 \"\$HOME", PREFIX),
    ("docs/performance-step.md", r"build/release/bench/|mpirun -n 2 build/release/bench/|bench/", MEASURE),
    ("docs/performance.md", r"scripts/fetch-movielens|bench/|tandem |time tandem ", MEASURE),
    ("docs/scaling.md", r"mpirun -n N build/release/bench/", MEASURE),
    ("docs/reliability.md", r"mpirun -n 2 tandem train .* --dry-run", "a part of what jobs.little_memory reads"),
    ("docs/serving.md", r"tandem embed ", "jobs.use_exports embeds new users and items"),
    ("slurm/README.md", r"export TANDEM_CONFIG=|sbatch |TANDEM_(GRID|INPUT)=", SLURM),
    ("slurm/README.md", r"scripts/sweep |tandem report ", "docs/choosing-settings.md and jobs.sweep have it"),
    ("slurm/README.md", r"apptainer |export TANDEM=\"apptainer", SITE),
]


def read(root, page):
    with open(os.path.join(root, page), encoding="utf-8") as file:
        return file.read()


def without_speeds(output):
    """Nor times, which a page does not have: its sessions are of a terminal, and here output goes into a pipe."""
    output = re.sub(r"^tandem: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "tandem: ", output, flags=re.M)
    output = re.sub(r"\d+ examples/s|\d+\.\d+ s\)|done in \d+ s", "#", output)
    return re.sub(r"[ \t]+$", "", output, flags=re.M)


def imports(code):
    return {line.split(".")[0] for line in re.findall(r"^\s*(?:import|from) ([\w.]+)", code, re.M)}


def names(code, kind):
    """Those that Python code assigns (ast.Store) or reads (ast.Load)."""
    tree = ast.parse(code)
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}
    if kind is ast.Store:
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


class Session:
    """One folder, one interpreter and one environment for the blocks of a page."""

    def __init__(self, root, page):
        self.root, self.page = root, page
        self.space, self.problems = {"__name__": "page"}, []
        self.files, self.names = {}, {}  # what blocks that were left out would have made, with what they lacked

    def run(self):
        text = read(self.root, self.page)
        blocks = BLOCK.findall(text)
        expected = {i: body for i, (kind, body) in enumerate(blocks) if kind == "text"}
        for i, (kind, body) in enumerate(blocks):
            if kind == "console" and not self.lacks(body, self.needs_of_console(body)):
                self.run_console(body)
            elif kind == "python" and not self.lacks(body, imports(body), python=True):
                self.run_python(body, expected.get(i + 1))
        if not any(kind in ("console", "python") for kind, _ in blocks):
            self.problems.append(f"{self.page} has no session")
        return self.problems

    def needs_of_console(self, body):
        scripts = re.findall(r"python3 (\S+\.py)", body)
        return {module for script in scripts if os.path.exists(script) for module in imports(read(".", script))}

    def lacks(self, body, modules, python=False):
        """Says what a block needs that is not here, and remembers what is not made or named without it."""
        why = [module for module in sorted(modules) if importlib.util.find_spec(module) is None]
        why += ["ml-100k in TANDEM_DATA"] * ("data/ml-100k" in body and not os.path.isdir("data/ml-100k"))
        why += [what for file, what in self.files.items()
                if re.search(rf"(?<![\w/.-]){re.escape(file)}(?![\w.-])", body)]
        if python:
            used = sorted(names(body, ast.Load) - names(body, ast.Store))
            why += [self.names[name] for name in used if name in self.names]
        if not why:
            return False
        print(f"{self.page}: without the block that begins '{body.strip().splitlines()[0]}': there is no {why[0]}")
        self.files |= dict.fromkeys(re.findall(r"--(?:run|out)\W+([\w/.-]+)", body), why[0])
        if python:
            self.names |= dict.fromkeys(names(body, ast.Store), why[0])
        return True

    def run_console(self, body):
        for command, expected in re.findall(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", body, re.M):
            if command.startswith("scripts/fetch-movielens"):
                continue
            result = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, check=False)
            if result.returncode != 0:
                self.problems.append(f"$ {command}\nexit status {result.returncode}\n{result.stdout}")
            elif expected:
                self.compare(f"$ {command}", result.stdout, expected)

    def run_python(self, code, expected):
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, self.page, "exec"), self.space)
        except Exception:
            self.problems.append(f"{code}{traceback.format_exc()}")
            return
        self.compare(code, printed.getvalue(), expected or "")

    def compare(self, what, found, expected):
        if without_speeds(found) != without_speeds(expected):
            self.problems.append(f"{what}\nexpected:\n{expected}found:\n{found}")


def session(tandem, root, page, mpirun):
    tandem, root = os.path.abspath(tandem), os.path.abspath(root)
    data = os.path.abspath(os.environ.get("TANDEM_DATA", os.path.join(root, "data")))
    path = [os.path.dirname(sys.executable), os.path.dirname(tandem), os.path.dirname(mpirun), os.environ["PATH"]]
    os.environ["PATH"] = ":".join(path)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("configs", "docs", "scripts", "slurm"):
            os.symlink(os.path.join(root, name), name)
        os.symlink(data, "data")
        return Session(root, page).run()


def pages(root):
    yield "README.md"
    for folder in ("docs", "slurm"):
        found = sorted(os.listdir(os.path.join(root, folder)))
        yield from (f"{folder}/{name}" for name in found if name.endswith(".md"))


def covered(root, cmake):
    with_session = set(re.findall(r"add_page_test\(\w+ (\S+\.md)\)", read("/", os.path.abspath(cmake))))
    used = set()
    for page in pages(root):
        text = read(root, page)
        kinds = {kind for kind, _ in BLOCK.findall(text)}
        if kinds & {"console", "python"} and page not in with_session:
            yield f"{page} has commands, and {cmake} no session of it"
        shown = BLOCK.sub(lambda block: "" if block[1] != "sh" else re.sub("^", "    ", block[2], flags=re.M), text)
        for command in COMMAND.findall(shown):
            reasons = [entry for entry in LEFT_OUT if entry[0] == page and re.match(entry[1], command)]
            used.update(reasons)
            if not reasons:
                yield f"{page}: no test runs '{command}', and LEFT_OUT has no reason"
    yield from (f"LEFT_OUT has {entry[:2]}, and the page does not" for entry in LEFT_OUT if entry not in used)


def main(mode, *rest):
    problems = list({"covered": covered, "session": session}[mode](*rest))
    print("\n".join(problems) or "all right")
    return 1 if problems else 0


def with_packages(root):
    """Starts again with the Python of scripts/install-packages --tests, where that is."""
    python = os.path.join(root, "build", "tools", "python", "bin", "python3")
    if os.path.exists(python) and os.path.abspath(sys.executable) != os.path.abspath(python):
        os.execv(python, [python, *sys.argv])


if __name__ == "__main__":
    if sys.argv[1] == "session":
        with_packages(os.path.abspath(sys.argv[3]))
    sys.exit(main(*sys.argv[1:]))
