"""One self-contained HTML page: the rubric, and the executed notebook with its figures.

Everything from the notebook is shown as escaped text, except pictures, which are decoded and encoded afresh; the page's
own policy forbids scripts, forms, any style but its own, and anything from elsewhere.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from grader.records.execution import Execution
from grader.records.notebook import Notebook, Output
from grader.records.report import Report
from grader.reports.outputs import shown_outputs
from grader.reports.words import points, summary
from grader.text import printable

MAX_TEXT = 20_000


def html(report: Report, notebook: Notebook, execution: Execution) -> str:
    """The page's text."""
    style = source("report.css")
    template = templates().get_template("report.html.j2")
    return template.render(report=report, cells=cells(report, notebook, execution), style=style, policy=policy(style))


@cache
def templates() -> Environment:
    """Compiled once: that takes longer than a page does."""
    return environment(source)


def source(name: str) -> str:
    """A template's text, or the style's."""
    return (files("grader") / "reports" / name).read_text(encoding="utf-8")


def environment(load: Callable[[str], str | None]) -> Environment:
    """What renders templates that `load` finds: everything that they show is escaped, and can be printed."""
    made = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"points": points, "summary": summary}
    return made


def shown(value: object) -> object:
    """What an expression of the template puts on the page; the page's own markup as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def policy(style: str) -> str:
    """The page's content security policy."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def cells(report: Report, notebook: Notebook, execution: Execution) -> list[Mapping[str, object]]:
    """What the page shows of each cell."""
    runs, outputs = {run.index: run for run in execution.cells}, shown_outputs(execution)
    regions = {cell.index: cell.region for cell in report.execution.cells} if report.execution else {}
    shown: list[Mapping[str, object]] = []
    for cell in notebook.cells:
        run = runs.get(cell.index)
        shown.append(
            {
                "kind": cell.kind,
                "source": cell.source[:MAX_TEXT],
                "region": regions.get(cell.index, ""),
                "status": run.status if run else "",
                "seconds": f"{run.duration_s:.1f} s" if run else "",
                "error": run.error if run and run.status == "timeout" else None,
                "outputs": [shown_output(output) for output in outputs.get(cell.index, ())],
            }
        )
    return shown


def shown_output(output: Output) -> Mapping[str, str | None]:
    picture = (output.data or {}).get("image/png")
    return {"kind": output.kind, "picture": picture, "text": None if picture else output.text[:MAX_TEXT]}
