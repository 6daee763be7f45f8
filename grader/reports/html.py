"""One self-contained HTML page: the rubric, and the executed notebook with its figures.

Everything from the notebook is shown as escaped text, except pictures, which are decoded and encoded afresh; the page's
own policy forbids scripts and anything from elsewhere.
"""

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from grader.records.execution import Execution
from grader.records.notebook import Notebook, Output
from grader.records.report import Report
from grader.reports.notebook import outputs_of
from grader.reports.pictures import safe_png
from grader.reports.words import points, summary

MAX_TEXT = 20_000


def html(report: Report, notebook: Notebook, execution: Execution) -> str:
    """The page's text."""
    template = (files("grader") / "reports" / "report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"points": points, "summary": summary}
    return environment.from_string(template).render(report=report, cells=cells(report, notebook, execution))


def cells(report: Report, notebook: Notebook, execution: Execution) -> list[Mapping[str, object]]:
    """What the page shows of each cell."""
    runs = {run.index: run for run in execution.cells}
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
                "outputs": [shown_output(output) for output in outputs_of(run)] if run else [],
            }
        )
    return shown


def shown_output(output: Output) -> Mapping[str, str | None]:
    encoded = (output.data or {}).get("image/png")
    picture = safe_png(encoded) if encoded else None
    return {"kind": output.kind, "picture": picture, "text": None if picture else output.text[:MAX_TEXT]}
