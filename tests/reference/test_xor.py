"""What exploring XOR leaves behind: many right layouts get everything, what is wrong is noticed."""

import importlib
import time
from collections.abc import Callable, Mapping
from types import ModuleType

import pytest

from grader.errors import CheckFailed
from grader.records.assignment import Assignment
from grader.records.execution import CellRun
from grader.records.figure import Axes, Figure, Line
from grader.records.notebook import Cell, Output
from grader.records.submission import Work

LOOP = "for d in [2, 3, 4, 5]:\n    for h in (1, 2, d):\n        net = FFNet(d, 1, h)\n        losses = train(net, *XORData(d))"
ONE_NET = "net = FFNet(2, 1, 2)\nX, Y = XORData(2)"
STARTER = """loss_func = nn.MSELoss()

def train(net, X, Y, epochs=300):
  steps = X.shape[0]
  for i in range(epochs):
      for j in range(steps):
          data_point = np.random.randint((X.shape[0]))
"""
SIZES = {2: (1, 2, 4), 3: (1, 3), 4: (1, 2, 8), 5: (1, 5)}


def losses(dim: int, hidden: int, points: int = 300) -> tuple[float, ...]:
    """Nets with as many hidden neurons as inputs converge for d = 2 and 3."""
    end = (0.001 if hidden >= dim and dim < 4 else 0.25) + 0.0001 * hidden + 0.002 * dim
    return tuple(end + 0.3 * 0.01 ** (n / (points - 1)) for n in range(points))


def line(y: tuple[float, ...], label: str = "", x: tuple[float, ...] | None = None) -> Line:
    return Line(label, x or tuple(map(float, range(len(y)))), y)


def axes(*drawn: Line, title: str = "", xlabel: str = "Epoch", legend: tuple[str, ...] = ()) -> Axes:
    return Axes(title, xlabel, "Loss (MSE)", legend, drawn)


def figure(*parts: Axes, number: int = 0, title: str = "") -> Figure:
    return Figure(number, title, (), parts)


def cell(*shown: Figure, text: str = "", source: str = LOOP) -> Work:
    outputs = [*([Output("stream", text=text)] if text else []), *(Output("display", figure=drawn) for drawn in shown)]
    cells = (Cell(1, "code", STARTER), Cell(2, "code", source))
    return Work("q2.xor", cells, (CellRun(1, "ok"), CellRun(2, "ok", outputs=tuple(outputs))))


def parts(
    title: str = "XOR, d = {d}",
    label: str = "{h} hidden",
    sizes: Mapping[int, tuple[int, ...]] = SIZES,
    points: int = 300,
) -> list[Axes]:
    return [
        axes(*(line(losses(d, h, points), label.format(d=d, h=h)) for h in hidden), title=title.format(d=d))
        for d, hidden in sizes.items()
    ]


def all_in_one(label: str = "d={d}, h={h}", title: str = "") -> Figure:
    return figure(axes(*(line(losses(d, h), label.format(d=d, h=h)) for d in SIZES for h in SIZES[d]), title=title))


def by_size(label: str = "d = {d}") -> Figure:
    curves = (
        line(tuple(losses(d, h)[-1] for h in (1, 2, 5)), label.format(d=d), (1.0, 2.0, 5.0)) for d in (2, 3, 4, 5)
    )
    return figure(axes(*curves, xlabel="Hidden size"))


@pytest.fixture(scope="session")
def xor(assignment: Assignment) -> ModuleType:
    """The assignment's folder becomes a package when it is loaded."""
    assert assignment.checks
    return importlib.import_module("reference_deep_learning_1.xor")


def complaints(xor: ModuleType, work: Work, elsewhere: Work | None = None) -> dict[str, str]:
    """What each check that fails says."""
    checks: list[Callable[[Work, Work], None]] = [xor.dimensions, xor.hidden_sizes, xor.labelled, xor.converges]
    found = {}
    for check in checks:
        try:
            check(work, elsewhere or work)
        except CheckFailed as failure:
            found[check.__name__] = str(failure)
    return found


RIGHT = {
    "a subplot for each dimension": cell(figure(*parts())),
    "a figure for each dimension": cell(*(figure(part, number=n) for n, part in enumerate(parts()))),
    "all in one plot": cell(all_in_one()),
    "with a heading about all": cell(figure(*parts(), title="XOR in 2 to 5 dimensions"), source=ONE_NET),
    "a plot titled with all": cell(all_in_one("h{h} ({d} bits)", "XOR: d = 2, 3, 4, 5"), source=ONE_NET),
    "a subplot for each net": cell(
        figure(*(axes(line(losses(d, h)), title=f"d={d} | hidden={h}") for d in SIZES for h in SIZES[d]))
    ),
    "names by legend": cell(figure(*(axes(*(line(c.y) for c in p.lines), title=p.title, legend=("a",) * 3) for p in parts()))),
    "dimension only in code": cell(figure(*parts("", "{h}"))),
    "range": cell(figure(*parts("", "{h}")), source="for d in range(2, 5 + 1):\n    run(d)"),
    "range to a name": cell(figure(*parts("", "{h}")), source="for i, d in enumerate(range(2, MAX)):\n    run(d)"),
    "a dictionary": cell(figure(*parts("", "{h}")), source="runs = {2: [1, 2], 3: [1], 4: [9], 5: [5]}\nexplore(runs)"),
    "one call for each": cell(
        figure(*parts("", "{h}")), source="".join(f"explore(*XORData({d}), FFNet)\n" for d in (2, 3, 4, 5))
    ),
    "dimension only printed": cell(
        figure(*parts("", "{h}")), text="".join(f"Dimension: {d}, hidden 3, loss 0.25\n" for d in SIZES), source=ONE_NET
    ),
    "few points": cell(figure(*parts(points=3))),
    "final losses by hidden size": cell(by_size()),
    "other words": cell(figure(*parts("{d}-bit XOR", "hidden_dim={h}")), source=ONE_NET),
    "XOR(d)": cell(figure(*parts("XOR({d})", "{h} neurons")), source=ONE_NET),
    "LaTeX": cell(figure(*parts("Losses for $d={d}$", "$h={h}$")), source=ONE_NET),
    "with NaN": cell(figure(*parts(), axes(line((float("nan"),) * 300, "diverged"), title="d = 5"))),
}  # fmt: skip

