"""A page of HTML: what stands in it, and what a validator says."""
import re
import shutil
import subprocess
from html.parser import HTMLParser

EMPTY = {"meta", "link", "br", "wbr", "hr", "img", "input"}
# What tidy says of a sound page: nothing, so far.
KNOWN = ()


class Page(HTMLParser):
    """What stands in a report, and whether its elements are closed in order."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.text = path.read_text()
        self.open, self.problems, self.ids, self.tags = [], [], [], []
        self.words, self.links, self.styles = [], [], []
        self.is_in_word = self.follows_text = False
        self.feed(self.text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.is_in_word = tag == "wbr" or (tag == "bdi" and self.follows_text)
        self.follows_text = self.is_in_word
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes[a] for a in ("href", "src", "xlink:href", "action", "data") if a in attributes]
        self.problems += [f"{tag} has {a}" for a in attributes if a.startswith("on")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        self.is_in_word = self.follows_text = tag == "bdi"
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.follows_text = True
        if self.is_in_word:
            self.words[-1] += data
        else:
            self.words.append(data)

    def says(self):
        return " ".join(" ".join(self.words).split())

    def pictures(self):
        for part in self.text.split("<svg")[1:]:
            yield "<svg" + part.split("</svg>")[0] + "</svg>"


def tidy_says(text):
    """Errors and warnings of tidy, which Debian has; none where it is not here."""
    if not shutil.which("tidy"):
        return []
    said = subprocess.run(["tidy", "-q", "-e", "-utf8"], input=text.encode(), capture_output=True, check=False).stderr
    lines = [line for line in said.decode().splitlines() if re.search(r"\b(Error|Warning)\b", line)]
    return [line for line in lines if not any(re.search(known, line) for known in KNOWN)]
