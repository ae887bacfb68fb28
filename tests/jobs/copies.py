#!/usr/bin/env python3
"""Every file that several ranks read, where one rank's node has another copy of it.

    copies.py TANDEM LAUNCHER...

Two folders stand for the disks of two nodes: each rank goes into its own one, and the paths that it
is given are the same. What is written has a path of its own, which all ranks share.
"""
import gzip
import os
import shutil
import socket

from program import Test, checkpoints, left_behind

RANKS = 3
CSV = ("prepare", "--format", "movielens-csv", "ratings")
RUN = ("--run", "run")


class Copies(Test):
    def __enter__(self):
        super().__enter__()
        self.here, self.there, self.out = (self.folder / name for name in ("here", "there", "out"))
        self.here.mkdir()
        self.out.mkdir()
        # The last rank is the one whose node has other files.
        self.nodes = self.wrapper("nodes", f'[ "$rank" = {RANKS - 1} ] && cd "{self.there}" || cd "{self.here}"')
        self.alone = self.wrapper("alone", f'cd "{self.here}"')
        return self

    def stage(self):
        """Equal copies on both nodes, also by their times."""
        shutil.rmtree(self.there, ignore_errors=True)
        shutil.copytree(self.here, self.there)

    def change(self, name, how):
        """Changes the bytes of the other node's copy, not its time."""
        file = self.there / name
        before = file.stat()
        file.write_bytes(how(file.read_bytes()))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    def differs(self, what, command, file, change, *parts):
        """The command is refused, naming file and rank, if the other node's copy is changed so."""
        self.stage()
        if change:
            self.change(file, change)
        else:
            (self.there / file).unlink()
        parts = parts or ("sees another file on",)
        if "--resume" in command:  # training writes into the folder, and would read back what is not there
            file, parts = "run/owner.json", ("does not see what rank 0 sees",)
        self.refuses(f"{command[0]}: {what}", command, file, f"rank {RANKS - 1} ", *parts, socket.gethostname(),
                     "all ranks must read the same data", ranks=RANKS, wrapper=self.nodes)
        self.expect(not list(self.out.iterdir()), f"{what}: left {list(self.out.iterdir())}")
        self.expect(not left_behind(self.folder), f"{what}: left {left_behind(self.folder)}")
        shutil.rmtree(self.out)
        self.out.mkdir()

    def agrees(self, what, command):
        """The ranks may read what they have: they answer as one alone does."""
        alone = self.must(*command, wrapper=self.alone)
        ranks = self.must(*command, ranks=RANKS, wrapper=self.nodes)
        self.expect(alone.out == ranks.out, f"{what}: alone {alone.out}, on {RANKS} ranks {ranks.out}")


def flipped(place):
    """One bit changed, at a place or, where it is negative, so far from the end."""
    def change(content):
        content = bytearray(content)
        content[place] ^= 1
        return bytes(content)
    return change


def old_ratings(content):
    """As long, with other ratings."""
    head, *lines = content.decode().splitlines()
    fields = [line.split(",") for line in lines]
    return "\n".join([head, *(",".join([*f[:2], "1.0", *f[3:]]) for f in fields), ""]).encode()


def swapped_titles(content):
    lines = content.decode().splitlines()
    a, b = (line.split(",", 1) for line in lines[1:3])
    lines[1:3] = [f"{a[0]},{b[1]}", f"{b[0]},{a[1]}"]
    return "\n".join([*lines, ""]).encode()


SCHEMA = """interactions:
  file: ratings.csv
  fields:
    user: {column: userId, kind: category, role: user}
    item: {column: movieId, kind: category, role: item}
    rating: {kind: number, role: label}
users: {file: users.csv, key: user, fields: {age: {kind: number}}}
items: {file: movies.csv, key: movieId, named_by: title, fields: {title: {kind: text, role: title}}}
"""


