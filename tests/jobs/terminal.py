#!/usr/bin/env python3
"""What a terminal is shown: no name or title that would steer it, or hide on it, and no times of messages; of a
training, a line that is kept up to date.

    terminal.py TANDEM LAUNCHER...
"""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime

from program import Test, log_objects, skip

CSI, BIDI = "\u009b31m", "\u202e"
USER, TITLE = "eve\x1b[2J", f"A{CSI}{BIDI}B\rC"
SCHEMA = """interactions:
  file: rows.jsonl
  fields:
    user: {kind: category, role: user}
    item: {kind: category, role: item}
items:
  file: items.jsonl
  key: item
  fields:
    title: {kind: text, role: title}
"""


def make_run(test):
    folder = test.folder
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as rows:
        for i in range(40):
            rows.write(json.dumps({"user": USER if i % 2 else "bob", "item": f"i{i % 7}"}) + "\n")
    with open(folder / "items.jsonl", "w", encoding="utf-8") as items:
        for i in range(7):
            items.write(json.dumps({"item": f"i{i}", "title": f"{TITLE}{i}"}) + "\n")
    (folder / "schema.yaml").write_text(SCHEMA)
    test.must("prepare", "--schema", folder / "schema.yaml", folder, "--out", folder / "data.h5")
    config = test.config(train={"batch_size": 8, "epochs": 1})
    test.must("train", config, "--data", folder / "data.h5", "--run", folder / "run")
    return folder / "run"


def has_terminals():
    try:
        for end in pty.openpty():
            os.close(end)
        return True
    except OSError:
        return False


