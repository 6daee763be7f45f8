"""The pairs of a batch that a person should look at, and their table."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from grader.batch.keep import EXECUTED
from grader.batch.result import Result
from grader.batch.similarity import Pair, Work, similar
from grader.errors import BadNotebook
from grader.notebooks.read import read
from grader.records.notebook import Notebook
from grader.reports.gradebook import safe
from grader.rubrics import folders_of, readable


def alike(results: Iterable[Result], output: Path, root: Path, assignment: str) -> list[Pair]:
    """Of all teams that have a report; what the starter and the reference hold is nobody's own.

    Raises AssignmentError where these cannot be read.
    """
    published, secret = folders_of(root, assignment)
    known = [read(readable(path)) for path in (published / "starter.ipynb", secret / "solution.ipynb")]
    teams: dict[str, Work] = {}
    for result in sorted(results, key=lambda result: result.handed.key):
        handed = result.handed
        team = handed.team or handed.key
        if result.status == "graded" and handed.read is not None and team not in teams:
            try:
                notebook = read(handed.read())
            except BadNotebook:
                # changed since it was graded
                continue
            teams[team] = Work(handed.key, with_outputs(notebook, output / handed.key / EXECUTED))
    return similar(list(teams.values()), known)


def with_outputs(notebook: Notebook, executed: Path) -> Notebook:
    """With what its cells gave when they were run here, where it was handed in without any outputs."""
    if any(cell.outputs for cell in notebook.cells):
        return notebook
    ran = {cell.index: cell.outputs for cell in read(executed.read_bytes()).cells}
    return replace(notebook, cells=tuple(replace(cell, outputs=ran.get(cell.index, ())) for cell in notebook.cells))


def similarity_csv(pairs: Sequence[Pair]) -> str:
    """Most similar first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["first", "second", "similarity", "evidence"])
    for pair in pairs:
        writer.writerow([safe(value) for value in (pair.first, pair.second, pair.score, " ".join(pair.evidence))])
    return text.getvalue()
