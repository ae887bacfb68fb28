#!/usr/bin/env python3
"""Holds README.md and docs/ against the program and the source tree.

    readme.py TANDEM ROOT     commands, options, keys, paths and links that README.md and docs/ name exist; then the
                              same on copies with one thing broken each, which must not pass

pages.py runs the pages' commands.
"""
import os
import re
import subprocess
import sys

FOLDERS = "src|include|jobs|tests|scripts|configs|docs|cmake"


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          **options)


def console_blocks(text):
    """Returns each console block as a list of (command, output)."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.S | re.M)
    return [re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M) for block in blocks]


def commands_named(text):
    """Returns (subcommand, rest) of console lines and of code in running text."""
    lines = [line for block in console_blocks(text) for line, _ in block]
    code = lines + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))
    found = [re.search(r"(?:^|/|\d )tandem ([a-z]+)(.*)", line) for line in code]
    return [match.groups() for match in found if match]


def check_commands(text, tandem):
    listed = set(re.findall(r"^  ([a-z]+) ", run([tandem, "help"]).stdout, re.M))
    keys = run([tandem, "help", "config"]).stdout
    named = commands_named(text)
    yield from (f"no command: {c}" for c in sorted(listed - {c for c, _ in named}) if listed)
    if not listed:
        yield "tandem help lists no command"
    for command, rest in named:
        if command not in listed:
            yield f"there is no 'tandem {command}'"
            continue
        known = run([tandem, command, "--help"]).stdout
        yield from (f"tandem {command} has no {option}" for option in re.findall(r"(--[a-z-]+)", rest)
                    if not re.search(rf"{option}\b", known))
        yield from (f"there is no key {key}" for key in re.findall(r"--set ([\w.]+)=", rest)
                    if f" {key}: " not in keys)


def check_paths(text, root, base):
    for path in re.findall(rf"(?<![\w./-])((?:{FOLDERS})/[\w./-]*\w)", text):
        if not os.path.exists(os.path.join(root, path)):
            yield f"there is no {path}"
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        if not os.path.exists(os.path.join(base, link)):
            yield f"a link leads to {link}, which is not there"


def check_checksum(text, first_hour):
    stated = re.findall(r"checksum: `(.*)`", text)
    if len(stated) != 1 or not re.fullmatch("[0-9a-f]{16}", stated[0]):
        yield f"expected one line 'checksum: `16 hex digits`' for scripts/quickstart; found {stated}"
    elif f"\n{stated[0]}\n" not in first_hour:
        yield "the checksum is not that of the session"


def read_pages(root):
    """Returns the text of README.md and of every page of docs, by name."""
    names = ["README.md", *sorted(f"docs/{name}" for name in os.listdir(os.path.join(root, "docs"))
                                  if name.endswith(".md"))]
    pages = {}
    for name in names:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            pages[name] = file.read()
    return pages


def check_pages(pages, tandem, root):
    """Commands are named on some page, paths and links of each exist, the README's checksum is the session's."""
    users = "\n".join(pages[name] for name in USERS)
    found = [*check_commands(users, tandem), *check_checksum(pages["README.md"], pages["docs/first-hour.md"])]
    for name, text in pages.items():
        base = os.path.dirname(os.path.join(root, name))
        found += [f"{name}: {problem}" for problem in check_paths(text, root, base)]
        is_listed = f"({os.path.basename(name)})" in pages["docs/README.md"]
        if name not in ("README.md", "docs/README.md") and not is_listed:
            found.append(f"docs/README.md lacks {name}")
    if len(pages["README.md"].encode()) > 9 * 1024:
        found.append("README.md is longer than 9 KB")
    return found


USERS = ["README.md", *(f"docs/{name}.md" for name in ("first-hour", "clusters", "from-tfrs", "choosing-settings"))]
BROKEN = [("tandem evaluate", "tandem valuate"), ("--resume", "--continue"), ("--set train.epochs", "--set epochs"),
          ("configs/retrieval.yaml", "configs/none.yaml"), ("](docs/formats.md", "](docs/form.md"),
          ("checksum: `", "checksum: `0"), ("checksum: `", "sum: `"), ("`src/eval/`", "`src/evaluation/`"),
          ("tandem synth", "tandem train"), ("(serving.md)", "(formats.md)"), ("# tandem\n", "# tandem\n" * 999)]


def names(tandem, root):
    pages = read_pages(root)
    found = check_pages(pages, tandem, root)
    for old, new in BROKEN:
        broken = {name: text.replace(old, new) for name, text in pages.items()}
        if not check_pages(broken, tandem, root):
            found.append(f"pages with '{new}' for '{old}' pass")
    return found


def main(tandem, root):
    problems = names(os.path.abspath(tandem), os.path.abspath(root))
    print("\n".join(problems) or "all right")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
