"""The executed notebook: what was submitted, with the outputs of the grader's own run.

Programs that show notebooks differ in what they clean, so nothing is left to them: outputs and Markdown are made safe
here, code is code, and metadata and attachments stay behind.
"""

import re
from typing import Any

import nbformat

from grader.records.execution import Execution
from grader.records.notebook import Cell, Notebook, Output
from grader.reports.markup import safe_markdown
from grader.reports.outputs import shown_outputs

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def executed_notebook(notebook: Notebook, execution: Execution) -> str:
    """An .ipynb file's text."""
    runs = {run.index: run for run in execution.cells}
    outputs = shown_outputs(execution)
    count = 0
    cells: list[dict[str, Any]] = []
    for cell in notebook.cells:
        # ids of a submission may be missing, malformed or used twice
        usable = cell.id and CELL_ID.fullmatch(cell.id) and cell.id not in {other["id"] for other in cells}
        made = new_cell(cell, cell.id if usable and cell.id else f"index-{cell.index}")
        if cell.kind == "code" and (run := runs.get(cell.index)) and run.status != "skipped":
            count += 1
            made |= {"execution_count": count, "outputs": [new_output(output) for output in outputs[cell.index]]}
        cells.append(made)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    # all of it is validated once, when it is written
    whole = nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells})
    return str(nbformat.writes(whole)) + "\n"


def new_cell(cell: Cell, identity: str) -> dict[str, Any]:
    made = {"cell_type": cell.kind, "id": identity, "metadata": {}, "source": cell.source}
    if cell.kind == "code":
        return made | {"execution_count": None, "outputs": []}
    if cell.kind == "markdown":
        return made | {"source": safe_markdown(cell.source)}
    # without a type, nbconvert takes a raw cell for a part of its page
    return made | {"metadata": {"raw_mimetype": "text/plain"}}


def new_output(output: Output) -> dict[str, Any]:
    if output.kind == "stream":
        return {"output_type": "stream", "name": output.stream, "text": output.text}
    if output.kind == "error":
        name, _, value = output.text.partition(": ")
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": [output.text]}
    return {"output_type": "display_data", "data": dict(output.data or {}), "metadata": {}}
