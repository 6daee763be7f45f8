"""Curves in figures: counted, told apart and understood, however they were drawn."""

import pytest

from grader.checks import curves
from grader.checks.curves import answering, check_named, distinct, figures, role, runs, seen, validation
from grader.errors import CheckFailed
from grader.records.execution import CellRun
from grader.records.figure import Axes, Figure, Line
from grader.records.notebook import Cell, Output
from grader.records.submission import Work

NAN, INF = float("nan"), float("inf")
RISING = tuple(0.9 - 0.5 / (n + 1) for n in range(20))
HIGHER = tuple(value + 0.05 for value in RISING)
LOSS = tuple(0.9 / (n + 1) for n in range(20))
FLAT = (0.0975,) * 20


def line(y: tuple[float, ...], label: str = "") -> Line:
    return Line(label, tuple(map(float, range(len(y)))), y)


def axes(
    *lines: Line, title: str = "", ylabel: str = "", legend: tuple[str, ...] = (), texts: tuple[str, ...] = ()
) -> Axes:
    return Axes(title, "Epoch", ylabel, legend, lines, texts)


def figure(*parts: Axes, number: int = 0, title: str = "", legend: tuple[str, ...] = ()) -> Figure:
    return Figure(number, title, legend, parts)


def work(*shown: Figure) -> Work:
    """One cell for each figure."""
    cells = tuple(Cell(n, "code", "plot()") for n in range(len(shown)))
    return Work(
        "q", cells, tuple(CellRun(n, "ok", outputs=(Output("display", figure=f),)) for n, f in enumerate(shown))
    )


def test_a_figure_shown_again_counts_once_as_it_was_in_the_end() -> None:
    early, other, late = figure(number=1), figure(number=2), figure(axes(line(RISING)), number=1)

    assert figures(work(early, other, late)) == [other, late]


def test_a_figure_that_is_cleared_and_drawn_anew_counts_each_time() -> None:
    drawn = work(figure(axes(line(RISING, "d = 2"))), figure(axes(line(HIGHER, "d = 3"))), figure(axes()))
    assert [run.label for run in runs(figures(drawn), 20)] == ["d = 2", "d = 3"]


@pytest.mark.parametrize("points", [20, 21])
def test_runs_have_a_point_for_each_epoch_and_maybe_one_more(points: int) -> None:
    assert len(runs([figure(axes(line((0.1, *RISING)[-points:])))], 20)) == 1


@pytest.mark.parametrize(
    "y", [RISING[:3], RISING[:19], (*RISING, 0.9, 0.9), (), (NAN,) * 20, (INF,) * 20, (1e300,) * 20]
)
def test_what_is_no_run(y: tuple[float, ...]) -> None:
    assert runs([figure(axes(line(y)))], 20) == []


def test_percent_and_fractions_are_the_same() -> None:
    percent = figure(axes(line(tuple(100 * value for value in RISING))), number=1)

    assert len(runs([figure(axes(line(RISING))), percent], 20)) == 1


@pytest.mark.parametrize(
    "part",
    [
        axes(line(LOSS)),
        axes(line(RISING, "train loss"), title="Accuracy and loss"),
        axes(line(RISING), ylabel="Cross-entropy loss"),
        axes(line(tuple(2.5 * value for value in LOSS))),
        axes(line(tuple(130 * value for value in LOSS))),
        axes(line((2.3026,) * 20)),
    ],
)
def test_losses_are_no_accuracies(part: Axes) -> None:
    assert runs([figure(part)], 20) == []


def test_an_accuracy_may_fall_and_stay_at_chance() -> None:
    diverged = (*RISING[:4], *FLAT[:16])

    assert len(runs([figure(axes(line(diverged), line(FLAT), ylabel="Accuracy"))], 20)) == 2
    assert len(runs([figure(axes(line((0.1135, *FLAT[:18], 0.0905))))], 20)) == 1


def test_the_same_curve_twice_is_one_but_flat_curves_may_coincide() -> None:
    def count(*lines: Line) -> int:
        return len(runs([figure(axes(*lines))], 20))

    assert count(line(RISING, "a"), line(RISING, "b")) == 1
    assert count(line(FLAT, "zero"), line(FLAT, "uniform")) == 2
    assert count(line(FLAT, "zero"), line(FLAT, "zero")) == 1
    assert count(line((NAN,) * 20), line((NAN,) * 20)) == 0


