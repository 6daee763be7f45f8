"""A drawing as data: what a picture shows, without the picture."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One curve, or the points of one scatter plot; `label` as the legend gives it, "" where it has none."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Axes:
    title: str
    xlabel: str
    ylabel: str
    legend: tuple[str, ...]
    lines: tuple[Line, ...]
    texts: tuple[str, ...] = ()
    """Annotations."""


@dataclass(frozen=True)
class Figure:
    """`number` tells figures of one kernel apart: the same figure shown twice has the same one."""

    number: int
    title: str
    legend: tuple[str, ...]
    axes: tuple[Axes, ...]
