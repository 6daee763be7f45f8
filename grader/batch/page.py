"""The page about a cohort: self-contained, and nothing in it but text, as in a report."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from grader.batch.cohort import CheckFigures, Cohort, ItemFigures
from grader.batch.keep import PAGE
from grader.batch.similarity import Pair
from grader.records.findings import Blame
from grader.reports import html
from grader.text import printable

TEMPLATE, STYLE = "cohort.html.j2", "cohort.css"
MOST_PAIRS = 50
DOERS: Mapping[Blame, str] = {"student": "student", "grader": "grader", "infrastructure": "machine"}


def page(title: str, cohort: Cohort, pairs: Sequence[Pair]) -> str:
    """The page's text. It lies beside the folders of those whom it is about, and links to their reports."""
    style = html.source("report.css") + source(STYLE)
    template = templates().get_template(TEMPLATE)
    shown, left = pairs[:MOST_PAIRS], max(len(pairs) - MOST_PAIRS, 0)
    return template.render(
        title=title, cohort=cohort, pairs=shown, left=left, doers=DOERS, style=style, policy=html.policy(style)
    )


@cache
def templates() -> Environment:
    made = html.environment(source)
    made.filters |= {"link": link, "percent": percent, "missing": missing, "isolated": isolated}
    return made


def source(name: str) -> str:
    return (files("grader") / "batch" / name).read_text(encoding="utf-8")


def link(key: str) -> str:
    """Where the report lies, seen from the page."""
    return f"{quote(key, safe='')}/{PAGE}"


def percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def missing(figures: ItemFigures | CheckFigures) -> list[str]:
    """How many have not all of it, and by whose doing."""
    found = [f"{count} {DOERS[blame]}" for blame, count in figures.blame.items()]
    if isinstance(figures, ItemFigures):
        found += [f"{figures.manual} to grade"] if figures.manual else []
        found += [f"{figures.pending} not judged"] if figures.pending else []
    return found


def isolated(sentence: str, *keys: str) -> Markup:
    """A sentence in which names that are written from right to left turn nothing around."""
    words = re.split(rf"(?<!\w)({'|'.join(map(re.escape, keys))})(?!\w)", printable(sentence))
    return Markup("").join(Markup("<bdi>{}</bdi>").format(word) if at % 2 else word for at, word in enumerate(words))
