"""Whether the notebook was run before it was handed in: the execution counts and outputs that it came with."""

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

from grader.checks.cells import called, has_code, listed, shortened
from grader.errors import CheckFailed
from grader.notebooks.facts import parse
from grader.records.notebook import Cell
from grader.records.submission import Submission

LONGEST_ERROR = 100
RUN_ALL = "Restart the kernel, run all cells from top to bottom, and save before you submit."

SHOWS = {"print", "display", "plt.show", "pyplot.show", "matplotlib.pyplot.show"}
TAKES_OUTPUT_AWAY = re.compile(
    r"^\s*%%capture\b|clear_output|^\s*%matplotlib\s+(?!inline|widget|notebook|ipympl)\w", re.MULTILINE
)
REDIRECTS = {"redirect_stdout", "redirect_stderr", "capture_output"}


def ran_in_order(submission: Submission) -> None:
    """Every code cell was run, from top to bottom; it may have taken several attempts."""
    cells = was_run(submission)
    if missing := [cell for cell in cells if cell.execution_count is None]:
        raise CheckFailed(
            f"All code cells should have been run, but {listed(names(submission, missing))} "
            f"{'was' if len(missing) == 1 else 'were'} not. {RUN_ALL}"
        )
    late = [
        f"{called(submission.notebook, after)} has the number {after.execution_count}, "
        f"but the cell before it {before.execution_count}"
        for before, after in pairwise(cells)
        if (after.execution_count or 0) <= (before.execution_count or 0)
    ]
    if late:
        raise CheckFailed(f"The code cells should have been run in their order, but {'; '.join(late[:3])}. {RUN_ALL}")


def outputs_kept(submission: Submission) -> None:
    """What the code cells print and draw is in the notebook."""
    cells = was_run(submission)
    silent = [cell for cell in cells if not cell.outputs and is_shown(cell)]
    if not silent:
        return
    if not any(cell.outputs for cell in cells):
        raise CheckFailed(
            f"Printed results and figures should be in the notebook, but its outputs were cleared. {RUN_ALL}"
        )
    raise CheckFailed(
        f"Printed results and figures should be in the notebook, but {listed(names(submission, silent))} "
        f"{'has' if len(silent) == 1 else 'have'} no output. {RUN_ALL}"
    )


def no_error_outputs(submission: Submission) -> None:
    """No code cell ended in an error when its authors ran it."""
    failed = [
        f"{called(submission.notebook, cell)} ends in `{shortened(output.text, LONGEST_ERROR)}`"
        for cell in was_run(submission)
        for output in cell.outputs
        if output.kind == "error"
    ]
    if failed:
        raise CheckFailed(
            f"All code cells should run without an error, but {listed(failed)}. Correct this, then run all cells again."
        )


def was_run(submission: Submission) -> list[Cell]:
    """The code cells with code in them, or the sentence that says that none of them was run."""
    cells = [cell for cell in submission.notebook.cells if has_code(cell)]
    if all(cell.execution_count is None for cell in cells):
        raise CheckFailed(
            f"No code cell of the notebook was run before it was submitted, or all outputs were cleared. {RUN_ALL}"
        )
    return cells


def names(submission: Submission, cells: Sequence[Cell]) -> list[str]:
    return [called(submission.notebook, cell) for cell in cells]


def is_shown(cell: Cell) -> bool:
    """Whether running the cell must have left an output; where one could doubt it, no."""
    tree = None if TAKES_OUTPUT_AWAY.search(cell.source) else parse(cell.source)
    try:
        return tree is not None and shows(tree.body)
    except RecursionError:
        return False


def shows(statements: Sequence[ast.stmt]) -> bool:
    return any(statement_shows(statement) for statement in statements)


def statement_shows(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return call_shows(statement.value)
    if isinstance(statement, ast.For):
        return shows(statement.body) or any(map(is_first_round, statement.body))
    if isinstance(statement, ast.With):
        return not any(redirects(item.context_expr) for item in statement.items) and shows(statement.body)
    if isinstance(statement, ast.If):
        return shows(statement.body) and shows(statement.orelse)
    if isinstance(statement, ast.Try):
        handled = all(shows(handler.body) for handler in statement.handlers)
        return shows(statement.finalbody) or (shows(statement.body) and handled)
    return False


def call_shows(call: ast.expr) -> bool:
    return (
        isinstance(call, ast.Call)
        and ast.unparse(call.func) in SHOWS
        and not any(keyword.arg == "file" for keyword in call.keywords)
    )


def is_first_round(statement: ast.stmt) -> bool:
    """`if i % 10 == 0:` with something to show in it: true in the first round of a loop."""
    match statement:
        case ast.If(
            test=ast.Compare(left=ast.BinOp(left=ast.Name(), op=ast.Mod()), ops=[ast.Eq()], comparators=[zero])
        ):
            return isinstance(zero, ast.Constant) and zero.value == 0 and shows(statement.body)
    return False


def redirects(context: ast.expr) -> bool:
    """Whether prints inside of `with context:` may go elsewhere: a widget's area is a plain name."""
    return not isinstance(context, ast.Call) or ast.unparse(context.func).rpartition(".")[2] in REDIRECTS
