"""What the trainings of question 1 leave behind: many right layouts get everything, what is wrong is noticed."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType

import pytest

from grader.errors import CheckFailed
from grader.records.assignment import Assignment
from grader.records.execution import CellRun
from grader.records.figure import Axes, Figure, Line
from grader.records.notebook import Cell, Output
from grader.records.submission import Band, Work

BANDS = {
    "mlp.val_acc.3": Band(0.886, 0.005),
    "mlp.val_acc": Band(0.964, 0.002),
    "logistic_regression.val_acc": Band(0.866, 0.004),
}
Curve = tuple[float, ...]


def towards(end: float, wobble: float = 0.0007) -> Curve:
    """An accuracy curve that ends near `end`; `wobble` makes curves with the same end different."""
    return tuple(round(end - 0.2 * 0.7**n + wobble * (n % 3), 4) for n in range(20))


TRAIN, VAL, CHANCE = towards(0.997), towards(0.962), (0.09,) * 20
LOSSES = tuple(1.2 * 0.8**n for n in range(20))
SCHEMES = {
    "Kaiming (default)": towards(0.951),
    "Zero": CHANCE,
    "Uniform [0, 1]": towards(0.6),
    "Normal N(0, 1)": towards(0.875),
    "Xavier": towards(0.964, 0.0003),
}
METHODS = {"Adam": towards(0.964), "SGD": towards(0.65), "RMSProp": towards(0.968), "Adagrad": towards(0.915)}
PAIRS = {"Xavier + SGD": towards(0.65), "Zero + RMSProp": CHANCE}
SOURCE = "history = train_model(MLP(), test_loader)"


def lines(curves: dict[str, Curve], labels: bool = True, scale: float = 1) -> tuple[Line, ...]:
    return tuple(
        Line(label if labels else "", tuple(map(float, range(len(y)))), tuple(scale * value for value in y))
        for label, y in curves.items()
    )


def axes(*drawn: Line, title: str = "", ylabel: str = "", legend: tuple[str, ...] = ()) -> Axes:
    return Axes(title, "Epoch", ylabel, legend, drawn)


def figure(*parts: Axes, number: int = 0, title: str = "", legend: tuple[str, ...] = ()) -> Figure:
    return Figure(number, title, legend, parts)


def cell(index: int, shown: Sequence[Figure], text: str = "", source: str = SOURCE) -> Work:
    outputs = [Output("stream", text=text), *(Output("display", figure=drawn) for drawn in shown)]
    return Work("q", (Cell(index, "code", source),), (CellRun(index, "ok", outputs=tuple(outputs)),))


def joined(*works: Work) -> Work:
    return Work("", tuple(c for w in works for c in w.cells), tuple(r for w in works for r in w.runs))


def epochs(
    form: str = "Epoch {n:2d} | loss {loss:.4f} | train_acc {train:.4f} | val_acc {val:.4f}\n", count: int = 20
) -> str:
    rows = zip(range(1, count + 1), LOSSES, TRAIN, VAL, strict=False)
    return "".join(
        form.format(n=n, loss=loss, train=train, val=val, train100=100 * train, val100=100 * val)
        for n, loss, train, val in rows
    )


def told_of(curves: dict[str, Curve]) -> str:
    return "\n".join(f"{name}: test acc. {y[-1]:.4f}" for name, y in curves.items())


LOGISTIC = cell(
    1, [], "Epoch  1 | loss 1.5 | gradient norm 1.0 | val. acc. 0.7975\n\nVal. acc.: 0.8658\nTest acc.: 0.8680\n"
)
MLP_FIGURE = figure(axes(*lines({"MLP, training": TRAIN, "MLP, validation": VAL})), number=1)
MLP = cell(2, [MLP_FIGURE], epochs())
SCHEMES_WORK = cell(3, [figure(axes(*lines(SCHEMES)), number=2)], told_of(SCHEMES))
METHODS_WORK = cell(4, [figure(axes(*lines(METHODS)), number=3)], told_of(METHODS))
PAIRS_WORK = cell(5, [figure(axes(*lines(PAIRS)), number=4)], told_of(PAIRS))
STUB = Work("q", (Cell(9, "code", "# TODO: Implement"),), (CellRun(9, "ok"),))
NOTEBOOK = joined(LOGISTIC, MLP, SCHEMES_WORK, METHODS_WORK, PAIRS_WORK)


@pytest.fixture(scope="session")
def training(assignment: Assignment) -> ModuleType:
    """The assignment's folder becomes a package when it is loaded."""
    assert assignment.checks
    return importlib.import_module("reference_deep_learning_1.training")