def ratings_and_items(c):
    c.must("synth", "--out", c.here / "ratings", "--users", 60, "--items", 120, "--ratings", 3000)
    c.stage()
    command = [*CSV, "--out", c.out / "d.h5"]
    c.agrees("equal copies", command)
    (c.out / "d.h5").unlink()
    ratings, items = "ratings/ratings.csv", "ratings/movies.csv"
    bytes_of = "bytes) than rank 0 ("
    c.differs("an old copy of the same length", command, ratings, old_ratings, "sees another file", "checksum")
    c.differs("the last byte", command, ratings, flipped(-2), "sees another file", "checksum")
    c.differs("longer lines", command, ratings, lambda b: b.replace(b"\n", b"\nx"), "sees another file", bytes_of)
    c.differs("more rows", command, ratings, lambda b: b + b.splitlines(True)[-1], "sees another file", bytes_of)
    c.differs("no rows", command, ratings, lambda b: b"", "does not see what rank 0 sees", "the file is empty")
    c.differs("another header", command, ratings, lambda b: b.replace(b"userId", b"userID"))
    c.differs("no such file", command, ratings, None, "does not see what rank 0 sees", "No such file")
    c.differs("titles in other places", command, items, swapped_titles, "sees another file", "checksum")
    for more in (1, 50, 5000):
        lines = "".join(f"{990000 + i},AAA New {i},Drama\n" for i in range(more)).encode()
        c.differs(f"{more} items more", command, items, lambda b, lines=lines: b + lines)
    c.differs("fewer items", command, items, lambda b: b"".join(b.splitlines(True)[:3]))
    c.differs("no item list", command, items, None, "does not see what rank 0 sees", "No such file")
    c.differs("packed on one node", command, ratings, gzip.compress)
    with_list = ["prepare", "--format", "delimited", "--header", "--item-column", "movieId", "--user-column", "userId",
                 "--items", items, "--items-id-column", "movieId", "--items-title-column", "title", ratings, "--out",
                 c.out / "d.h5"]
    c.differs("delimited rows", with_list, ratings, old_ratings)
    c.differs("delimited items", with_list, items, swapped_titles)
    shutil.rmtree(c.there / "ratings")
    c.refuses("no folder", command, f"rank {RANKS - 1} on", "No such file", "same data", ranks=RANKS, wrapper=c.nodes)


def packed_ratings(c):
    plain = (c.here / "ratings" / "ratings.csv").read_bytes()
    (c.here / "ratings" / "ratings.csv").write_bytes(gzip.compress(plain, mtime=0))
    for what, change in (("packed anew", lambda b: gzip.compress(plain, mtime=1)), ("not packed", gzip.decompress)):
        c.differs(what, [*CSV, "--out", c.out / "d.h5"], "ratings/ratings.csv", change)
    (c.here / "ratings" / "ratings.csv").write_bytes(plain)


def schemas(c):
    """The schema is rank 0's, for all; the tables that it names are compared."""
    (c.here / "schema.yaml").write_text(SCHEMA)
    (c.here / "ratings" / "users.csv").write_text("user,age\n" + "".join(f"{u},{20 + u % 50}\n" for u in range(1, 61)))
    command = ["prepare", "--schema", "schema.yaml", "ratings", "--out", c.out / "d.h5"]
    c.stage()
    (c.there / "schema.yaml").write_text("another one")
    c.agrees("a schema", command)
    (c.out / "d.h5").unlink()
    for file, change in (("ratings.csv", old_ratings), ("users.csv", flipped(-2)), ("movies.csv", swapped_titles)):
        c.differs(f"{file} of a schema", command, f"ratings/{file}", change)


def make_run(c):
    """In each node's folder; and a second run, of other parameters in files of the same length."""
    config = c.config(train={"batch_size": 480, "shards": 4, "epochs": 1}, model={"width": 8},
                      rating={"enabled": True}, eval={"every_epochs": 1, "ks": [1, 5]})
    c.must("prepare", "--format", "movielens-csv", c.here / "ratings", "--out", c.here / "data.h5")
    for name, seed in (("run", 1), ("other", 2)):
        c.must("train", config, "--data", "data.h5", "--run", name, "--set", f"train.seed={seed}", wrapper=c.alone)
    # Each node is to find its own data file.
    run_json = c.here / "run" / "run.json"
    run_json.write_text(run_json.read_text().replace(str(c.here / "data.h5"), "./data.h5"))
    return config