WRONG = {
    "only d = 2": (
        cell(
            figure(*parts(sizes={2: tuple(range(1, 10))})),
            source=ONE_NET + "\nfor hidden in [1, 2, 3, 4, 5]:\n    run(net)",
        ),
        {"dimensions", "hidden_sizes"},
    ),
    "d = 5 is missing": (
        cell(
            figure(*parts(sizes={2: (1, 2, 3), 3: (1, 2, 3), 4: (1, 2, 3)})), source="for d in (2, 3, 4):\n    run(d)"
        ),
        {"dimensions", "hidden_sizes"},
    ),
    "one hidden size": (
        cell(figure(*parts(sizes={2: (2,), 3: (3,), 4: (4,), 5: (5,)}))),
        {"hidden_sizes", "labelled"},
    ),
    "one hidden size for d = 5": (
        cell(figure(*parts(sizes={2: (1, 2, 3), 3: (1, 3, 4), 4: (1, 4), 5: (5,)}))),
        {"hidden_sizes"},
    ),
    "no labels": (cell(figure(*parts("d = {d}", ""))), {"labelled"}),
    "the same curve again": (
        cell(figure(axes(*(line(losses(2, 2), f"d={d}, h={h}") for d in SIZES for h in SIZES[d])))),
        {"hidden_sizes", "labelled"},
    ),
    "d = 2 does not converge": (cell(figure(*parts(sizes=SIZES | {2: (0, 1)}))), {"converges"}),
    "nothing converges": (
        cell(figure(axes(*(line(tuple(0.25 + 0.001 * n for _ in range(99)), f"{n}") for n in range(12))))),
        {"converges"},
    ),
    "no figure": (cell(text="d = 2: 0.1\n"), {"hidden_sizes", "labelled", "converges"}),
    "nothing shown": (cell(), {"dimensions", "hidden_sizes", "labelled", "converges"}),
    "not answered": (cell(source="# Implement here"), {"dimensions", "hidden_sizes", "labelled", "converges"}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_ways_to_explore(xor: ModuleType, name: str) -> None:
    assert complaints(xor, RIGHT[name]) == {}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ways_to_explore(xor: ModuleType, name: str) -> None:
    work, expected = WRONG[name]
    found = complaints(xor, work)

    assert found.keys() == expected
    assert all(text.endswith((".", "?")) for text in found.values())
    assert all(("not answered" in text) == (name == "not answered") for text in found.values())


def test_an_error_is_told(xor: ModuleType) -> None:
    cells = (Cell(1, "code", STARTER), Cell(2, "code", LOOP))
    raised = Work("q2.xor", cells, (CellRun(1, "ok"), CellRun(2, "error", error="IndexError: too many indices")))

    found = complaints(xor, raised)
    assert len(found) == 4
    assert all("IndexError: too many indices" in text for text in found.values())


def test_the_nets_may_be_trained_in_another_cell(xor: ModuleType) -> None:
    stub = cell(source="# Implement here")
    shown = CellRun(7, "ok", outputs=(Output("display", figure=figure(*parts())),))
    elsewhere = Work("", (*stub.cells, Cell(7, "code", LOOP)), (*stub.runs, shown))

    assert complaints(xor, stub, elsewhere) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d = 2 |  1 hidden | final loss 0.2465", {2}),
        ("d=2, h=3", {2}),
        ("h=2 d=3", {3}),
        ("dim 4", {4}),
        ("XOR 5, 3 neurons", {5}),
        ("2D XOR", {2}),
        ("in_features=3", {3}),
        ("hidden_dim=4", set()),
        ("hidden size: 3", set()),
        ("Epoch:200, Loss:0.25", set()),
        ("d = 2, 3, 4, 5", set()),
        ("XOR in 2 to 5 dimensions", set()),
        ("d = 2, loss 0.3", {2}),
        ("width 3", set()),
        ("d=25", set()),
    ],
)
def test_which_dimension_a_text_names(xor: ModuleType, text: str, expected: set[int]) -> None:
    assert xor.dimension_in(text) == expected


@pytest.mark.parametrize("flood", ["hid" * 300_000, "1" * 1_000_000, "d = " * 200_000, "2, " * 300_000])
def test_a_long_line_takes_no_time_to_read(xor: ModuleType, flood: str) -> None:
    started = time.process_time()
    complaints(xor, cell(text=flood))
    assert time.process_time() - started < 5
