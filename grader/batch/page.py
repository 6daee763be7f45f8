"""The page about a cohort: self-contained, and nothing in it but text, as in a report."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment

from grader.batch.cohort import Cohort
from grader.batch.keep import PAGE
from grader.batch.result import Result
from grader.batch.similarity import Pair
from grader.reports import html

TEMPLATE, STYLE = "cohort.html.j2", "cohort.css"


def page(title: str, cohort: Cohort, pairs: Sequence[Pair]) -> str:
    """The page's text. It lies beside the folders of those whom it is about, and links to their reports."""
    style = html.source("report.css") + source(STYLE)
    template = templates().get_template(TEMPLATE)
    return template.render(title=title, cohort=cohort, pairs=pairs, style=style, policy=html.policy(style))


@cache
def templates() -> Environment:
    made = html.environment(source)
    made.filters |= {"link": link, "percent": percent}
    return made


def source(name: str) -> str:
    return (files("grader") / "batch" / name).read_text(encoding="utf-8")


def link(result: Result) -> str:
    """Where the report lies, seen from the page."""
    return f"{quote(result.handed.key, safe='')}/{PAGE}"


def percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "-"
