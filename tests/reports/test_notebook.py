from dataclasses import replace

import nbconvert
import nbformat

from grader.notebooks.read import read
from grader.records.execution import CellRun, Execution
from grader.records.notebook import Cell, Notebook, Output
from grader.reports.notebook import executed_notebook


def test_the_executed_notebook_is_valid_and_keeps_what_was_written(notebook: Notebook, execution: Execution) -> None:
    text = executed_notebook(notebook, execution)
    nbformat.validate(nbformat.reads(text, as_version=4))
    again = read(text.encode())
    assert [cell.source for cell in again.cells if cell.kind == "code"] == [
        cell.source for cell in notebook.cells if cell.kind == "code"
    ]
    assert again.cells[0].source == notebook.cells[0].source.replace("<", "< ")
    assert [cell.kind for cell in again.cells] == [cell.kind for cell in notebook.cells]


def test_it_has_the_outputs_of_the_graders_run(notebook: Notebook, execution: Execution) -> None:
    cells = nbformat.reads(executed_notebook(notebook, execution), as_version=4).cells
    assert [output.output_type for output in cells[1].outputs] == ["stream", "error"]
    assert "image/png" in cells[2].outputs[0].data
    assert "stopped after 2 s" in cells[2].outputs[1].text
    assert cells[3].outputs == []
    assert [cell.execution_count for cell in cells[1:]] == [1, 2, None]


def test_what_it_holds_can_be_shown_by_any_program(notebook: Notebook, execution: Execution) -> None:
    data = {
        "text/plain": "<Table>",
        "text/html": "<b onclick=x>a</b><script>x</script>",
        "text/markdown": "![a](https://example.org)",
        "text/latex": "$x$",
        "image/svg+xml": "<svg/>",
        "image/jpeg": "/9j/",
        "image/png": "no picture",
        "application/javascript": "x",
        "application/vnd.jupyter.widget-view+json": "{}",
    }
    run = CellRun(1, "ok", outputs=(Output("display", text="<Table>", data=data),))
    written = nbformat.reads(executed_notebook(notebook, replace(execution, cells=(run,))), as_version=4)
    (output,) = written.cells[1].outputs
    assert output.data == {
        "text/plain": "<Table>",
        "text/html": "<b>a</b>",
        "text/markdown": "! [a](https://example.org)",
    }
    assert output.metadata == {}
    assert all(not cell.metadata and "attachments" not in cell for cell in written.cells)
    assert written.metadata.keys() == {"kernelspec"}


def test_a_raw_cell_is_no_part_of_anybodys_page(execution: Execution) -> None:
    raw = Notebook(sha256="ab" * 32, cells=(Cell(0, "raw", "<b>bold</b>"),))
    text = executed_notebook(raw, replace(execution, cells=()))
    page, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(nbformat.reads(text, as_version=4))
    assert "<b>" not in page
