"""What is unusual in an answer is pointed out; what every notebook does is not."""

import pytest

from grader.notebooks.suspects import suspects
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook


def found(source: str) -> list[str]:
    return [what for _, what in suspects(Notebook("0", (Cell(0, "markdown", source), Cell(1, "code", source))))]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("exec('x = 1')", "call of exec"),
        ("def f(x):\n    return eval(x)", "call of eval"),
        ("import ctypes", "import of ctypes"),
        ("from inspect import stack", "import of inspect"),
        ("import gc as g\ng.get_objects()", "use of get_objects"),
        ("import sys\nsys._getframe(1)", "use of _getframe"),
        ("f.__globals__['x']", "use of __globals__"),
        ("import sys\nsys.modules['grader_probe']", "mention of the grader: grader_probe"),
        ("open('/run/grader/x')", "mention of the grader: /run/grader/x"),
        ("GRADER = 1", "mention of the grader: GRADER"),
    ],
)
def test_the_unusual_is_named(source: str, what: str) -> None:
    assert what in found(source)


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()",
        "# the grader should see this",
        "torch.compile(model)",
        "net.eval(); train(net)",
        "def f(:",
        "gradError = 1",
        "graderr = 2",
        "import gc, pickle\ngc.collect()",
    ],
)
def test_the_usual_is_not(source: str) -> None:
    assert found(source) == []


def test_it_is_said_once_for_each_cell() -> None:
    assert found("eval('1')\neval('2')") == ["call of eval"]


def test_the_solution_and_the_starter_have_nothing_unusual(assignment: Assignment) -> None:
    assert [*suspects(assignment.solution), *suspects(assignment.starter)] == []
