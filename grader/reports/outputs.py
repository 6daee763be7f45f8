"""What people get to see of a run: text, pictures made anew, and HTML and Markdown that were cleaned."""

from collections.abc import Mapping
from dataclasses import replace

from grader.records.execution import CellRun, Execution
from grader.records.notebook import Output
from grader.reports.markup import safe_html, safe_markdown
from grader.reports.pictures import Pictures


def shown_outputs(execution: Execution) -> dict[int, tuple[Output, ...]]:
    """By cell: the outputs with something to show, and why a stopped cell was stopped."""
    pictures = Pictures()
    return {run.index: tuple(outputs_of(run, pictures)) for run in execution.cells}


def outputs_of(run: CellRun, pictures: Pictures) -> list[Output]:
    cleaned = [replace(output, data=safe_data(output.data or {}, pictures)) for output in run.outputs]
    shown = [output for output in cleaned if output.kind != "display" or output.data]
    if run.status == "timeout" and run.error:
        shown.append(Output("stream", text=f"[{run.error}]\n", stream="stderr"))
    return shown


def safe_data(data: Mapping[str, str], pictures: Pictures) -> dict[str, str]:
    """The kinds of data that can be made safe; the rest (SVG, JavaScript, widgets, ...) has its plain text instead."""
    safe = {"text/plain": data["text/plain"]} if "text/plain" in data else {}
    if "text/html" in data:
        safe["text/html"] = safe_html(data["text/html"])
    if "text/markdown" in data:
        safe["text/markdown"] = safe_markdown(data["text/markdown"])
    if "image/png" in data and (picture := pictures.png(data["image/png"])):
        safe["image/png"] = picture
    return safe