def test_of_markers_and_line_the_one_with_the_label_stays() -> None:
    (run,) = runs([figure(axes(line(RISING), line(RISING, "Adam")))], 20)

    assert run.label == "Adam"


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (figure(axes(line(RISING, "a"), line(HIGHER, "b"))), 2),
        (figure(axes(line(RISING), line(HIGHER), legend=("a", "b"))), 2),
        (figure(axes(line(RISING), line(HIGHER)), legend=("a", "b")), 2),
        (figure(axes(line(RISING), line(HIGHER), texts=("a", "b"))), 2),
        (figure(axes(line(RISING), title="Zero"), axes(line(HIGHER), title="Xavier")), 2),
        (figure(axes(line(RISING), ylabel="Train acc"), axes(line(HIGHER), ylabel="Val acc")), 2),
        (figure(axes(line(RISING)), title="Validation accuracy"), 1),
        (figure(axes(line(RISING), line(HIGHER))), 0),
        (figure(axes(line(RISING), line(HIGHER), title="Both")), 0),
        (figure(axes(line(RISING), line(HIGHER), legend=("only one",))), 0),
        (figure(axes(line(RISING), ylabel="Accuracy"), axes(line(HIGHER), ylabel="Accuracy")), 0),
    ],
)
def test_which_curves_have_a_name(drawn: Figure, expected: int) -> None:
    found = runs([drawn], 20)

    assert sum(run.named for run in found) == expected
    if expected:
        check_named(work(drawn), found, expected)
    with pytest.raises(CheckFailed, match="label="):
        check_named(work(drawn), found, expected + 1)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (axes(line(RISING, "train_acc")), "train"),
        (axes(line(RISING, "Training Accuracy")), "train"),
        (axes(line(RISING, "trainAcc")), "train"),
        (axes(line(RISING, "val_acc")), "val"),
        (axes(line(RISING, "MLP, validation")), "val"),
        (axes(line(RISING, "דיוק אימות")), "val"),
        (axes(line(RISING, "דיוק אימון")), "train"),
        (axes(line(RISING, "Test")), "test"),
        (axes(line(RISING, "fastest")), ""),
        (axes(line(RISING, "Zero"), ylabel="Validation accuracy"), "val"),
        (axes(line(RISING, "Zero"), ylabel="Accuracy", title="Training with different schemes"), ""),
        (axes(line(RISING), title="Training accuracy"), "train"),
        (axes(line(RISING), title="set = train"), "train"),
        (axes(line(RISING, "Zero"), title="Training vs. validation accuracy"), ""),
    ],
)
def test_which_data_a_curve_is_about(part: Axes, expected: str) -> None:
    (run,) = runs([figure(part)], 20)

    assert role(run) == expected


def test_validation_runs_are_those_not_said_to_be_something_else() -> None:
    found = runs([figure(axes(line(RISING, "Adam"), line(HIGHER, "Adam train"), line(FLAT, "Adam test")))], 20)

    assert [run.label for run in validation(found)] == ["Adam"]
    assert [run.label for run in validation(found[2:])] == ["Adam test"]


def test_what_was_seen_instead() -> None:
    assert seen([], []) == "no figure was drawn"
    assert seen([], [figure(axes())]).endswith("show no curves")
    assert "3" in seen([], [figure(axes(line(RISING[:3])))])
    assert "only 2" in seen(runs([figure(axes(line(RISING), line(HIGHER)))], 20), [])


def test_cells_elsewhere_answer_where_the_region_shows_no_figure() -> None:
    first, second = figure(axes(line(RISING, "first")), number=1), figure(axes(line(HIGHER, "second")), number=2)
    cells = tuple(Cell(n, "code", f"cell {n}") for n in range(6))
    outputs = {2: (Output("display", figure=first),), 4: (Output("display", figure=second),)}
    ran = tuple(CellRun(n, "ok", outputs=outputs.get(n, ())) for n in range(6))
    everything, own = Work("", cells, ran), Work("q", cells[5:], ran[5:])

    assert [cell.index for cell in answering(own, everything, second.__eq__).cells] == [5, 3, 4]
    assert answering(own, everything, lambda _: False) == own
    assert answering(Work("q", cells[2:3], ran[2:3]), everything, second.__eq__).cells == cells[2:3]


def test_many_lines_take_no_time() -> None:
    crowd = figure(*(axes(*(line((*RISING[:19], n / 1e5)) for n in range(m, m + 64))) for m in range(0, 40 * 64, 64)))

    assert len(runs([crowd], 20)) == 40 * 64
    assert len(distinct(curves.curves(crowd, lambda points: points > 5))) == 40 * 64
