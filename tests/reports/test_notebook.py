import nbformat

from grader.notebooks.read import read
from grader.records.execution import Execution
from grader.records.notebook import Notebook
from grader.reports.notebook import executed_notebook


def test_the_executed_notebook_is_valid_and_keeps_what_was_written(notebook: Notebook, execution: Execution) -> None:
    text = executed_notebook(notebook, execution)
    nbformat.validate(nbformat.reads(text, as_version=4))
    again = read(text.encode())
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]
    assert [cell.kind for cell in again.cells] == [cell.kind for cell in notebook.cells]


def test_it_has_the_outputs_of_the_graders_run(notebook: Notebook, execution: Execution) -> None:
    cells = nbformat.reads(executed_notebook(notebook, execution), as_version=4).cells
    assert [output.output_type for output in cells[1].outputs] == ["stream", "error"]
    assert "image/png" in cells[2].outputs[0].data
    assert "stopped after 2 s" in cells[2].outputs[1].text
    assert cells[3].outputs == []
    assert [cell.execution_count for cell in cells[1:]] == [1, 2, None]
