"""The curves in the figures that a run drew: what they show, and whether a reader can tell them apart."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

from grader.checks.printed import failure
from grader.records.execution import CellRun
from grader.records.figure import Axes, Figure, Line
from grader.records.submission import Work

Role = Literal["train", "val", "test", ""]

SPLITS: dict[Role, str] = {
    "train": r"(?<![a-z])train(?:ing)?(?=acc|[^a-z]|$)|אימון",
    "val": r"(?<![a-z])(?:e?val(?:id(?:ation)?)?|dev)(?=acc|[^a-z]|$)|אימות|ולידציה",
    "test": r"(?<![a-z])test(?:ing)?(?=acc|[^a-z]|$)|מבחן|בדיקה",
}
"""How a text says which part of the data an accuracy is measured on."""

ABOUT_TRAINING_SET = re.compile(
    r"(^|=)\W*train(ing)?\W*$|train(ing)?([ _-]set)?[ _-]*acc|acc\w* (on|of|for) (the )?train"
)
"""A title with the word `training` may be about any curve: only these are about accuracy on the training set."""

LOSS, ACCURACY = re.compile(r"loss|mse|הפסד"), re.compile(r"acc|דיוק")


@dataclass(frozen=True)
class Curve:
    """A line, with the words that stand around it: its own label, and what its axes and its figure say."""

    label: str
    title: str
    heading: str
    xlabel: str
    ylabel: str
    y: tuple[float, ...]
    named: bool
    """Whether a reader can tell which curve it is: by label (a forgotten `legend()` is forgiven), legend, annotation, or
    a titled plot of its own."""


def shown(runs: Iterable[CellRun]) -> list[Figure]:
    """The figures; one that was shown again counts as it was in the end, unless something else was drawn in it."""
    figures: dict[int, Figure] = {}
    redrawn: list[Figure] = []
    for run in runs:
        for output in run.outputs:
            if output.figure is not None:
                earlier = figures.pop(output.figure.number, None)
                if earlier is not None and not grown(earlier, output.figure):
                    redrawn.append(earlier)
                figures[output.figure.number] = output.figure
    return [*redrawn, *figures.values()]


def grown(earlier: Figure, later: Figure) -> bool:
    """Whether `later` still shows all curves of `earlier`, which may have become longer."""
    after = [line.y for axes in later.axes for line in axes.lines]
    before = [line.y for axes in earlier.axes for line in axes.lines]
    return all(any(y[: len(part)] == part for y in after) for part in before)


def figures(work: Work) -> list[Figure]:
    """What the cells drew."""
    return shown(work.runs)


def words(figure: Figure) -> str:
    """All text in a figure."""
    parts = [figure.title, *figure.legend]
    for axes in figure.axes:
        parts += [axes.title, axes.xlabel, axes.ylabel, *axes.legend, *axes.texts]
        parts += [line.label for line in axes.lines]
    return "\n".join(part for part in parts if part)


def curves(figure: Figure, points: Callable[[int], bool]) -> list[Curve]:
    """The lines with as many points as asked for."""
    found = []
    drawn = [(axes, [line for line in axes.lines if points(len(line.y))]) for axes in figure.axes]
    only = sum(bool(lines) for _, lines in drawn) == 1
    for axes, lines in drawn:
        title = axes.title or (figure.title if only else "")
        together = tells_apart(axes, figure, len(lines), title)
        found += [curve(line, axes, figure, bool(line.label) or together) for line in lines]
    return found


def curve(line: Line, axes: Axes, figure: Figure, named: bool) -> Curve:
    return Curve(line.label, axes.title, figure.title, axes.xlabel, axes.ylabel, line.y, named)


def tells_apart(axes: Axes, figure: Figure, count: int, title: str) -> bool:
    alone = count == 1 and bool(title or splits(axes.ylabel))
    return alone or max(len(axes.legend), len(figure.legend), len(axes.texts)) >= count


def distinct(curves: Iterable[Curve]) -> list[Curve]:
    """Without those that were drawn before. Curves that never move may coincide, if they go by different names."""
    first: dict[tuple[str, ...], Curve] = {}
    for curve in curves:
        values = tuple(f"{value:.6f}" for value in curve.y)
        names = (curve.label, curve.title) if len(set(values)) == 1 else ()
        before = first.get((*values, *names))
        # markers are often drawn over a line, and only one of them has the label
        if before is None or (curve.named, curve.label) > (before.named, before.label):
            first[(*values, *names)] = curve
    return list(first.values())


def runs(figures: Iterable[Figure], epochs: int) -> list[Curve]:
    """The distinct accuracy curves with a point for each epoch, and maybe one for the start; scaled to 0..1."""
    found = []
    for figure in figures:
        for curve in curves(figure, lambda points: points in (epochs, epochs + 1)):
            scaled = accuracies(curve)
            if scaled is not None:
                found.append(replace(curve, y=scaled))
    return distinct(found)


def accuracies(curve: Curve) -> tuple[float, ...] | None:
    """A curve's values in 0..1; None where they are no accuracies of a choice among ten."""
    y = curve.y
    if not y or not all(map(isfinite, y)) or min(y) < 0 or max(y) > 100 or 1 + 1e-6 < max(y) < 5:
        return None
    said = subject(curve)
    # unless the words say otherwise, what falls is a loss: even guessing is never right in less than 1 of 20 cases
    falls = y[-1] < 0.5 * y[0] and sum(y[len(y) // 2 :]) < sum(y[: len(y) // 2])
    scale = 1 if max(y) <= 1 + 1e-6 else 100
    if said == "loss" or (not said and (falls or max(y) / scale < 0.05)):
        return None
    return tuple(value / scale for value in y)


def subject(curve: Curve) -> str:
    """`loss` or `accuracy`, by the first of the words around it that names one and not the other."""
    for text in (curve.label, curve.ylabel, curve.title):
        loss, accuracy = LOSS.search(text.lower()), ACCURACY.search(text.lower())
        if bool(loss) != bool(accuracy):
            return "loss" if loss else "accuracy"
    return ""


def splits(text: str) -> set[Role]:
    return {role for role, pattern in SPLITS.items() if re.search(pattern, text.lower())}


def role(curve: Curve) -> Role:
    """Which part of the data the curve is about, as far as words tell."""
    own = splits(curve.label)
    if len(own) == 1:
        return own.pop()
    for text in (curve.ylabel, curve.title, curve.heading):
        said = splits(text)
        if len(said) == 1 and (said != {"train"} or ABOUT_TRAINING_SET.search(text.lower())):
            return said.pop()
    return ""


def validation(runs: Sequence[Curve]) -> list[Curve]:
    """Those of `runs` that show validation accuracy, as far as words tell: all that are not said to be something else."""
    return [run for run in runs if role(run) in ("val", "")] or [run for run in runs if role(run) == "test"]


def ending(curve: Curve) -> float:
    """The mean of the last three values."""
    return sum(curve.y[-3:]) / len(curve.y[-3:])


def answering(work: Work, elsewhere: Work, wanted: Callable[[Figure], bool]) -> Work:
    """`work`; where it shows no figure, also the cells of `elsewhere` that lead to a figure that is `wanted`.

    What leads to a figure is its own cell, and those before it back to the last other cell that shows one.
    """
    if figures(work):
        return work
    ran = {run.index: run for run in elsewhere.runs}
    cells, leading = list(work.cells), list[int]()
    own = {cell.index for cell in work.cells}
    taken = set[int]()
    for cell in elsewhere.cells:
        leading.append(cell.index)
        drawn = shown([ran[cell.index]]) if cell.index in ran else []
        if any(wanted(figure) for figure in drawn):
            taken |= set(leading)
        if drawn:
            leading = []
    cells += [cell for cell in elsewhere.cells if cell.index in taken - own]
    return Work(work.region, tuple(cells), (*work.runs, *(ran[index] for index in sorted(taken - own) if index in ran)))


def check_named(work: Work, curves: Sequence[Curve], count: int, answered: bool | None = None) -> None:
    """Fails unless a reader can tell `count` of the curves apart; `answered` as in `failure`."""
    named = sum(curve.named for curve in curves)
    if named < count:
        raise failure(
            work,
            f"A reader should be able to tell {count} curves apart, but "
            f"{f'only {named} of {len(curves)} have a name' if curves else 'there are none'}. Give each `plot` a "
            "`label=` and call `legend()`, or give each plot a title.",
            answered,
        )


def seen(curves: Sequence[Curve], figures: Sequence[Figure]) -> str:
    """What was found instead of enough accuracy curves, as a clause."""
    if curves:
        return f"{'only one such curve was' if len(curves) == 1 else f'only {len(curves)} such curves were'} found"
    lengths = sorted({len(line.y) for figure in figures for axes in figure.axes for line in axes.lines})
    if not figures:
        return "no figure was drawn"
    if not lengths:
        return "the figures that were drawn show no curves"
    counts = ", ".join(map(str, lengths[:8]))
    return f"no such curve was found (the numbers of points of the curves that were drawn: {counts})"
