"""What is recognised in a copy: changes of form leave the traces as they were, other work has others."""

import time

import pytest

from grader.batch.traces import code, figures, numbers, text
from grader.records.notebook import Cell, Notebook, Output

SOURCE = """
def fit(data, steps=20):
    total = torch.zeros(10)
    for step in range(steps):
        for x, y in data:
            if step % 2:
                total += (x @ y).mean(dim=0)
            else:
                total = total - np.exp(-x[0], where=y > 0.5)
        print(f"step {step}: {total.norm():.4f}", "done")
    return total, [value for value in total if value is not None]
"""
DISGUISES = {
    "as it is": SOURCE,
    "other names": SOURCE.replace("total", "s").replace("step", "turn").replace("data", "loader").replace("fit", "run"),
    "comments": SOURCE.replace("\n    for", "\n\n    # over all\n    for").replace(":\n", ":  # now\n"),
    "other layout": SOURCE.replace("(x @ y)", "((x\n   @ y))").replace('"', "'").replace("    ", "\t"),
    "a docstring": SOURCE.replace("20):\n", '20):\n    """Fits."""\n'),
    "annotations": SOURCE.replace("data,", "data: Loader,").replace("):\n    t", ") -> list:\n    t"),
    "annotated variables": SOURCE.replace("total = torch", "total: torch.Tensor = torch"),
    "other constants": SOURCE.replace("20", "300").replace("0.5", "1e-3").replace('"done"', '"ready now"'),
    "a magic line": "%matplotlib inline\n" + SOURCE,
    "text before it": '"A note."\n' + SOURCE,
}


def cells(*sources: str, kind: str = "code") -> Notebook:
    return Notebook("", tuple(Cell(i, kind, source) for i, source in enumerate(sources)))  # type: ignore[arg-type]


def printing(*outputs: Output) -> Notebook:
    return Notebook("", (Cell(0, "code", "", outputs=outputs),))


def stream(printed: str) -> Notebook:
    return printing(Output("stream", text=printed))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_code_leaves_its_traces_in_every_disguise(disguise: str) -> None:
    original, found = code(cells(SOURCE)).keys(), code(cells(DISGUISES[disguise])).keys()
    assert len(original) > 30
    assert original <= found
    assert len(found - original) < 10


def test_most_traces_stay_where_a_cell_no_longer_parses() -> None:
    original, found = code(cells(SOURCE)).keys(), code(cells(SOURCE + "\nprint 'done'\n")).keys()
    assert len(original & found) > 0.8 * len(original)


def test_order_of_cells_and_lines_elsewhere_do_not_matter() -> None:
    other = "import torch\nfor i in range(3):\n    print(torch.ones(i).sum(), i, 2 * i, -i)\n"
    assert code(cells(other, SOURCE)).keys() == code(cells(SOURCE, other)).keys()
    assert code(cells(other + SOURCE)).keys() >= code(cells(SOURCE)).keys() - code(cells(other)).keys()


def test_other_code_for_the_same_has_other_traces() -> None:
    other = """
def fit(data, steps=20):
    total = torch.zeros(10)
    step = 0
    while step < steps:
        changes = [(x @ y).mean(dim=0) if step % 2 else -np.exp(-x[0], where=y > 0.5) for x, y in data]
        total = sum(changes, start=total)
        print("step", step, total.norm(), "done")
        step += 1
    return total, list(filter(None, total))
"""
    same = code(cells(other)).keys() & code(cells(SOURCE)).keys()
    assert len(same) < 0.3 * len(code(cells(SOURCE)))


def test_a_trace_is_in_the_cell_that_has_it() -> None:
    assert set(code(cells("x = 1", SOURCE)).values()) == {1}
    assert set(text(cells("Short.", "A longer answer of more than six words.", kind="markdown")).values()) == {1}


def test_words_are_the_same_in_other_markup() -> None:
    answer = "Zero weights give *zero* gradients, so no weight ever changes."
    found = text(cells(answer, kind="markdown"))
    assert "zero weights give zero gradients so" in found
    assert found == text(cells(f"<b style='color: red'>{answer.upper()}</b>", kind="markdown"))
    assert text(cells(answer)) == {}


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("loss 0.6931, loss 0.4127\nloss 0.2815", ["0.6931, 0.4127, 0.2815"]),
        ("tensor([0.6931, 0.4127, -1.281e-05])", ["0.6931, 0.4127, 1.281e-05"]),
        ("0.6931 0.4127 12.345s 0.2815 98.761it/s", ["0.6931, 0.4127, 0.2815"]),
        ("0.6931 0.4127", []),
        ("0.1135 0.1135 0.1135 0.1135", []),
        ("0.5 0.25 0.75 0.125 1.10 0.098", []),
        ("10000 20000 30000", []),
        ("1.2.3456 2.10.4567 3.1.4567 4.5678.9", []),
    ],
)
def test_only_rows_of_long_numbers_that_change_are_results(printed: str, found: list[str]) -> None:
    assert list(numbers(stream(printed))) == found


def test_numbers_of_an_error_are_none() -> None:
    assert numbers(printing(Output("error", text="ValueError: 0.6931 0.4127 0.2815"))) == {}


def test_a_figure_is_the_same_however_its_text_is_broken_into_lines() -> None:
    one, other = (
        printing(Output("display", data={"image/png": png, "text/plain": "x"})) for png in ("aGVsbG8=", "aGVs\nbG8=\n")
    )
    assert len(figures(one)) == 1
    assert figures(one) == figures(other)
    assert figures(one) != figures(printing(Output("display", data={"image/png": "aGVsbG9v"})))


@pytest.mark.parametrize(
    "source", ["", "def f(:", "(" * 20_000, "%x\n" * 20_000, "a" + ".b" * 9_000, "'" * 20_000, "\0"]
)
def test_code_of_any_kind_is_read(source: str) -> None:
    code(cells(source))


def test_a_huge_notebook_takes_no_longer_than_a_long_one() -> None:
    started = time.monotonic()
    code(cells(*["x = (1 + y) * f(z)\n" * 50_000] * 20))
    text(cells("<" * 10_000_000, "word " * 4_000_000, kind="markdown"))
    numbers(stream("0.12345 " * 2_000_000 + "1" * 2_000_000))
    assert time.monotonic() - started < 10


def test_a_huge_cell_hides_no_other() -> None:
    assert code(cells("x = (1 + y) * f(z)\n" * 50_000, SOURCE)).keys() >= code(cells(SOURCE)).keys()
