"""Markdown with HTML and LaTeX in it, as a reader sees it: pieces of text, each in its colour."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from PIL import ImageColor

Attributes = list[tuple[str, str | None]]
Rgb = tuple[int, int, int]

LONGEST_TEXT = 20_000
"""Nobody writes more into a cell by hand; pasted pictures are taken out before."""
DEEPEST = 512
FIRST_MARK = 0xF0000
"""Private code points stand for formulas and code while HTML is read: what looks like a tag in them is none."""

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BLOCKS = {
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
}
COLUMNS = {"td", "th"}

PICTURE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])")
LINK_TARGET = re.compile(r"\]\([^()\s]*\)")
ASIDE = re.compile(
    # a currency's dollar sign must not hide the tags up to the next one
    r"(?P<code>```.*?(?:```|\Z)|``[^`\n]+``|`[^`\n]+`)"
    r"|\$\$(?P<display>(?:(?!</|<span|<font|\n\s*\n)[^$])+)\$\$"
    r"|\\\[(?P<bracket>(?:(?!\\[\[\]])[^$])+)\\\]|\\\((?P<paren>(?:(?!\\[()])[^$\n])+)\\\)"
    r"|(?<!\\)\$(?!\s)(?P<inline>(?:(?!</|<span|<font|\n\s*\n)(?:\\.|[^$\\]))+)(?<!\s)\$",
    re.DOTALL | re.IGNORECASE,
)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
NO_TAG = re.compile(r"<(?=!|\?|[^<>]*(?:<|\Z))")
"""What the parser takes long over, or fails at, and browsers show as it is."""
LATEX = re.compile(r"\\(?P<how>text)?color\s*\{(?P<color>[^{}]*)\}|\\[a-zA-Z]+|(?P<brace>[{}])|(?P<text>[^\\{}]+)|\\")
NUMBER = re.compile(r"[0-9.]+%?")


@dataclass(frozen=True)
class Piece:
    """Text in one colour; None is the page's own colour."""

    text: str
    color: Rgb | None = None
    kind: Literal["text", "formula", "code"] = "text"
    colored_formula: bool = False
    """Whether a formula says itself which colour it has."""


def visible(source: str) -> list[Piece]:
    """What is to be seen of a markdown cell, in order, without tags, pictures and the targets of links.

    The innermost colour holds; that of a tag that is never closed holds to the end of the cell.
    """
    asides: list[Piece] = []

    def put_aside(match: re.Match[str]) -> str:
        text = match["code"] or match["display"] or match["bracket"] or match["paren"] or match["inline"]
        asides.append(Piece(text.strip("`"), kind="code" if match["code"] else "formula"))
        return chr(FIRST_MARK + len(asides) - 1) + "\n" * match[0].count("\n")

    text = "".join(
        letter for letter in LINK_TARGET.sub("]", PICTURE.sub("", source))[:LONGEST_TEXT] if ord(letter) < FIRST_MARK
    )
    reader = Reader(asides)
    text = COMMENT.sub("", ASIDE.sub(put_aside, text))
    reader.feed(NO_TAG.sub("&lt;", text))
    reader.close()
    return reader.pieces


def visible_text(source: str) -> str:
    return "".join(piece.text for piece in visible(source))


class Reader(HTMLParser):
    """Collects the pieces of a text, with its formulas and code put aside."""

    def __init__(self, asides: list[Piece]) -> None:
        super().__init__()
        self.asides = asides
        self.pieces: list[Piece] = []
        self.open: list[tuple[str, Rgb | None]] = []

    def color(self) -> Rgb | None:
        return self.open[-1][1] if self.open else None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.separate(tag)
        # browsers stop nesting as well
        if tag not in VOID and len(self.open) < DEEPEST:
            self.open.append((tag, own_color(tag, attrs) or self.color()))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.separate(tag)
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        start = 0
        for at, letter in enumerate(data):
            if ord(letter) >= FIRST_MARK:
                self.add(data[start:at])
                start = at + 1
                self.add_aside(ord(letter) - FIRST_MARK)
        self.add(data[start:])

    def add(self, text: str) -> None:
        if text:
            self.pieces.append(Piece(text, self.color()))

    def add_aside(self, number: int) -> None:
        if number >= len(self.asides):
            return
        aside = self.asides[number]
        if aside.kind == "formula":
            self.pieces.extend(formula(aside.text, self.color()))
        else:
            self.pieces.append(Piece(aside.text, self.color(), "code"))

    def separate(self, tag: str) -> None:
        if tag in BLOCKS:
            self.add("\n")
        elif tag in COLUMNS:
            self.add(" | ")


def formula(latex: str, color: Rgb | None) -> Iterator[Piece]:
    """What is to be seen of a formula: `\\color` holds to the end of its group, `\\textcolor` for the next group."""
    groups: list[tuple[Rgb | None, bool]] = [(color, False)]
    following: tuple[Rgb | None, bool] | None = None
    for token in LATEX.finditer(latex):
        if token["color"] is not None:
            chosen = (rgb(token["color"]), True)
            if token["how"]:
                following = chosen
            else:
                groups[-1] = chosen
        elif token["brace"] == "{":
            groups.append(following or groups[-1])
            following = None
        elif token["brace"] == "}" and len(groups) > 1:
            groups.pop()
        elif token["text"]:
            yield Piece(token["text"], groups[-1][0], "formula", groups[-1][1])


def own_color(tag: str, attrs: Attributes) -> Rgb | None:
    """The colour that a tag sets; None where it sets none, or none that a browser would understand."""
    found = None
    for name, value in attrs:
        if name == "style":
            for declaration in (value or "").split(";"):
                key, _, setting = declaration.partition(":")
                if key.strip().lower() == "color":
                    found = rgb(setting.lower().replace("!important", "")) or found
        elif name == "color" and tag == "font" and found is None:
            found = rgb(value or "") or rgb("#" + (value or "").strip())
    return found


def rgb(color: str) -> Rgb | None:
    """A colour of CSS as numbers; None where it is none."""
    color = color.strip().lower()
    if color.startswith("rgb"):
        color = f"rgb({','.join(NUMBER.findall(color)[:3])})"
    try:
        red, green, blue = ImageColor.getrgb(color)[:3]
    except ValueError:
        return None
    return red, green, blue


def is_red(color: Rgb | None) -> bool:
    """Whether people would call a colour red: there is much red in it, and twice as much as of anything else."""
    return color is not None and color[0] >= 100 and color[0] > 2 * max(color[1:])