@pytest.fixture(scope="session")
def comparisons(training: ModuleType) -> ModuleType:
    return importlib.import_module("reference_deep_learning_1.comparisons")


def complaints(checks: dict[str, Callable[[], None]]) -> dict[str, str]:
    """What each check that fails says."""
    found = {}
    for name, check in checks.items():
        try:
            check()
        except CheckFailed as failure:
            found[name] = str(failure)
    return found


def of_mlp(training: ModuleType, work: Work, elsewhere: Work | None = None) -> dict[str, str]:
    everything = joined(LOGISTIC, work) if elsewhere is None else elsewhere
    return complaints(
        {
            "printed": lambda: training.epochs_printed(work, everything),
            "curves": lambda: training.curves_drawn(work, everything),
            "band": lambda: training.accuracy_in_band(work, everything, BANDS),
            "above": lambda: training.above_logistic_regression(work, everything, BANDS),
        }
    )


def of_comparison(comparisons: ModuleType, compared: str, work: Work, elsewhere: Work | None = None) -> dict[str, str]:
    everything = work if elsewhere is None else elsewhere
    checks: dict[str, Callable[[], None]] = {
        "together": lambda: comparisons.together(work, everything, compared),
        "labelled": lambda: comparisons.labelled(work, everything, compared),
        "tests": lambda: comparisons.tests_printed(work, everything, compared),
        "learn": lambda: comparisons.some_learn(work, everything, BANDS, compared),
    }
    if compared == "initialization":
        checks["chance"] = lambda: comparisons.zero_stays_at_chance(work, everything)
        checks["differ"] = lambda: comparisons.schemes_differ(work, everything)
    return complaints(checks)


def of_reflection(comparisons: ModuleType, work: Work, elsewhere: Work | None = None) -> dict[str, str]:
    everything = work if elsewhere is None else elsewhere
    return complaints(
        {
            "both": lambda: comparisons.both_run(work, everything),
            "differ": lambda: comparisons.outcomes_differ(work, everything),
        }
    )


# --- the MLP ---

TABLE = "loss train val\n" + epochs("{n} {loss:.6f} {train:.6f} {val:.6f}\n")
LOGISTIC_CURVE = towards(0.86)