def data_files(c, config):
    train = ["train", config, "--data", "data.h5", "--run", c.folder / "trained"]
    c.differs("a value of the data", train, "data.h5", flipped(-5000))
    c.differs("the data's first byte", train, "data.h5", flipped(0))
    c.differs("cut data", train, "data.h5", lambda b: b[:-1])
    c.differs("no data", train, "data.h5", None, "does not see what rank 0 sees", "No such file")
    c.expect(not (c.folder / "trained").exists(), "a refused training made its run folder")
    c.differs("the data", ["inspect", "data.h5"], "data.h5", flipped(-5000))
    for command in (["evaluate", *RUN], ["recommend", *RUN, "--user", 1], ["predict", *RUN, "--user", 1, "--item", 1]):
        c.differs("the run's data", command, "data.h5", flipped(-5000))
        c.differs("--data", [*command, "--data", "data.h5"], "data.h5", flipped(-5000))


def checkpoint_and_metrics(c, config):
    checkpoint = f"run/checkpoints/{checkpoints(c.here / 'run')[-1].name}"
    other = (c.here / checkpoint.replace("run", "other", 1)).read_bytes()
    changes = (("another run's", lambda b: other), ("a value", flipped(-100)), ("a cut", lambda b: b[:-1]))
    title = "--item", (c.here / "ratings" / "movies.csv").read_text().splitlines()[1].split(",")[1]
    commands = [["evaluate", *RUN], ["predict", *RUN, "--user", 1, *title], ["recommend", *RUN, "--user", 1],
                ["recommend", *RUN, "--all-users", "--out", c.out / "lists.h5"], ["neighbors", *RUN, *title],
                ["export", *RUN, "--out", c.out / "arrays"], ["inspect", "run"], ["inspect", "--checksum", "run"],
                ["train", config, "--data", "data.h5", *RUN, "--resume", "--set", "train.epochs=2",
                 "--set", "train.seed=1"],
                ["train", config, "--data", "data.h5", "--run", c.folder / "warm", "--warm-start", "run"]]
    for command in commands:
        for what, change in changes if command[0] in ("predict", "train") else changes[:1]:
            c.differs(f"{what} checkpoint", command, checkpoint, change)
    c.expect(len(checkpoints(c.here / "run")) == 1, "a refused training wrote a checkpoint")
    c.differs("no checkpoint", [*commands[1], "--checkpoint", checkpoint[-8:-3]], checkpoint, None,
              "does not see what rank 0 sees", "No such file")
    for command in (["evaluate", *RUN, "--checkpoint", "best"], ["inspect", "--metrics", "run"], commands[-2]):
        c.differs("metrics", command, "run/metrics.h5", flipped(-100))
    c.stage()
    for command in (commands[1], commands[2], commands[4], commands[7]):
        c.agrees(f"{command[0]} from equal copies", command)


def what_rank_0_reads(c):
    """Its copies are the only ones that count."""
    lines = (c.here / "ratings" / "movies.csv").read_text().splitlines()[1:]
    titles = [line.split(",")[1] for line in lines if '"' not in line]
    (c.here / "pairs.csv").write_text("user,item\n" + "".join(f"{u},{titles[u]}\n" for u in range(1, 9)))
    c.stage()
    for name in ("pairs.csv", "run/config.yaml", "run/run.json"):
        (c.there / name).write_text("another one")
    c.agrees("pairs, configuration, run.json", ["predict", *RUN, "--pairs", "pairs.csv"])


def main():
    with Copies() as copies:
        ratings_and_items(copies)
        packed_ratings(copies)
        schemas(copies)
        config = make_run(copies)
        data_files(copies, config)
        checkpoint_and_metrics(copies, config)
        what_rank_0_reads(copies)


main()
