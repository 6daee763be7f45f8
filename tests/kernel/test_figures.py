"""Every figure that is shown or saved is described: what it draws, whatever draws it."""

import math

import pytest

from grader.execution.outputs import to_figure
from grader.execution.session import Session
from grader.records.figure import Figure

IMPORTS = "import numpy as np, pandas as pd, matplotlib.pyplot as plt"


def figures(session: Session, source: str) -> list[Figure]:
    for index, cell in enumerate((IMPORTS, source)):
        run = session.run_cell(index, cell, 60)
        assert run.status == "ok", run.error
    return [output.figure for output in run.outputs if output.figure]


@pytest.mark.parametrize(
    "drawing",
    [
        "plt.plot([1, 2, 3], [4, 5, 6], label='loss'); plt.legend(); plt.title('T'); plt.xlabel('epoch'); plt.show()",
        "fig, ax = plt.subplots(); ax.plot([1, 2, 3], [4, 5, 6], label='loss'); ax.legend()\n"
        "ax.set(title='T', xlabel='epoch')",
        "pd.DataFrame({'loss': [4, 5, 6]}, index=[1, 2, 3]).plot(title='T', xlabel='epoch')\nplt.show()",
        "plt.scatter([1, 2, 3], [4, 5, 6], label='loss'); plt.legend(); plt.title('T'); plt.xlabel('epoch')",
        "plt.plot([1, 2, 3], [4, 5, 6], color='r'); plt.legend(['loss']); plt.title('T'); plt.xlabel('epoch')",
        "from matplotlib.figure import Figure\nfig = Figure(); ax = fig.subplots()\n"
        "ax.plot([1, 2, 3], [4, 5, 6], label='loss'); ax.legend(); ax.set(title='T', xlabel='epoch')\nfig",
    ],
)
def test_one_curve_drawn_in_many_ways_is_described_alike(session: Session, drawing: str) -> None:
    (figure,) = figures(session, drawing)
    (axes,) = figure.axes
    (line,) = axes.lines
    assert (axes.title, axes.xlabel, axes.legend) == ("T", "epoch", ("loss",))
    assert (line.label, line.x, line.y) == ("loss", (1, 2, 3), (4, 5, 6))


def test_seaborn_curves_have_the_labels_of_the_legend(session: Session) -> None:
    source = """
import seaborn as sns
frame = pd.DataFrame({"epoch": [1, 2] * 2, "acc": [0.1, 0.2, 0.3, 0.4], "name": ["a", "a", "b", "b"]})
sns.lineplot(data=frame, x="epoch", y="acc", hue="name")
plt.show()
"""
    (figure,) = figures(session, source)
    curves = {line.label: line.y for line in figure.axes[0].lines if len(line.y) == 2}
    assert curves == {"a": (0.1, 0.2), "b": (0.3, 0.4)}


def test_subplots_suptitle_and_a_legend_of_the_figure(session: Session) -> None:
    source = """
fig, axes = plt.subplots(1, 2)
for ax, name in zip(axes, "ab"):
    ax.plot([1, 2], label=name)
    ax.set_title(name)
fig.suptitle("Both")
fig.legend()
plt.show()
"""
    (figure,) = figures(session, source)
    assert (figure.title, figure.legend, [axes.title for axes in figure.axes]) == ("Both", ("a", "b"), ["a", "b"])


def test_a_figure_that_is_saved_is_described_whether_or_not_it_is_shown(session: Session) -> None:
    shown = figures(session, "plt.plot([1, 2]); plt.savefig('a.png'); plt.show()")
    hidden = figures(session, "plt.plot([3, 4]); plt.savefig('b.png'); plt.close()")

    assert [figure.axes[0].lines[0].y for figure in shown] == [(1, 2), (1, 2)]
    assert shown[0].number == shown[1].number
    assert [figure.axes[0].lines[0].y for figure in hidden] == [(3, 4)]
    assert hidden[0].number != shown[0].number


def test_the_picture_itself_stays_and_the_student_sees_no_difference(session: Session) -> None:
    run = session.run_cell(0, f"{IMPORTS}\nplt.plot([1, 2])", 60)
    assert [set(output.data or {}) for output in run.outputs] == [{"text/plain"}, {"text/plain", "image/png"}]


def test_what_is_no_number_is_kept_apart_and_long_curves_are_thinned(session: Session) -> None:
    (figure,) = figures(session, "plt.plot([1.0, np.nan, np.inf]); plt.plot(range(10**5))\nplt.show()")
    first, second = figure.axes[0].lines
    assert (first.y[0], math.isnan(first.y[1]), first.y[2]) == (1, True, math.inf)
    assert (len(second.y), second.y[0], second.y[-1]) == (2000, 0, 99999)


HUGE = {
    "points": '[{"title": "", "xlabel": "", "ylabel": "", "legend": [], "lines": [{"label": "", "x": [], "y": [0, 0]}]}]',
    "axes": f"[{', '.join(['{}'] * 50)}]",
}


@pytest.mark.parametrize("axes", HUGE.values(), ids=HUGE)
def test_a_description_beyond_the_recorders_bounds_says_nothing(axes: str) -> None:
    empty = '{"title": "", "xlabel": "", "ylabel": "", "legend": [], "lines": []}'
    told = f'{{"number": 0, "title": "", "legend": [], "axes": {axes.replace("{}", empty)}}}'
    assert to_figure(told) is None
    assert to_figure(f'{{"number": 0, "title": "", "legend": [], "axes": [{empty}]}}') is not None


@pytest.mark.parametrize(("told", "title"), [(r"a\u0000b", "a\ufffdb"), (r"a\\u0000b", r"a\ufffdb"), (r"\u00e9", "é")])
def test_the_texts_of_a_figure_can_be_stored(told: str, title: str) -> None:
    figure = to_figure(f'{{"number": 0, "title": "{told}", "legend": [], "axes": []}}')
    assert figure is not None
    assert figure.title == title


@pytest.mark.parametrize("told", ['"[]"', '"{"', '""', "7", '\'{"number": "x"}\'', '"x" * (3 << 20)'])
def test_a_kernel_that_lies_about_its_figures_says_nothing(session: Session, told: str) -> None:
    mime = "application/vnd.deep-learning-grader.figure+json"
    source = f"from IPython.display import publish_display_data\npublish_display_data({{'{mime}': {told}}})"
    assert figures(session, source) == []


def test_a_figure_that_cannot_be_described_is_shown_all_the_same(session: Session) -> None:
    source = """
fig, ax = plt.subplots()
ax.get_legend = None
plt.show()
"""
    run = session.run_cell(0, f"{IMPORTS}\n{source}", 60)
    assert run.status == "ok"
    assert ["image/png" in (output.data or {}) for output in run.outputs] == [True]
