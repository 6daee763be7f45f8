"""What a region's cells printed, the numbers in it, and why something that was looked for may be missing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite

import numpy as np

from grader.checks import cells
from grader.errors import CheckFailed
from grader.records.notebook import Output
from grader.records.submission import Work

MAX_CHARACTERS, MAX_NUMBERS, MAX_ERROR = 1_000_000, 50_000, 300

NUMBER = re.compile(
    r"(?<![\d.])[-+]?(?P<digits>\d++\.\d*+|\.\d++|\d++)(?:[eE](?P<exponent>[-+]?\d{1,3}))?(?:\s?\\?(?P<percent>%))?"
    r"(?![A-Za-z_\d]|\.\d)"
)
"""What has a unit (`1.5it/s`) or is part of a version (`1.2.3`) is no number."""

RICHER = ("text/plain", "text/markdown", "text/html")
"""Where a display may hold its numbers: of a styled table only the HTML has them."""


@dataclass(frozen=True)
class Number:
    """A number as printed: `decimals` digits after the point; `percent` where a percent sign follows."""

    value: float
    decimals: int
    percent: bool
    whole: bool
    """Printed without a point: an epoch, a count, or a rounded percentage."""


def text_of(work: Work) -> str:
    """All that the cells printed or displayed as text, one piece to a line."""
    pieces = (piece_of(output) for run in work.runs for output in run.outputs)
    return "\n".join(piece for piece in pieces if piece)[:MAX_CHARACTERS]


def piece_of(output: Output) -> str:
    if output.kind == "stream":
        return output.text
    if output.kind == "error" or output.figure is not None:
        return ""
    texts = [output.text, *((output.data or {}).get(mime, "") for mime in RICHER)]
    plain = [without_tags(text[:MAX_CHARACTERS]) if "</" in text else text[:MAX_CHARACTERS] for text in texts]
    return next((text for text in plain if any(not number.whole for number in found(text))), plain[0])


def without_tags(html: str) -> str:
    parts = (part.partition(">") for part in html.split("<"))
    return " ".join(text for tag, _, text in parts if not tag.startswith("style"))


def rows(text: str) -> list[str]:
    """Lines, and what a progress bar writes over itself."""
    return [row for row in re.split(r"[\r\n]+", text) if row.strip()]


def numbers(text: str) -> list[Number]:
    """The finite numbers in `text`, in order."""
    return list(islice(found(text[:MAX_CHARACTERS]), MAX_NUMBERS))


def found(text: str) -> Iterator[Number]:
    for match in NUMBER.finditer(text):
        digits, exponent, percent = match["digits"], match["exponent"], match["percent"] is not None
        whole = "." not in digits and exponent is None
        before = text[match.start() - 1 : match.start()]
        value = float(f"{digits}e{exponent or 0}")
        if isfinite(value) and not (whole and (before.isalpha() or before == "_")):
            # `1.` is how numpy prints 1.0
            decimals = len(digits.partition(".")[2]) or (0 if whole else 1)
            sign = -1 if match[0].startswith("-") else 1
            yield Number(sign * value, max(0, decimals - int(exponent or 0)), percent, whole)


def accuracy_like(printed: Iterable[Number]) -> list[float]:
    """Those numbers that can be accuracies, scaled to 0..1: decimals up to 1, and percentages with or without a sign."""
    likely = []
    for number in printed:
        if number.percent and 0 <= number.value <= 100:
            likely.append(number.value / 100)
        elif not number.whole and 0 <= number.value <= 1:
            likely.append(number.value)
        elif not number.whole and 5 <= number.value <= 100:
            likely.append(number.value / 100)
    return likely


def places(values: Sequence[float], printed: Sequence[Number], taken: frozenset[int] = frozenset()) -> frozenset[int]:
    """Where in `printed` the `values` stand, as they are or as percentages, rounded or cut off; each place once.

    `taken` places stand for something else. Values that are not there have no place: compare lengths.
    """
    if not printed:
        return frozenset()
    shown = np.array([number.value for number in printed])
    unit = np.array([max(10.0**-number.decimals, 1e-6) for number in printed])
    # "1" is as good as never the accuracy 0.98, but "98" may be
    plain = np.array([not (number.whole or number.percent) for number in printed])
    free = np.ones(len(printed), dtype=bool)
    free[list(taken)] = False
    where = set()
    for value in filter(isfinite, values):
        as_plain = np.where(plain, np.abs(shown - value) / unit, np.inf)
        distance = np.where(free, np.minimum(as_plain, np.abs(shown - 100 * value) / unit), np.inf)
        nearest = int(distance.argmin())
        if distance[nearest] <= 1 + 1e-6:
            free[nearest] = False
            where.add(nearest)
    return frozenset(where)


def following(text: str, word: str) -> list[float]:
    """The accuracies that stand right after `word` (a regular expression), unless a loss is spoken of in between."""
    pattern = re.compile(rf"(?:{word})(?P<between>[^\d\r\n]{{0,40}}?)(?P<number>\d*\.\d+\s?%?|\d+\s?%)", re.IGNORECASE)
    matches = (match for match in pattern.finditer(text[:MAX_CHARACTERS]) if "loss" not in match["between"].lower())
    return [value for match in matches for value in accuracy_like(numbers(match["number"]))]


def has_code(work: Work) -> bool:
    """Whether the region holds more than comments."""
    return any(map(cells.has_code, work.cells))


def failure(work: Work, message: str, answered: bool | None = None) -> CheckFailed:
    """The failure `message`, with what went wrong in the region's cells, since that may be why something is missing.

    `answered` is for regions whose starter holds code: whether the student added some.
    """
    if not (has_code(work) if answered is None else answered):
        return CheckFailed("This question is not answered: its cells hold nothing but the starter's text.")
    return CheckFailed(" ".join([message, *trouble(work)]))


def trouble(work: Work) -> list[str]:
    """What became of the first cell that did not end well, as a sentence; nothing where all did."""
    runs = {run.index: run for run in work.runs}
    for cell in work.cells:
        run = runs.get(cell.index)
        if run is None:
            return ["One of this question's cells was not reached when the grader ran the notebook."]
        told = f" ({run.error[:MAX_ERROR].rstrip('.')})" if run.error else ""
        if run.status == "error":
            return [f"One of this question's cells stopped with an error{told}: look there first."]
        if run.status == "timeout":
            return [f"One of this question's cells ran out of time{told}: look there first."]
    return []