MLP_RIGHT = {
    "reference": MLP,
    "percent": cell(
        2,
        [figure(axes(*lines({"Train": TRAIN, "Val": VAL}, scale=100)))],
        epochs("[{n}/20] Loss: {loss:.3f}, Train Acc: {train100:.2f}%, Val Acc: {val100:.2f}%\n"),
    ),
    "several lines per epoch": cell(
        2, [MLP_FIGURE], epochs("Epoch {n}\n  loss = {loss}\n  train: {train:.3f}\n  validation: {val:.3f}\n")
    ),
    "rounded to whole percents": cell(
        2, [MLP_FIGURE], epochs("{n}: loss {loss:.2f} train {train:.0%} val {val:.0%}\n")
    ),
    "a table": replace(
        MLP,
        runs=(CellRun(2, "ok", outputs=(Output("display", text=TABLE), Output("display", figure=MLP_FIGURE))),),
    ),
    "tqdm": replace(
        MLP,
        runs=(
            CellRun(
                2,
                "ok",
                outputs=(
                    Output(
                        "stream",
                        text=epochs("\r{n}/20 [00:01<00:00, 61.2it/s, loss={loss:.4f}, tr={train:.4f}, va={val:.4f}]"),
                        stream="stderr",
                    ),
                    Output("display", figure=MLP_FIGURE),
                ),
            ),
        ),
    ),
    "two subplots": cell(
        2,
        [
            figure(
                axes(*lines({"": TRAIN}), title="Training accuracy"),
                axes(*lines({"": VAL}), title="Validation accuracy"),
            )
        ],
        epochs(),
    ),
    "two figures": cell(
        2,
        [
            figure(axes(*lines({"": TRAIN}), ylabel="train acc"), number=1),
            figure(axes(*lines({"": VAL}), ylabel="val acc"), number=2),
        ],
        epochs(),
    ),
    "names by legend only": cell(
        2, [figure(axes(*lines({"a": TRAIN, "b": VAL}, labels=False), legend=("a", "b")))], epochs()
    ),
    "loss in the same figure": cell(
        2, [figure(axes(*lines({"loss": LOSSES, "train acc": TRAIN, "val acc": VAL})))], epochs()
    ),
    "logistic regression as a line and as a curve": cell(
        2,
        [
            figure(
                axes(
                    Line("LR", (0.0, 1.0), (0.86, 0.86)),
                    *lines({"train": TRAIN, "val": VAL, "Logistic regression val": LOGISTIC_CURVE}),
                )
            )
        ],
        epochs(),
    ),
    "with the untrained net": cell(
        2, [figure(axes(*lines({"train": (0.1, *TRAIN), "val": (0.1, *VAL)})))], "start 0.1 0.1\n" + epochs()
    ),
    "shown twice": cell(2, [MLP_FIGURE, MLP_FIGURE], epochs()),
    "test curve too": cell(
        2, [figure(axes(*lines({"train": TRAIN, "val": VAL, "test": towards(0.9, 0.0002)})))], epochs()
    ),
    "in Hebrew": cell(2, [figure(axes(*lines({"אימון": TRAIN, "אימות": VAL})))], epochs()),
}

MLP_WRONG = {
    "three epochs": (
        cell(2, [figure(axes(*lines({"train": TRAIN[:3], "val": VAL[:3]})))], epochs(count=3)),
        {"printed", "curves", "band"},
    ),
    "one curve": (cell(2, [figure(axes(*lines({"val": VAL})))], epochs()), {"curves"}),
    "same curve twice": (cell(2, [figure(axes(*lines({"train": VAL, "val": VAL})))], epochs()), {"curves"}),
    "no labels": (cell(2, [figure(axes(*lines({"a": TRAIN, "b": VAL}, labels=False)))], epochs()), {"curves"}),
    "no training curve": (
        cell(2, [figure(axes(*lines({"val": VAL, "test": towards(0.9)})))], epochs()),
        {"printed", "curves"},
    ),
    "no figure": (cell(2, [], epochs()), {"curves"}),
    "loss not printed": (
        cell(2, [MLP_FIGURE], epochs("{n} train {train:.4f} val {val:.4f}\n")),
        {"printed"},
    ),
    "training accuracy not printed": (
        cell(2, [MLP_FIGURE], epochs("{n} loss {loss:.4f} val {val:.4f}\n")),
        {"printed"},
    ),
    "printed every five epochs": (
        cell(2, [MLP_FIGURE], "\n".join(epochs().splitlines()[::5])),
        {"printed"},
    ),
    "SGD": (
        cell(
            2,
            [figure(axes(*lines({"train": towards(0.68), "val": towards(0.65)})))],
            "".join(f"{x} {a} {b}\n" for x, a, b in zip(LOSSES, towards(0.68), towards(0.65), strict=True)),
        ),
        {"band", "above"},
    ),
    "nothing but NaN": (
        cell(
            2,
            [figure(axes(*lines({"train": (float("nan"),) * 20, "val": (float("inf"),) * 20})))],
            "nan nan nan\n" * 20,
        ),
        {"printed", "curves", "band", "above"},
    ),
}


