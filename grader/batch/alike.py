"""The pairs of a batch that a person should look at, and their table."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
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
    return similar(works(results, output), known)


def works(results: Iterable[Result], output: Path) -> Iterator[Work]:
    """One for each team, read one by one: a cohort's figures are more than a machine may hold."""
    teams = set[tuple[str, str]]()
    for result in sorted(results, key=lambda result: result.handed.key):
        handed = result.handed
        # somebody's key may be another team's name
        team = (handed.team, "" if handed.team else handed.key)
        if result.status == "graded" and handed.read is not None and team not in teams:
            try:
                notebook = read(handed.read())
            except BadNotebook:
                # changed since it was graded
                continue
            teams.add(team)
            yield Work(handed.key, with_outputs(notebook, output / handed.key / EXECUTED))


def with_outputs(notebook: Notebook, executed: Path) -> Notebook:
    """With what its cells gave when they were run here, where it was handed in without any outputs."""
    if any(cell.outputs for cell in notebook.cells):
        return notebook
    try:
        ran = {cell.index: cell.outputs for cell in read(executed.read_bytes()).cells}
    except (BadNotebook, FileNotFoundError):
        # a run may print more than may be handed in, and files get lost
        return notebook
    return replace(notebook, cells=tuple(replace(cell, outputs=ran.get(cell.index, ())) for cell in notebook.cells))


def similarity_csv(pairs: Sequence[Pair]) -> str:
    """Most similar first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["first", "second", "similarity", "evidence"])
    for pair in pairs:
        writer.writerow([safe(value) for value in (pair.first, pair.second, pair.score, " ".join(pair.evidence))])
    return text.getvalue()
