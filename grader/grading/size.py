"""Whether a notebook needs the data in their true size: the small set is ten times as fast."""

from grader.datasets.store import Dataset
from grader.notebooks.facts import numbers
from grader.records.execution import Execution
from grader.records.notebook import Notebook
from grader.records.rubric import Rubric


def why_full(notebook: Notebook, rubric: Rubric) -> str | None:
    """The reason that the source gives, if any: it names one of the rubric's true sizes."""
    for cell in notebook.cells:
        named = numbers(cell.source) & set(rubric.true_sizes) if cell.kind == "code" else frozenset()
        if named:
            return f"cell {cell.index} names the true size {min(named)}"
    return None


def why_full_after(notebook: Notebook, execution: Execution, dataset: Dataset) -> str | None:
    """The reason that a run with the small set gives, if any: a cell failed that names a number larger than that set."""
    for run in execution.cells:
        if run.status == "error" and any(n > dataset.test_size for n in numbers(notebook.cells[run.index].source)):
            return f"cell {run.index} fails with the small data set and names a larger number"
    return None