@pytest.mark.parametrize("name", MLP_RIGHT)
def test_right_ways_to_show_the_mlp(training: ModuleType, name: str) -> None:
    assert of_mlp(training, MLP_RIGHT[name]) == {}


@pytest.mark.parametrize("name", MLP_WRONG)
def test_wrong_ways_to_show_the_mlp(training: ModuleType, name: str) -> None:
    work, expected = MLP_WRONG[name]
    found = of_mlp(training, work)

    # three epochs end where they end: whether above logistic regression is for the numbers to say
    assert found.keys() - ({"above"} if name == "three epochs" else set()) == expected
    assert all(text.endswith((".", "?")) for text in found.values())


def test_the_mlp_may_be_trained_in_another_cell(training: ModuleType) -> None:
    assert of_mlp(training, STUB, NOTEBOOK) == {}


def test_no_answer_and_an_error_are_told(training: ModuleType) -> None:
    broken = Work("q", MLP.cells, (CellRun(2, "error", error="NameError: name 'x' is not defined"),))

    for work, words in [(STUB, "not answered"), (broken, "NameError"), (Work("q", MLP.cells, ()), "not reached")]:
        found = of_mlp(training, work)
        assert len(found) == 4
        assert all(words in text for text in found.values())


def test_without_the_starters_line_the_band_counts(training: ModuleType) -> None:
    low = cell(2, [figure(axes(*lines({"train": towards(0.87), "val": towards(0.85)})))])

    with pytest.raises(CheckFailed, match=r"0\.866"):
        training.above_logistic_regression(low, low, BANDS)
    training.above_logistic_regression(MLP, MLP, BANDS)


# --- initialisation and optimisers ---


def numbered(curves: dict[str, Curve]) -> str:
    return "\n".join(f"{name:<20} {100 * y[-1]:.2f}" for name, y in curves.items())


def layouts(curves: dict[str, Curve]) -> dict[str, Work]:
    """Right ways to show a comparison."""
    told = told_of(curves)
    apart = [axes(*lines({"": y}), title=name) for name, y in curves.items()]
    with_train = {
        f"{name} {kind}": tuple(v + d for v in y)
        for name, y in curves.items()
        for kind, d in (("train", 0.01), ("val", 0))
    }
    return {
        "one plot": cell(3, [figure(axes(*lines(curves)))], told),
        "percent": cell(3, [figure(axes(*lines(curves, scale=100)))], numbered(curves)),
        "a subplot each": cell(3, [figure(*apart, title="All")], told),
        "legend of the figure": cell(3, [figure(axes(*lines(curves, labels=False)), legend=tuple(curves))], told),
        "with training curves": cell(3, [figure(axes(*lines(with_train)))], told),
        "training in a plot beside it": cell(
            3,
            [
                figure(
                    axes(*lines({k: tuple(v + 0.01 for v in y) for k, y in curves.items()}), title="Training accuracy"),
                    axes(*lines(curves), title="Validation accuracy"),
                )
            ],
            told,
        ),
        "losses in a plot beside it": cell(
            3,
            [
                figure(
                    axes(*lines(dict.fromkeys(curves, LOSSES)), ylabel="Loss"), axes(*lines(curves), ylabel="Accuracy")
                )
            ],
            told,
        ),
        "a figure for each before": cell(
            3, [*(figure(part, number=n) for n, part in enumerate(apart)), figure(axes(*lines(curves)), number=9)], told
        ),
        "titled Training": cell(3, [figure(axes(*lines(curves), title="Training dynamics", ylabel="accuracy"))], told),
        "test accuracies in the legend": cell(
            3, [figure(axes(*lines({f"{name} (test {y[-1]:.3f})": y for name, y in curves.items()})))]
        ),
        "21 points": cell(3, [figure(axes(*lines({name: (0.1, *y) for name, y in curves.items()})))], told),
    }


