"""Execution counts and outputs tell whether a notebook was run before it was handed in."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from grader.checks.executed import no_error_outputs, outputs_kept, ran_in_order
from grader.errors import CheckFailed
from grader.notebooks.align import starter_regions
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook, Output
from grader.records.submission import Submission

Check = Callable[[Submission], None]
CHECKS: list[Check] = [ran_in_order, outputs_kept, no_error_outputs]
PRINTED = (Output("stream", "1\n"),)


def submission(*cells: Cell) -> Submission:
    numbered = tuple(replace(cell, index=index) for index, cell in enumerate(cells))
    return Submission(Notebook("", numbered), ("q",) * len(cells), Notebook("", ()), ())


def code(source: str, count: int | None = 1, outputs: tuple[Output, ...] = ()) -> Cell:
    return Cell(0, "code", source, execution_count=count, outputs=outputs)


def printing(source: str) -> Submission:
    """One cell that should have an output and has none, in a notebook where others have theirs."""
    return submission(code("print(1)", 1, PRINTED), code(source, 2))


@pytest.mark.parametrize("check", CHECKS)
def test_a_notebook_that_was_run_passes(check: Check) -> None:
    check(
        submission(
            Cell(0, "markdown", "text"),
            code("x = 1", 3),
            code("", None),
            code("# only a comment\n", None),
            code("print(x)", 7, PRINTED),
            code("# run before", 2),
            code("x + 1", 8),
        )
    )


@pytest.mark.parametrize("check", CHECKS)
def test_a_notebook_that_was_not_run_fails(check: Check) -> None:
    with pytest.raises(CheckFailed, match="No code cell of the notebook was run"):
        check(submission(code("print(1)", None), code("x", None)))


@pytest.mark.parametrize("check", CHECKS)
def test_the_starter_fails(check: Check, assignment: Assignment) -> None:
    homes = tuple(starter_regions(assignment.starter, assignment.rubric.regions))
    with pytest.raises(CheckFailed, match="was run"):
        check(Submission(assignment.starter, homes, assignment.starter, homes))


def test_cells_that_were_not_run_are_named() -> None:
    with pytest.raises(CheckFailed, match=r"code cell 2 \(starting `y`\) was not"):
        ran_in_order(submission(code("x", 1), code("y", None), code("z", 2)))
    with pytest.raises(CheckFailed, match=r"code cell 2 .*, code cell 3 .*, code cell 4 .* and 2 more were not"):
        ran_in_order(submission(code("x", 1), *(code("y", None) for _ in range(5))))


@pytest.mark.parametrize(("first", "second"), [(5, 4), (5, 5)])
def test_cells_out_of_order_are_named(first: int, second: int) -> None:
    with pytest.raises(CheckFailed, match=rf"code cell 2 \(starting `y`\) has the number {second}, .* {first}"):
        ran_in_order(submission(code("x", first), code("y", second), code("z", 9)))


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\nprint(x)",
        "display(x)",
        "plt.plot(x)\nplt.show()",
        "for x in y:\n    print(x)",
        "for i in r:\n    if i % 10 == 0:\n        print(i)",
        "for i in r:\n    for j in r:\n        print(i)",
        "with torch.no_grad():\n    print(x)",
        "if x:\n    print(1)\nelse:\n    print(2)",
        "try:\n    print(1)\nfinally:\n    pass",
        "%%time\nprint(1)",
        "%matplotlib inline\nplt.show()",
    ],
)
def test_an_output_that_is_missing_is_noticed(source: str) -> None:
    with pytest.raises(CheckFailed, match=r"code cell 2 \(starting `.*`\) has no output"):
        outputs_kept(printing(source))


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "def f():\n    print(1)",
        "class A:\n    def f(self):\n        print(1)",
        "f = lambda: print(1)",
        "if __name__ == '__main__':\n    print(1)",
        "if x:\n    print(1)",
        "for i in r:\n    if better(i):\n        print(i)\n        break",
        "for i in r:\n    if (i + 1) % 100 == 0:\n        print(i)",
        "while x:\n    print(1)",
        "try:\n    import a\n    print(1)\nexcept ImportError:\n    pass",
        "%%capture\nprint(1)",
        "%%time\n%%capture out\nprint(1)",
        "%%writefile a.py\nprint(1)",
        "print(1, file=log)",
        "with redirect_stdout(log):\n    print(1)",
        "with contextlib.redirect_stdout(log):\n    print(1)",
        "with out:\n    print(1)",
        "print(1)\nclear_output()",
        "%matplotlib qt\nplt.show()",
        "fig.show()",
        "model",
        "# print(1)",
        "print(1",
    ],
)
def test_no_output_is_asked_for_where_there_need_not_be_one(source: str) -> None:
    outputs_kept(printing(source))


def test_cleared_outputs_are_called_that() -> None:
    with pytest.raises(CheckFailed, match="its outputs were cleared"):
        outputs_kept(submission(code("x = 1", 1), code("print(x)", 2)))


def test_a_notebook_that_prints_nothing_passes() -> None:
    outputs_kept(submission(code("x = 1", 1)))


def test_errors_are_quoted() -> None:
    failed = (Output("stream", "1"), Output("error", "NameError: name 'y' is not defined"))
    with pytest.raises(CheckFailed, match=r"code cell 2 \(starting `y`\) ends in `NameError: name 'y' is not defined`"):
        no_error_outputs(submission(code("x", 1), code("y", 2, failed)))
    with pytest.raises(CheckFailed) as caught:
        no_error_outputs(submission(code("x", 1, (Output("error", "E: " + "x" * 5000),))))
    assert len(str(caught.value)) < 300
