#!/usr/bin/env python3
"""tandem prepare on any number of ranks: the same file, and the same message for what is wrong.

    ingest.py TANDEM LAUNCHER...

Each input is prepared without a launcher first; what it gives then is what 3 ranks must give, or 2, 3 and 4.
"""
import gzip
import itertools

from program import Test, left_behind

MANY = (2, 3, 4)
FOUR = ("--format", "delimited", "--rating-column", "3", "--timestamp-column", "4")

# What is wrong with one line; then what the message has after file and line.
BAD = {"a,1,x,9": "expected a finite number as rating, found 'x'", "a,1,3": "expected 4 fields",
       ",1,3,9": "expected a user", 'a,"1,3,9': "expected a quote that ends the field"}


def rows(count, end="\n"):
    return [f"u{i * i % 97},i{i * 7 % 31},{i % 5},{1000 + i}{end}" for i in range(count)]


class Ingest(Test):
    def prepare(self, file, out, *options, ranks=None):
        return self.run("prepare", "--out", out, *options, file, ranks=ranks)

    def alike(self, name, text, *options, on=(3,)):
        """text, bytes or str, is prepared alike, or refused alike, by any number of ranks."""
        file, one, many = (self.folder / n for n in ("r", "one.h5", "many.h5"))
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        alone = self.prepare(file, one, *options)
        for ranks in on:
            some = self.prepare(file, many, *options, ranks=ranks)
            if alone.status == 0:
                self.expect(some.status == 0 and many.read_bytes() == one.read_bytes(),
                            f"{name}, {ranks} ranks: the file differs; {some.text()}")
                self.expect(some.out == alone.out.replace("one.h5", "many.h5"), f"{name}: {some.text()}")
            else:
                self.expect(some.status == alone.status, f"{name}, {ranks} ranks: {some.text()}")
            said = [line for line in some.error.splitlines() if line.startswith("tandem")]
            self.expect(said == alone.error.splitlines(),
                        f"{name}, {ranks} ranks: expected {alone.error}; found {some.error}")
            many.unlink(missing_ok=True)
        one.unlink(missing_ok=True)
        self.expect(left_behind(self.folder) == [], f"{name}: {left_behind(self.folder)} is left")
        return alone

    def good(self, name, text, *options, on=(3,)):
        found = self.alike(name, text, *options, on=on)
        self.expect(found.status == 0, f"{name}: {found.text()}")

    def bad(self, name, text, message, *options):
        found = self.alike(name, text, *options)
        self.expect(found.status == 1 and message in found.error, f"{name}: expected {message}; {found.text()}")


def tiny_files(test):
    for count in (1, 3):
        for end, last in itertools.product(("\n", "\r\n"), (True, False)):
            text = "".join(rows(count, end))
            test.good(f"{count} rows, {end!r}", text if last else text.rstrip("\r\n"), *FOUR, "--test-fraction", 0,
                      on=MANY)
    test.good("a header", "who,what\na,b\n\nb,b", "--format", "delimited", "--user-column", "who")
    test.good("a mark", "\ufeff\u00e9,b\nb,\u00e9\n", "--format", "delimited", "--test-fraction", "0")


def large_files(test):
    text = "".join(rows(4000))
    test.good("rows", text, *FOUR, on=MANY)
    test.good("all statistics", text, *FOUR, "--statistics", "all", "--test-fraction", "0.9")
    test.good("users without training rows", text + "".join(f"v{i},i1,1,1\n" for i in range(500)), *FOUR)
    test.good("gzip", gzip.compress(text.encode()), *FOUR)
    test.good("one user", "".join(f"u,i{i},1,1\n" for i in range(1000)), *FOUR)
    long = "z" * 300000  # a line longer than a part
    test.good("a long line", f"a,b\n{long},b\nb,{long}\n", "--format", "delimited", "--test-fraction", "0")


def bad_lines(test):
    """One bad line at the start, near each cut, and at the end; then several."""
    for at, (line, message) in zip((0, 99, 100, 133, 299, 399), itertools.cycle(BAD.items())):
        lines = rows(400)
        lines[at] = line + "\n"
        test.bad(f"line {at + 1}", "".join(lines), f"/r:{at + 1}: {message}", *FOUR)
    lines = rows(400)
    for at in (50, 150, 250, 350):
        lines[at] = "a,1,x,9\n"
    text = "".join(lines)
    test.bad("the first of four", text, "/r:51: ", *FOUR)
    test.bad("the third of four", text, "/r:251: expected a finite number as rating, found 'x', after 2 bad",
             *FOUR, "--skip-bad", "2")
    test.good("four left out", text, *FOUR, "--skip-bad", "4")
    test.good("twelve left out, ten told", "1,2,3,4\n" + "a\n" * 3 + "".join(rows(100)) + "b\n" * 9, *FOUR,
              "--skip-bad", "12", "--header")
    test.bad("cut", "".join(rows(50)) + "u1,i", "/r:51: expected 4 fields separated by ',', found 2 (the last line",
             *FOUR)
    wide = "".join(rows(60)) + "u,i\n" * 60  # the second half has rows of another width
    test.bad("another width", wide, "/r:61: expected 4 fields separated by ',', found 2", "--format", "delimited",
             "--user-column", 1, "--item-column", 2)
    endless = "x" * (2 << 20)
    test.bad("no line end", "".join(rows(5)) + endless, "/r:6: expected a line of text", *FOUR)
    test.bad("a bad line before it", "a\n" + endless, "/r:1: expected at least 4 fields", *FOUR)
    test.bad("one behind it", endless + "\na\n", "/r:1: expected a line of text", *FOUR)
    test.bad("no rows", "\n" * 9, "/r: expected rows of ratings, found none", *FOUR)


def item_lists(test):
    items = test.folder / "items"
    items.write_text("".join(f"i{i},Title {i // 2}\n" for i in range(31)) + "i1,again\n")
    listed = (*FOUR, "--items", items)
    test.bad("a bad list", "".join(rows(40)), "/items:32: expected each item id once", *listed)
    test.good("a list", "".join(rows(400)), *listed, "--skip-bad", "1")
    unknown = rows(400)
    unknown[300] = "u1,i77,1,1\n"
    test.bad("list and rows together", "".join(unknown), "/r:301: expected an item of the item list, found 'i77'",
             *listed, "--skip-bad", "1")


def main():
    with Ingest() as test:
        tiny_files(test)
        large_files(test)
        bad_lines(test)
        item_lists(test)


main()