@pytest.mark.parametrize("name", layouts(SCHEMES))
def test_right_ways_to_show_initialisations(comparisons: ModuleType, name: str) -> None:
    assert of_comparison(comparisons, "initialization", layouts(SCHEMES)[name]) == {}


@pytest.mark.parametrize("name", layouts(METHODS))
def test_right_ways_to_show_optimisers(comparisons: ModuleType, name: str) -> None:
    assert of_comparison(comparisons, "optimizers", layouts(METHODS)[name]) == {}


def test_two_schemes_may_both_stay_at_the_same_chance(comparisons: ModuleType) -> None:
    curves = SCHEMES | {"Uniform [0, 1]": CHANCE}

    assert of_comparison(comparisons, "initialization", layouts(curves)["one plot"]) == {}


def drawn(curves: dict[str, Curve]) -> Work:
    return layouts(curves)["one plot"]


def without(curves: dict[str, Curve], *names: str) -> dict[str, Curve]:
    return {name: y for name, y in curves.items() if name not in names}


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (drawn({name: y[:3] for name, y in SCHEMES.items()}), {"together", "labelled", "learn", "chance", "differ"}),
        (drawn(without(SCHEMES, "Xavier")), {"together", "labelled", "tests"}),
        (drawn(SCHEMES | {"Zero": towards(0.93)}), {"chance"}),
        (drawn(SCHEMES | {"Uniform [0, 1]": VAL, "Normal N(0, 1)": towards(0.963, 0.0001)}), {"differ"}),
        (drawn(dict.fromkeys(SCHEMES, VAL)), {"together", "labelled", "learn", "chance", "differ"}),
        (cell(3, [figure(axes(*lines(SCHEMES, labels=False)))], told_of(SCHEMES)), {"labelled"}),
        (cell(3, [figure(axes(*lines(SCHEMES)))]), {"tests"}),
        (cell(3, [figure(axes(*lines(SCHEMES)))], "0.9 0.1 0.6 0.8 0.96", "run(val_loader)"), {"tests"}),
        (cell(3, [figure(axes(*lines({n: y}), title=n), number=i) for i, (n, y) in enumerate(SCHEMES.items())], told_of(SCHEMES)), {"together"}),
        (cell(3, [figure(axes(*lines(SCHEMES), title="Training accuracy"))], told_of(SCHEMES)), {"together", "labelled", "learn", "chance", "differ"}),
        (cell(3, []), {"together", "labelled", "tests", "learn", "chance", "differ"}),
        (STUB, {"together", "labelled", "tests", "learn", "chance", "differ"}),
    ],
)  # fmt: skip
def test_wrong_initialisations(comparisons: ModuleType, work: Work, expected: set[str]) -> None:
    found = of_comparison(comparisons, "initialization", work)

    assert found.keys() == expected
    assert all(text.endswith((".", "?")) for text in found.values())


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (drawn(without(METHODS, "Adagrad")), {"together", "labelled", "tests"}),
        (
            drawn(METHODS | {"Adam": CHANCE, "RMSProp": (float("nan"),) * 20}),
            {"together", "labelled", "tests", "learn"},
        ),
        (drawn(dict.fromkeys(METHODS, VAL)), {"together", "labelled", "learn"}),
        (STUB, {"together", "labelled", "tests", "learn"}),
    ],
)
def test_wrong_optimisers(comparisons: ModuleType, work: Work, expected: set[str]) -> None:
    assert of_comparison(comparisons, "optimizers", work).keys() == expected


def test_the_test_data_may_be_used_by_a_function_elsewhere(comparisons: ModuleType) -> None:
    own = cell(3, [figure(axes(*lines(METHODS)))], "0.96 0.65 0.97 0.91", "run_all()")
    others = cell(
        2, [], "", "test_acc = 0\ndef run_all():\n    return helper()\ndef helper():\n    return evaluate(test_loader)"
    )

    comparisons.tests_printed(own, joined(others, own), "optimizers")
    with pytest.raises(CheckFailed, match="test data"):
        comparisons.tests_printed(
            own, joined(cell(2, [], "", "test_acc = 0\ndef run_all():\n    pass"), own), "optimizers"
        )