def on_terminal(test, *arguments, columns=0, **variables):
    """What a command writes on a terminal of its own; 0 columns: it does not say how many it has."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40 if columns else 0, columns, 0, 0))
    with subprocess.Popen(test.command(arguments), stdout=its, stderr=its, stdin=subprocess.DEVNULL,
                          env={**os.environ, **variables}) as process:
        os.close(its)
        found = b""
        try:
            while block := os.read(ours, 1 << 16):
                found += block
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    test.expect(process.returncode == 0, f"{arguments}: exit status {process.returncode}, {found}")
    return found.decode().replace("\r\n", "\n")


def is_harmless(text):
    return not any(c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c == BIDI) for c in text)


TIMED = r"tandem: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) "


def times(test, run):
    """Each line on standard error has its time where that is no terminal, and only there; data have none."""
    again = test.command(["train", test.folder / "config.yaml", "--data", test.folder / "data.h5", "--run", run,
                          "--fresh"])
    begin = datetime.now(UTC).replace(microsecond=0)
    done = subprocess.run(again, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    found = [match and datetime.fromisoformat(match[1].replace("Z", "+00:00"))
             for match in (re.match(TIMED, line) for line in lines)]
    test.expect(len(lines) > 1 and None not in found and begin <= found[0] and found == sorted(found) and
                found[-1] <= datetime.now(UTC), f"times into a pipe: {done.stderr}")
    shown = on_terminal(test, *again[1:])
    test.expect("tandem: epoch 1/1" in shown and not re.search(TIMED, shown), f"times on a terminal: {shown!r}")
    listed = subprocess.run(test.command(["recommend", "--run", run, "--user", "nobody", "--unknown", "allow"]),
                            capture_output=True, text=True, check=True)
    test.expect(re.match(TIMED, listed.stderr) and not re.search(TIMED, listed.stdout) and
                listed.stdout.startswith("note: "), f"data: {listed}")
    failed = subprocess.run(test.command(["inspect", test.folder / "none"], 2), capture_output=True, text=True,
                            check=False)
    test.expect(failed.returncode == 1 and len(re.findall("^" + TIMED + "error: ", failed.stderr, re.M)) == 1,
                f"an error: {failed.stderr}")


ERASE, COLOR = "\r\x1b[K", r"\x1b\[\d*m"


def progress(test):
    """The line that is written again: as wide as the terminal, at most, and colored where that is wanted."""
    test.must("prepare", "--schema", test.folder / "schema.yaml", test.folder, "--validation-fraction", "0.2",
              "--out", test.folder / "split.h5")
    config = test.config("progress.yaml", train={"batch_size": 8, "epochs": 3}, eval={"every_epochs": 1, "ks": [1, 3]})
    run = test.folder / "progress"
    train = "train", config, "--data", test.folder / "split.h5", "--run", run, "--fresh"
    test.must(*train)
    log = [o for o in log_objects(run) if o["event"] == "evaluation"]
    shown = on_terminal(test, *train, columns=150, TERM="xterm", NO_COLOR="")
    test.expect(re.search(rf"{COLOR}epoch 1/3{COLOR}  step 1/\d+  \d+ s left  loss \d\.\d{{4}}  "
                          rf"{COLOR}\d+ examples/s{COLOR}", shown), f"the first line: {shown!r}")
    lines = [line.split("\n")[0] for line in shown.split(ERASE)]
    ends = [line for line in lines if re.match(r"tandem: epoch \d/3: ", line)]
    best = 0
    for i, (line, o) in enumerate(zip(ends, log, strict=True)):
        value = o["top_3_categorical_accuracy"]
        best = i if value > log[best]["top_3_categorical_accuracy"] else best
        wanted = (f"{value:.4f}, the best so far" if best == i else
                  f"{value:.4f} (best {log[best]['top_3_categorical_accuracy']:.4f}, epoch {best + 1})")
        test.expect(re.search(rf"examples/s; {COLOR}validation top-3 {re.escape(wanted)}{COLOR}", line),
                    f"epoch {i + 1}: {line!r}, not {wanted}")
    test.expect(f"{ERASE}evaluating ..{ERASE}" in shown, f"evaluating: {shown!r}")
    for columns in (20, 79, 100):
        shown = on_terminal(test, *train, columns=columns, TERM="xterm", NO_COLOR="")
        live = [re.sub(COLOR, "", line) for line in shown.split(ERASE) if re.match(r"(\x1b\[1m)?epoch ", line)]
        test.expect(live and max(map(len, live)) < columns and all("epoch" in line for line in live),
                    f"{columns} columns: {live}")
    shown = on_terminal(test, *train, TERM="xterm", NO_COLOR="1")
    test.expect(ERASE in shown and not re.search(COLOR, shown), f"NO_COLOR: {shown!r}")
    for kind in ("dumb", ""):
        shown = on_terminal(test, *train, TERM=kind)
        test.expect("\x1b" not in shown and "\r" not in shown and "tandem: epoch 3/3" in shown, f"{kind}: {shown!r}")


def main():
    if not has_terminals():
        skip("there are no pseudo-terminals here")
    with Test() as test:
        run = make_run(test)
        lists = "recommend", "--run", run, "--all-users", "--format"
        tables = test.must("recommend", "--run", run, "--user", "bob").out, on_terminal(test, "recommend", "--run", run,
                                                                                       "--user", "bob")
        for text in tables:
            test.expect(is_harmless(text) and "A\\u{9b}31m\\u{202e}B\\u{d}C" in text, f"a table: {text!r}")
        titles = {"tsv": f"A{CSI}{BIDI}B\\rC", "csv": f"A{CSI}{BIDI}B C", "jsonl": f"A{CSI}{BIDI}B\\rC"}
        for form, title in titles.items():
            piped, shown = test.must(*lists, form).out, on_terminal(test, *lists, form)
            test.expect(title in piped, f"{form} into a pipe: {piped!r}")
            test.expect(is_harmless(shown.replace("\t", "")) and "\\u{9b}31m\\u{202e}B" in shown,
                        f"{form} on a terminal: {shown!r}")
        said = test.refuses("an unknown user", ["recommend", "--run", run, "--user", f"x{CSI}{BIDI}\x1b[2J"], "unknown")
        test.expect(is_harmless(said), f"a message: {said!r}")
        times(test, run)
        progress(test)


sys.exit(main())
