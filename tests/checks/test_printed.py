"""Numbers in what was printed, in whatever form."""

import time

import pytest

from grader.checks.printed import accuracy_like, failure, following, has_code, numbers, places, rows, text_of
from grader.records.execution import CellRun
from grader.records.notebook import Cell, Output
from grader.records.submission import Work


def values(text: str) -> list[float]:
    return [number.value for number in numbers(text)]


def work(*outputs: Output, source: str = "run()", run: CellRun | None = None) -> Work:
    return Work("q", (Cell(3, "code", source),), (run or CellRun(3, "ok", outputs=outputs),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Epoch  1/20 | loss 1.1955 | val_acc=0.7817", [1, 20, 1.1955, 0.7817]),
        ("acc: 97.5%, 98 %, .5", [97.5, 98, 0.5]),
        ("[0.1,0.2]; tensor(0.9543, device='cuda:0')", [0.1, 0.2, 0.9543, 0]),
        ("9.5e-01 1E3 -0.25", [0.95, 1000, -0.25]),
        ("array([0.98, 1.  ])", [0.98, 1]),
        ("Loss0.35 done in 3.2s at 61.2it/s, torch 2.5.1, h3 640x480", [0.35]),
        ("0.95.", [0.95]),
        ("nan inf 1e999", []),
        ("\x1b[31m0.95\x1b[0m", [0.95]),
        (r"95.2\%", [95.2]),
    ],
)
def test_numbers(text: str, expected: list[float]) -> None:
    assert values(text) == pytest.approx(expected)


def test_how_precisely_a_number_was_printed() -> None:
    assert [number.decimals for number in numbers("12 0.5 97.25% 9.543e-01 1. 1e300")] == [0, 1, 2, 4, 1, 0]


def test_text_of_everything_that_was_shown() -> None:
    table = {
        "text/plain": "<Styler at 0x7f12>",
        "text/html": "<style>td {width: 0.5em}</style><td>0.91</td><td>92.5%</td>",
    }
    shown = work(
        Output("stream", text="\rEpoch 1: loss 0.5\rEpoch 2: loss 0.25", stream="stderr"),
        Output(
            "display", text="   loss\n0  0.125", data={"text/plain": "   loss\n0  0.125", "text/html": "<td>0.125</td>"}
        ),
        Output("display", text=table["text/plain"], data=table),
        Output(
            "display", text="<Markdown object>", data={"text/plain": "<Markdown object>", "text/markdown": "|0.75|"}
        ),
        Output("error", text="ValueError: 0.99"),
    )

    assert values(text_of(shown)) == [1, 0.5, 2, 0.25, 0, 0.125, 0.91, 92.5, 0.75]
    assert len(rows(text_of(shown))) == 6


def test_which_numbers_can_be_accuracies() -> None:
    text = "Epoch 20 loss 2.3026 132.7 acc 0.1 0.965 96.7 97% 5% 101% 1.0 -0.5"

    assert accuracy_like(numbers(text)) == pytest.approx([0.1, 0.965, 0.967, 0.97, 0.05, 1.0])


@pytest.mark.parametrize(
    "text", ["0.7817 0.9650", "78.17% 96.5%", "78.2 96.50", "78% 97%", "78 97", "0.78166 .965", "0.781 0.965"]
)
def test_values_are_found_as_they_were_printed(text: str) -> None:
    assert len(places([0.78166667, 0.965], numbers(text))) == 2


def test_each_printed_number_stands_for_one_value() -> None:
    printed = numbers("0.95 0.95")

    assert len(places([0.95, 0.95, 0.95], printed)) == 2
    assert len(places([0.95], printed, frozenset({0, 1}))) == 0
    assert places([0.95], []) == frozenset()


@pytest.mark.parametrize("text", ["0.7717 0.955", "1 0", "Epoch 1", "0.8", "-0.965 1e300", "77 98"])
def test_other_numbers_are_not_taken_for_the_values(text: str) -> None:
    assert len(places([0.78166667 if text != "0.8" else 0.65, 0.965], numbers(text))) == 0


def test_hostile_values_are_found_nowhere() -> None:
    assert places([float("nan"), float("inf"), -1e300], numbers("0.5 1e300")) == frozenset()


def test_what_follows_a_word() -> None:
    text = "loss 0.1 | Val Acc: 95.25% \nval_loss 0.3 val_acc 0.96\nval. acc.: 0.97"

    assert following(text, "val") == pytest.approx([0.9525, 0.96, 0.97])


def test_a_failure_says_what_became_of_the_cells() -> None:
    def said(run: CellRun) -> str:
        return str(failure(work(run=run), "There is no figure."))

    assert said(CellRun(3, "ok")) == "There is no figure."
    assert "NameError: name 'x' is not defined" in said(CellRun(3, "error", error="NameError: name 'x' is not defined"))
    assert "out of time (The cell was stopped after 5 s)" in said(
        CellRun(3, "timeout", error="The cell was stopped after 5 s.")
    )
    assert "not reached" in said(CellRun(7, "ok"))


@pytest.mark.parametrize("source", ["", "# TODO: Implement", "\n  # Implement\n"])
def test_a_stub_is_no_answer(source: str) -> None:
    assert not has_code(work(source=source))
    assert "not answered" in str(failure(work(source=source), "There is no figure."))
    assert "no figure" in str(failure(work(source=source), "There is no figure.", answered=True))


@pytest.mark.parametrize("piece", ["0.9 ", "9", "<style", "<td>0.9</td>", "val ", "1.", ".", "e5", "\r", "0.9\n" * 10])
def test_floods_take_no_time(piece: str) -> None:
    started = time.monotonic()
    text = text_of(work(Output("display", text=piece * (4_000_000 // len(piece)))))
    places([0.9] * 60, numbers(text))
    following(text, "val")

    assert time.monotonic() - started < 10