def test_each_comparison_may_stand_in_another_cell_but_not_in_place_of_another(comparisons: ModuleType) -> None:
    for compared in ("initialization", "optimizers"):
        assert of_comparison(comparisons, compared, STUB, NOTEBOOK) == {}
    only_schemes = joined(LOGISTIC, MLP, SCHEMES_WORK)
    titled = cell(3, [figure(axes(*lines(SCHEMES), title="Initialization schemes (Adam)"))], told_of(SCHEMES))
    for elsewhere in (only_schemes, joined(MLP, titled)):
        assert len(of_comparison(comparisons, "optimizers", STUB, elsewhere)) == 4
        assert len(of_reflection(comparisons, STUB, elsewhere)) == 2


# --- reflection ---


@pytest.mark.parametrize(
    "work",
    [
        PAIRS_WORK,
        cell(5, [figure(axes(*lines({n: y}), title=n), number=i) for i, (n, y) in enumerate(PAIRS.items())]),
        cell(5, [figure(axes(*lines({"best init, worst optimizer": VAL, "worst init, best optimizer": CHANCE})))]),
        cell(5, [], "Xavier + SGD: 0.6540\nZero + RMSProp: 0.1000", "loss.backward()"),
        cell(
            5,
            [],
            "".join(f"epoch {n}: {y:.4f}\n" for curve in PAIRS.values() for n, y in enumerate(curve)),
            "loss.backward()",
        ),
    ],
)
def test_right_reflections(comparisons: ModuleType, work: Work) -> None:
    assert of_reflection(comparisons, work) == {}


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (STUB, {"both", "differ"}),
        (cell(5, [], "done"), {"both", "differ"}),
        (cell(5, [], "Best init: Xavier 0.976\nWorst init: Zero 0.098", "print(init_scores)"), {"both"}),
        (cell(5, [figure(axes(*lines({"Xavier + SGD": VAL})))]), {"both", "differ"}),
        (drawn({"Xavier + SGD": VAL, "Zero + Adam": towards(0.963, 0.0001)}), {"differ"}),
    ],
)
def test_wrong_reflections(comparisons: ModuleType, work: Work, expected: set[str]) -> None:
    assert of_reflection(comparisons, work).keys() == expected


def test_the_reflection_may_stand_in_another_cell(comparisons: ModuleType) -> None:
    assert of_reflection(comparisons, STUB, NOTEBOOK) == {}
    assert len(of_reflection(comparisons, STUB, joined(LOGISTIC, MLP, SCHEMES_WORK, METHODS_WORK))) == 2


# --- bands ---


def test_the_figures_of_merit_of_a_run(training: ModuleType) -> None:
    found = training.metrics(
        {
            "q1.logistic_regression": LOGISTIC,
            "q1.mlp.training": MLP,
            "q1.initialization": SCHEMES_WORK,
            "q1.optimizers": METHODS_WORK,
        }
    )

    assert found["logistic_regression.val_acc"] == 0.8658
    assert found["logistic_regression.val_acc.1"] == 0.7975
    assert found["mlp.val_acc"] == pytest.approx(sum(VAL[-3:]) / 3)
    assert found["mlp.val_acc.20"] == VAL[-1]
    assert found["initialization.Zero.final"] == 0.09
    assert found["optimizers.Adagrad.final"] == METHODS["Adagrad"][-1]
    assert len(found) == 1 + 1 + 1 + 20 + 5 + 4


@pytest.mark.parametrize(
    "labels", [("train, lr 0.001", "val, lr 0.001"), ("Train (MLP vs Logistic Regression)", "Val (MLP)")]
)
def test_the_mlps_curves_may_speak_of_the_learning_rate_or_the_comparison(
    training: ModuleType, labels: tuple[str, str]
) -> None:
    own = cell(2, [figure(axes(*lines(dict(zip(labels, (TRAIN, VAL), strict=True)))))])
    training.curves_drawn(own, own)
